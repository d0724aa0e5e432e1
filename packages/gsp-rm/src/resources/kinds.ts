/**
 * What an object is, whatever its class number: RM's own classes by their names, as the registry of a release has
 * them. A class whose RM class is not here cannot be allocated.
 *
 * Source: open-gpu-kernel-modules 570.144: src/nvidia/src/kernel/rmapi/resource_list.h
 */
export const KINDS = {
  RmClientResource: 'client',
  Device: 'device',
  Subdevice: 'subdevice',
  VaSpaceApi: 'vaspace',
  SystemMemory: 'memory',
  VideoMemory: 'memory',
  PhysicalMemory: 'memory',
  OsDescMemory: 'memory',
  RegisterMemory: 'memory',
  MemoryList: 'memory',
  VirtualMemory: 'virtualMemory',
  VirtualMemoryRange: 'virtualMemory',
  ContextDma: 'contextDma',
  Event: 'event',
  KernelChannelGroupApi: 'channelGroup',
  KernelCtxShareApi: 'contextShare',
  KernelChannel: 'channel',
  KernelCeContext: 'copyObject',
  KernelGraphicsObject: 'graphicsObject',
  NvdecContext: 'videoObject',
  MsencContext: 'videoObject',
  NvjpgContext: 'videoObject',
  OfaContext: 'videoObject',
  Sec2Context: 'videoObject',
  DispSwObject: 'softwareObject',
  TimedSemaSwObject: 'softwareObject',
  UvmSwObject: 'softwareObject',
  SoftwareMethodTest: 'softwareObject',
  DeferredApiObject: 'softwareObject',
  DispCommon: 'displayCommon',
  NvDispApi: 'display',
  DispChannelDma: 'displayChannel',
  DispChannelPio: 'displayChannel',
  DispCapabilities: 'displayCapabilities',
  DispSfUser: 'displayAudio',
  DispSwObj: 'displaySoftware',
  UserModeApi: 'usermode',
  MmuFaultBuffer: 'faultBuffer',
  AccessCounterBuffer: 'faultBuffer',
  ThirdPartyP2P: 'thirdPartyP2p',
  P2PApi: 'p2p',
  KernelSMDebuggerSession: 'debugger',
  TimerApi: 'timer',
  ZbcApi: 'clearTable',
} as const;

export type ObjectKind = (typeof KINDS)[keyof typeof KINDS];

/** Kinds of which a copy under another handle or client may exist. */
export const COPYABLE: ReadonlySet<ObjectKind> = new Set(['memory', 'virtualMemory', 'vaspace', 'channelGroup']);
