import type { DisplayChannelSpec, DisplayPushbuffer } from '@nova-stack/hw-model/port';
import type { FirmwareEndState, RpcMessage } from '@nova-stack/gsp-rpc';
import type { TrustedFmc } from './fsp/chain-of-trust.ts';
import { emptyResources, type ResourceState } from './resources/tree.ts';
import { emptyVgpu, type VgpuState } from './vgpu/state.ts';

/** How far the GSP has come. */
export type Phase =
  /** Nothing runs. */
  | 'off'
  /** The FSP has started the GSP-FMC, which has not let go of the GSP. */
  | 'trusted'
  /** RISC-V was started; the queues are not up. */
  | 'starting'
  /** Queues are up; waiting for system info and registry. */
  | 'configuring'
  /** Both are there; INIT_DONE is due. */
  | 'initialising'
  | 'running'
  /** Does nothing any more, though RISC-V runs (fault plan). */
  | 'hung'
  /** Told to unload, or stopped by an error; RISC-V is halted. */
  | 'halted';

/** The framebuffer as booter laid it out; bytes. */
export interface LoadedImage {
  /** Firmware release, `570.144`. */
  readonly release: string;
  readonly imageStart: number;
  readonly imageSize: number;
  readonly heapStart: number;
  readonly heapSize: number;
  readonly wprStart: number;
  readonly wprEnd: number;
  readonly nonWprHeapStart: number;
  readonly nonWprHeapSize: number;
  readonly frtsStart: number;
}

/** What the driver said about the machine. */
export interface SystemInfo {
  /** Bus addresses of the memory BARs. */
  readonly registers: number;
  readonly framebuffer: number;
  readonly instance: number;
  /** `bus << 8 | device << 3 | function`. */
  readonly busDeviceFunction: number;
  /** Device id and vendor id as configuration space has them; undefined where the release does not tell. */
  readonly deviceId: number | undefined;
  readonly configMirror: number;
}

/** A log buffer in system memory: where it is and how many words were written since boot. */
export interface LogBuffer {
  readonly name: string;
  readonly address: number;
  readonly size: number;
  written: number;
}

/** Messages under the fault plan's hands. Plain data. */
export interface Disturbance {
  /** Nothing goes out before this time, in nanoseconds. */
  holdUntil: number;
  /** An event that goes out after the next message. */
  postponed: RpcMessage | undefined;
  /** Length that the next message claims. */
  claimedLength: number | undefined;
}

/** Everything that the firmware remembers. Plain data, no reference shared with anybody. */
export interface GspRmState {
  phase: Phase;
  image: LoadedImage | undefined;
  /** What the FSP found good and has started. */
  fmc: TrustedFmc | undefined;
  /** Address of the libos arguments: mailbox 0/1 of the GSP when RISC-V was started, or what the GSP-FMC was told. */
  libosArguments: number;
  /** Booter brought this firmware back from a suspend. */
  resuming: boolean;
  /** Bus address of the RM arguments; needed again at a resume, when the libos arguments may be gone. */
  rmArguments: number;
  gpuInstance: number;
  rpc: FirmwareEndState | undefined;
  /** What the fault plan does to messages. */
  disturbance: Disturbance;
  /** Good INIT_DONE is withheld: something that the driver sent was refused. */
  refused: boolean;
  systemInfo: SystemInfo | undefined;
  registry: Record<string, number | string> | undefined;
  logs: LogBuffer[];
  resources: ResourceState;
  /** What subdevices want to be told about; by client, subdevice and event. */
  notifications: Map<string, Notification>;
  /** Page directories of the BARs while the firmware is suspended. */
  savedBars: Uint8Array | undefined;
  /** Video memory is compressed without tags. */
  rawCompression: boolean;
  /** The driver has all channels stopped, to suspend. */
  schedulingStopped: boolean;
  /** Channels that are open in the hardware. */
  readonly hostChannels: OpenHostChannel[];
  /** Them while the firmware is suspended. */
  savedChannels: unknown;
  display: DisplayState;
  vgpu: VgpuState;
}

/** A host channel that is open in the hardware, with the object that it belongs to. */
export interface OpenHostChannel {
  readonly client: number;
  readonly handle: number;
  readonly runlist: number;
  readonly id: number;
}

/** A subdevice waits for an event of the GPU. */
export interface Notification {
  readonly client: number;
  readonly subdevice: number;
  readonly event: number;
  /** 1 once, 2 every time. */
  readonly action: number;
}

export interface OpenDisplayChannel {
  readonly kind: DisplayChannelSpec['kind'];
  readonly instance: number;
  readonly client: number;
  readonly handle: number;
}

/** What the driver has told about the display. */
export interface DisplayState {
  instanceMemory: { readonly address: number; readonly size: number } | undefined;
  /** By class and instance of the channel. */
  readonly pushbuffers: Map<string, DisplayPushbuffer>;
  /** Channels that are open in the hardware, with the objects that they belong to. */
  readonly channels: OpenDisplayChannel[];
  /** Display id per output resource, 0 for none. */
  sors: readonly number[];
  /** Display id per head, 0 for none. */
  readonly active: readonly number[];
  /** Percent by display id. */
  readonly brightness: Map<number, number>;
}

export function initialState(): GspRmState {
  return {
    phase: 'off', image: undefined, fmc: undefined, libosArguments: 0, resuming: false, rmArguments: 0, gpuInstance: 0, rpc: undefined,
    disturbance: { holdUntil: 0, postponed: undefined, claimedLength: undefined }, refused: false,
    systemInfo: undefined, registry: undefined, logs: [], resources: emptyResources(), notifications: new Map(), savedBars: undefined,
    rawCompression: false, schedulingStopped: false, hostChannels: [], savedChannels: undefined,
    display: { instanceMemory: undefined, pushbuffers: new Map(), channels: [], sors: [], active: [], brightness: new Map() },
    vgpu: emptyVgpu(),
  };
}
