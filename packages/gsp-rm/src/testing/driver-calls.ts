import type { Version } from './formats.ts';

/**
 * Who asks what of the firmware, from probe on: facts about drivers that others wrote, in time order. Classes and
 * commands go by NVIDIA's names, so that each release's own numbers and structures are used.
 *
 * Sources: linux 7.3: drivers/gpu/drm/nouveau/nvkm (rm/r535, rm/r570), drivers/gpu/nova-core; tinygrad a9069c17:
 * tinygrad/runtime/support/nv/ip.py, tinygrad/runtime/ops_nv.py
 */

type Value = number | bigint | boolean | readonly Value[] | { readonly [field: string]: Value };
type Fields = Readonly<Record<string, Value>>;

export type Step =
  /** Allocates a class for a client. `record` names the parameters; without it there are none. */
  | { readonly op: 'alloc'; readonly client: string; readonly class: string; readonly as: string; readonly under: string; readonly record?: string; readonly params?: Fields }
  /** `wants` are fields of the answer that must not be zero. */
  | { readonly op: 'control'; readonly client: string; readonly command: string; readonly on: string; readonly params?: Fields; readonly wants?: readonly string[] }
  | { readonly op: 'free'; readonly client: string; readonly object: string }
  /** Another function, with its structure. */
  | { readonly op: 'call'; readonly function: number; readonly record: string; readonly params: Fields; readonly tail?: number };

export interface DriverCalls {
  readonly driver: string;
  /** Releases that the driver asks for, or that it is tried with. */
  readonly versions: readonly Version[];
  /** Handles by the names that steps use. */
  readonly handles: Readonly<Record<string, number>>;
  readonly steps: readonly Step[];
}

/** Objects that exist inside the firmware. */
const INTERNAL = 'internal';

const alloc = (client: string, cls: string, as: string, under: string, record?: string, params?: Fields): Step =>
  ({ op: 'alloc', client, class: cls, as, under, ...(record === undefined ? {} : { record }), ...(params === undefined ? {} : { params }) });
const control = (client: string, command: string, on: string, params: Fields = {}, wants: readonly string[] = []): Step => ({ op: 'control', client, command, on, params, wants });
const internal = (command: string, params: Fields = {}, wants: readonly string[] = []): Step => control(INTERNAL, command, 'internalSubdevice', params, wants);
const free = (client: string, object: string): Step => ({ op: 'free', client, object });

/** Client, device, subdevice, and what hangs on them. */
const nouveauClient = (client: string): readonly Step[] => [
  alloc(client, 'NV01_ROOT', client, client, 'NV0000_ALLOC_PARAMETERS', { processID: 0xffffffff }),
  alloc(client, 'NV01_DEVICE_0', 'device', client, 'NV0080_ALLOC_PARAMETERS', {}),
  alloc(client, 'NV20_SUBDEVICE_0', 'subdevice', 'device', 'NV2080_ALLOC_PARAMETERS', {}),
];

/** A channel as nouveau describes it: its id passed in the flags, everything in video memory. */
const nouveauChannel = (client: string, as: string, id: number, engine: number, privileged: boolean): Step => alloc(client, 'AMPERE_CHANNEL_GPFIFO_A', as, 'device', 'NV_CHANNEL_ALLOC_PARAMS', {
  gpFifoOffset: 0x10_0000n, gpFifoEntries: 0x400, hVASpace: 0x90f10000, engineType: engine,
  flags: ((id >>> 3) << 12 | (id & 7) << 8 | 1 << 21 | (privileged ? 1 << 5 : 0)) >>> 0, internalFlags: privileged ? 0x15 : 0x14,
  instanceMem: { base: 0x200_0000n, size: 0x1000n, addressSpace: 2, cacheAttrib: 1 }, userdMem: { base: 0x201_0000n, size: 0x200n, addressSpace: 2, cacheAttrib: 1 },
  ramfcMem: { base: 0x200_0000n, size: 0x200n, addressSpace: 2, cacheAttrib: 1 }, mthdbufMem: { base: 0x1234_0000n, size: 0x5000n, addressSpace: 1 },
});

const RESERVED_DIRECTORIES: Fields = {
  pageSize: 0x2000_0000n, virtAddrLo: 0x1_0000_0000n, virtAddrHi: 0x1_1fff_ffffn, numLevelsToCopy: 3,
  levels: [
    { physAddress: 0x300_0000n, size: 32n, aperture: 1, pageShift: 47 }, { physAddress: 0x300_1000n, size: 0x1000n, aperture: 1, pageShift: 38 },
    { physAddress: 0x300_2000n, size: 0x1000n, aperture: 1, pageShift: 29 },
  ],
};

const promoted = (channel: Fields): Fields => ({
  engineType: 1, ...channel, entryCount: 3,
  promoteEntry: [
    { gpuPhysAddr: 0x400_0000n, gpuVirtAddr: 0x100_0000n, size: 0x10_0000n, physAttr: 4, bufferId: 0, bInitialize: 1 },
    { gpuPhysAddr: 0x410_0000n, gpuVirtAddr: 0x110_0000n, size: 0x4000n, physAttr: 4, bufferId: 2, bInitialize: 1 },
    { gpuVirtAddr: 0x120_0000n, bufferId: 3 },
  ],
});

const CLIENTS = { main: 0xc1d00000, golden: 0xc1d00001, screen: 0xc1d00002, saver: 0xc1d00003 } as const;
const NOUVEAU_HANDLES = {
  ...CLIENTS, device: 0xde1d0000, subdevice: 0x5d1d0000, vaspace: 0x90f10000, channel: 0xf1f00000, kernelGraphics: 0xf1f00002, kernelCopy: 0xf1f00003,
  graphics: 0x97000000, copy: 0x0004c7b5, common: 0x00730000, hotPlug: 0x007e0000, dpInterrupt: 0x007e0001, root: 0xc7700000,
  core: 0xc77d0000, window: 0xc67e0000, immediate: 0xc67b0000, cursor: 0xc67a0000, saved: 0xcaf00003,
} as const;

const setDirectory = (client: string): Step =>
  control(client, 'NV0080_CTRL_CMD_DMA_SET_PAGE_DIRECTORY', 'device', { physAddress: 0x300_0000n, numEntries: 4, hVASpace: NOUVEAU_HANDLES.vaspace });

const nouveauBoot = (r570: boolean): readonly Step[] => [
  ...(r570 ? [
    internal('NV2080_CTRL_CMD_GPU_GET_FERMI_GPC_INFO', {}, ['gpcMask']),
    internal('NV2080_CTRL_CMD_GPU_GET_FERMI_TPC_INFO', { gpcId: 0 }, ['tpcMask']),
    internal('NV2080_CTRL_CMD_INTERNAL_MEMSYS_GET_STATIC_CONFIG', {}, ['bUseRawModeComptaglineAllocation', 'l2CacheSize']),
  ] : []),
  internal('NV2080_CTRL_CMD_INTERNAL_INTR_GET_KERNEL_TABLE', {}, ['tableLen']),
  { op: 'call', function: 70, record: 'rpc_update_bar_pde_v', params: { info: { barType: 1, entryValue: 0x1234_5678n, entryLevelShift: 47n } } },
  ...nouveauClient('main'),
  alloc('main', 'FERMI_VASPACE_A', 'vaspace', 'device', 'NV_VASPACE_ALLOCATION_PARAMETERS', { flags: 8 }),
  setDirectory('main'),
  internal('NV2080_CTRL_CMD_FIFO_GET_DEVICE_INFO_TABLE', {}, ['numEntries']),
  internal('NV2080_CTRL_CMD_CE_GET_FAULT_METHOD_BUFFER_SIZE', {}, ['size']),
  internal(r570 ? 'NV2080_CTRL_CMD_GPU_GET_CONSTRUCTED_FALCON_INFO' : 'NV2080_CTRL_CMD_INTERNAL_GET_CONSTRUCTED_FALCON_INFO', {}, ['numConstructedFalcons']),
];

const nouveauGolden = (r570: boolean): readonly Step[] => [
  ...nouveauClient('golden'),
  alloc('golden', 'FERMI_VASPACE_A', 'vaspace', 'device', 'NV_VASPACE_ALLOCATION_PARAMETERS', {}),
  control('golden', 'NV90F1_CTRL_CMD_VASPACE_COPY_SERVER_RESERVED_PDES', 'vaspace', RESERVED_DIRECTORIES),
  nouveauChannel('golden', 'channel', r570 ? 1 : 0, 1, true),
  internal('NV2080_CTRL_CMD_INTERNAL_STATIC_KGR_GET_CONTEXT_BUFFERS_INFO', {}, ['engineContextBuffersInfo']),
  ...(r570 ? [internal('NV2080_CTRL_CMD_GR_GET_ZCULL_INFO', {}, [
    'widthAlignPixels', 'heightAlignPixels', 'pixelSquaresByAliquots', 'aliquotTotal', 'zcullRegionByteMultiplier', 'zcullRegionHeaderSize',
    'zcullSubregionHeaderSize', 'subregionCount', 'subregionWidthAlignPixels', 'subregionHeightAlignPixels',
  ])] : []),
  control('golden', 'NV2080_CTRL_CMD_GPU_PROMOTE_CTX', 'subdevice', promoted({ hChanClient: CLIENTS.golden, hObject: NOUVEAU_HANDLES.channel })),
  alloc('golden', 'ADA_A', 'graphics', 'channel'),
  free('golden', 'graphics'), free('golden', 'channel'), free('golden', 'vaspace'), free('golden', 'subdevice'), free('golden', 'device'), free('golden', 'golden'),
];

const NOUVEAU_CHANNELS: readonly Step[] = [
  nouveauChannel('main', 'kernelGraphics', 2, 1, false),
  control('main', 'NVA06F_CTRL_CMD_BIND', 'kernelGraphics', { engineType: 1 }),
  control('main', 'NVA06F_CTRL_CMD_GPFIFO_SCHEDULE', 'kernelGraphics', { bEnable: true }),
  nouveauChannel('main', 'kernelCopy', 3, 11, true),
  control('main', 'NVA06F_CTRL_CMD_BIND', 'kernelCopy', { engineType: 11 }),
  control('main', 'NVA06F_CTRL_CMD_GPFIFO_SCHEDULE', 'kernelCopy', { bEnable: true }),
  alloc('main', 'AMPERE_DMA_COPY_B', 'copy', 'kernelCopy', 'NVB0B5_ALLOCATION_PARAMETERS', { version: 1, engineType: 11 }),
];

const OUTPUT = { displayId: 0x100 } as const;
const common = (command: string, params: Fields = {}, wants: readonly string[] = []): Step => control('screen', `NV0073_CTRL_CMD_${command}`, 'common', params, wants);
const pushbuffer = (hclass: number, valid: boolean): Step => internal('NV2080_CTRL_CMD_INTERNAL_DISPLAY_CHANNEL_PUSHBUFFER', {
  addressSpace: 2, physicalAddr: 0x500_0000n, limit: 0xfffn, hclass, valid,
});

/** With a DisplayPort monitor on the first output. */
const NOUVEAU_DISPLAY: readonly Step[] = [
  internal('NV2080_CTRL_CMD_INTERNAL_DISPLAY_WRITE_INST_MEM', { instMemPhysAddr: 0x600_0000n, instMemSize: 0x10000n, instMemAddrSpace: 2, instMemCpuCacheAttr: 2 }),
  ...nouveauClient('screen'),
  alloc('screen', 'NV04_DISPLAY_COMMON', 'common', 'device'),
  internal('NV2080_CTRL_CMD_INTERNAL_DISPLAY_GET_STATIC_INFO', {}, ['windowPresentMask', 'numHeads']),
  internal('NV2080_CTRL_CMD_INTERNAL_INIT_BRIGHTC_STATE_LOAD', { status: 0x56 }),
  common('DP_SET_MANUAL_DISPLAYPORT'),
  common('SYSTEM_GET_NUM_HEADS', {}, ['numHeads']),
  common('SPECIFIC_GET_ALL_HEAD_MASK', {}, ['headMask']),
  common('SYSTEM_GET_SUPPORTED', {}, ['displayMask']),
  common('SPECIFIC_OR_GET_INFO', OUTPUT, ['type', 'protocol']),
  common('SPECIFIC_GET_CONNECTOR_DATA', OUTPUT, ['count', 'data']),
  common('DP_GET_CAPS', { sorIndex: 0xffffffff }, ['maxLinkRate']),
  alloc('screen', 'NV01_EVENT_KERNEL_CALLBACK_EX', 'hotPlug', 'subdevice', 'NV0005_ALLOC_PARAMETERS', { hParentClient: CLIENTS.screen, hClass: 0x7e, notifyIndex: 0x4000001 }),
  control('screen', 'NV2080_CTRL_CMD_EVENT_SET_NOTIFICATION', 'subdevice', { event: 1, action: 2 }),
  alloc('screen', 'NV01_EVENT_KERNEL_CALLBACK_EX', 'dpInterrupt', 'subdevice', 'NV0005_ALLOC_PARAMETERS', { hParentClient: CLIENTS.screen, hClass: 0x7e, notifyIndex: 0x4000007 }),
  control('screen', 'NV2080_CTRL_CMD_EVENT_SET_NOTIFICATION', 'subdevice', { event: 7, action: 2 }),
  alloc('screen', 'NVC770_DISPLAY', 'root', 'device'),
  pushbuffer(0xc77d, true),
  alloc('screen', 'NVC77D_CORE_CHANNEL_DMA', 'core', 'root', 'NV50VAIO_CHANNELDMA_ALLOCATION_PARAMETERS', {}),
  pushbuffer(0xc67e, true),
  alloc('screen', 'NVC67E_WINDOW_CHANNEL_DMA', 'window', 'root', 'NV50VAIO_CHANNELDMA_ALLOCATION_PARAMETERS', {}),
  pushbuffer(0xc67b, true),
  alloc('screen', 'NVC67B_WINDOW_IMM_CHANNEL_DMA', 'immediate', 'root', 'NV50VAIO_CHANNELDMA_ALLOCATION_PARAMETERS', {}),
  pushbuffer(0xc67a, false),
  alloc('screen', 'NVC67A_CURSOR_IMM_CHANNEL_PIO', 'cursor', 'root', 'NV50VAIO_CHANNELPIO_ALLOCATION_PARAMETERS', {}),
  common('SYSTEM_GET_CONNECT_STATE', { displayMask: 0x100 }, ['displayMask']),
  common('DFP_GET_INFO', OUTPUT, ['flags']),
  common('SYSTEM_GET_ACTIVE', { head: 0 }),
  common('SPECIFIC_GET_EDID_V2', OUTPUT, ['bufferSize', 'edidBuffer']),
  common('DP_AUXCH_CTRL', { ...OUTPUT, cmd: 9, addr: 0, size: 0 }, ['size', 'data']),
  common('DFP_ASSIGN_SOR', { ...OUTPUT, sorExcludeMask: 0 }, ['sorAssignListWithTag']),
  common('DP_CTRL', OUTPUT),
  common('DP_CONFIG_INDEXED_LINK_RATES', OUTPUT),
  common('DP_SET_LANE_DATA', OUTPUT),
  common('DP_CONFIG_STREAM', { head: 0, sorIndex: 0 }),
  common('SPECIFIC_SET_HDMI_ENABLE', OUTPUT),
  common('SPECIFIC_SET_HDMI_SINK_CAPS', { displayId: 0x200 }),
  common('SPECIFIC_SET_OD_PACKET', OUTPUT),
  common('SPECIFIC_SET_HDMI_AUDIO_MUTESTREAM', OUTPUT),
  common('DFP_SET_ELD_AUDIO_CAPS', OUTPUT),
  common('DFP_SET_AUDIO_ENABLE', OUTPUT),
  common('DP_SET_AUDIO_MUTESTREAM', OUTPUT),
  common('SPECIFIC_GET_BACKLIGHT_BRIGHTNESS', OUTPUT, ['brightness']),
  common('SPECIFIC_SET_BACKLIGHT_BRIGHTNESS', { ...OUTPUT, brightness: 50 }),
  free('screen', 'screen'),
];

const NOUVEAU_END: readonly Step[] = [
  free('main', 'copy'), free('main', 'kernelCopy'), free('main', 'kernelGraphics'),
  control('main', 'NV0080_CTRL_CMD_DMA_UNSET_PAGE_DIRECTORY', 'device', { hVASpace: NOUVEAU_HANDLES.vaspace }),
  free('main', 'vaspace'), free('main', 'subdevice'), free('main', 'device'), free('main', 'main'),
  { op: 'call', function: 70, record: 'rpc_update_bar_pde_v', params: { info: { barType: 1, entryValue: 0n, entryLevelShift: 47n } } },
];

/** A list of two pages of system memory. */
const savedMemory = (cls: number, handle: number): Step => ({
  op: 'call', function: 4, record: 'rpc_alloc_memory_v', tail: 16,
  params: { hClient: CLIENTS.saver, hDevice: NOUVEAU_HANDLES.device, hMemory: handle, hClass: cls, format: 6, length: 0x2000n, pageCount: 2, pteDesc: { idr: 2, length: 2 } },
});

const NOUVEAU_SUSPEND_535: readonly Step[] = [
  ...nouveauClient('saver'),
  savedMemory(0x81, NOUVEAU_HANDLES.saved),
  internal('NV2080_CTRL_CMD_INTERNAL_FBSR_INIT', { fbsrType: 1, numRegions: 1, hClient: CLIENTS.saver, hSysMem: NOUVEAU_HANDLES.saved, gspFbAllocsSysOffset: 0x1000n }),
  savedMemory(0x82, 0xcaf00004),
  internal('NV2080_CTRL_CMD_INTERNAL_FBSR_SEND_REGION_INFO', { fbsrType: 1, hClient: CLIENTS.saver, hVidMem: 0xcaf00004, vidOffset: 0n, sysOffset: 0n, size: 0x1000n }),
  free('saver', 'saver'),
];

const NOUVEAU_SUSPEND_570: readonly Step[] = [
  internal('NV2080_CTRL_CMD_INTERNAL_GCX_ENTRY_PREREQUISITE'),
  internal('NV2080_CTRL_CMD_INTERNAL_FIFO_TOGGLE_ACTIVE_CHANNEL_SCHEDULING', { bDisableActiveChannels: true }),
  internal('NV2080_CTRL_CMD_INTERNAL_MEMSYS_PROGRAM_RAW_COMPRESSION_MODE', { bRawMode: false }),
  control(INTERNAL, 'NV0080_CTRL_CMD_FB_GET_COMPBIT_STORE_INFO', 'internalDevice', {}, ['Size']),
  ...nouveauClient('saver'),
  savedMemory(0x81, NOUVEAU_HANDLES.saved),
  internal('NV2080_CTRL_CMD_INTERNAL_FBSR_INIT', { hClient: CLIENTS.saver, hSysMem: NOUVEAU_HANDLES.saved, bEnteringGcoffState: true, sysmemAddrOfSuspendResumeData: 0x1000n }),
  free('saver', 'saver'),
  internal('NV2080_CTRL_CMD_INTERNAL_MEMSYS_PROGRAM_RAW_COMPRESSION_MODE', { bRawMode: true }),
  internal('NV2080_CTRL_CMD_INTERNAL_FIFO_TOGGLE_ACTIVE_CHANNEL_SCHEDULING', { bDisableActiveChannels: false }),
];

const TINY_HANDLES = {
  boot: 0xc1e00004, user: 0xc1000000, device: 0xcf000001, subdevice: 0xcf000002, vaspace: 0xcf000003, channel: 0xcf000004, compute: 0xcf000005, copy: 0xcf000006,
  userDevice: 0xcf000011, userSubdevice: 0xcf000012, virtual: 0xcf000013, userVaspace: 0xcf000014, group: 0xcf000015, share: 0xcf000016,
  computeChannel: 0xcf000017, userCompute: 0xcf000018, debugger: 0xcf000019, copyChannel: 0xcf00001a, userCopy: 0xcf00001b,
} as const;

/** Raw addresses stand where others have handles, and no engine is named. */
const tinyChannel = (as: string): Step => alloc('user', 'AMPERE_CHANNEL_GPFIFO_A', as, 'group', 'NV_CHANNEL_ALLOC_PARAMS', {
  hObjectError: 0x12345000, hObjectBuffer: 0x700_0000, gpFifoOffset: 0x20_0000n, gpFifoEntries: 0x10000, hContextShare: TINY_HANDLES.share,
  hUserdMemory: [0x700_0000], userdOffset: [0x8_0000n], instanceMem: { base: 0x720_0000n, size: 0x1000n, addressSpace: 2 },
  userdMem: { base: 0x708_0000n, size: 0x400n, addressSpace: 2 }, ramfcMem: { base: 0x720_0000n, size: 0x200n, addressSpace: 2 }, mthdbufMem: { base: 0x730_0000n, size: 0x5000n, addressSpace: 2 },
});
const userPromoted = (entry: Fields): Fields => ({ engineType: 1, hClient: TINY_HANDLES.user, hChanClient: TINY_HANDLES.user, hObject: TINY_HANDLES.computeChannel, entryCount: 1, promoteEntry: [entry] });

const TINYGRAD: readonly Step[] = [
  alloc('boot', 'NV01_ROOT', 'boot', 'nobody', 'NV0000_ALLOC_PARAMETERS', {}),
  alloc('boot', 'NV01_DEVICE_0', 'device', 'boot', 'NV0080_ALLOC_PARAMETERS', { hClientShare: TINY_HANDLES.boot }),
  alloc('boot', 'NV20_SUBDEVICE_0', 'subdevice', 'device', 'NV2080_ALLOC_PARAMETERS', {}),
  alloc('boot', 'FERMI_VASPACE_A', 'vaspace', 'device', 'NV_VASPACE_ALLOCATION_PARAMETERS', {}),
  control('boot', 'NV2080_CTRL_CMD_FIFO_GET_DEVICE_INFO_TABLE', 'subdevice', {}, ['numEntries']),
  control('boot', 'NV90F1_CTRL_CMD_VASPACE_COPY_SERVER_RESERVED_PDES', 'vaspace', RESERVED_DIRECTORIES),
  alloc('boot', 'AMPERE_CHANNEL_GPFIFO_A', 'channel', 'device', 'NV_CHANNEL_ALLOC_PARAMS', {
    gpFifoOffset: 0x10_0000n, gpFifoEntries: 0x20, flags: 0x200320, hVASpace: TINY_HANDLES.vaspace, userdOffset: [0x100n], engineType: 1, cid: 3,
    instanceMem: { base: 0x200_0000n, size: 0x1000n, addressSpace: 2 }, userdMem: { base: 0x201_0000n, size: 0x20n, addressSpace: 2 },
    ramfcMem: { base: 0x200_0000n, size: 0x200n, addressSpace: 2 }, mthdbufMem: { base: 0x202_0000n, size: 0x5000n, addressSpace: 2 }, internalFlags: 0x1a,
  }),
  control('boot', 'NV2080_CTRL_CMD_INTERNAL_STATIC_KGR_GET_CONTEXT_BUFFERS_INFO', 'subdevice', {}, ['engineContextBuffersInfo']),
  control('boot', 'NV2080_CTRL_CMD_GPU_PROMOTE_CTX', 'subdevice', promoted({ hChanClient: TINY_HANDLES.boot, hObject: TINY_HANDLES.channel })),
  alloc('boot', 'ADA_COMPUTE_A', 'compute', 'channel'),
  alloc('boot', 'AMPERE_DMA_COPY_B', 'copy', 'channel'),
  alloc('user', 'NV01_ROOT', 'user', 'nobody', 'NV0000_ALLOC_PARAMETERS', {}),
  alloc('user', 'NV01_DEVICE_0', 'userDevice', 'user', 'NV0080_ALLOC_PARAMETERS', { hClientShare: TINY_HANDLES.user }),
  alloc('user', 'NV20_SUBDEVICE_0', 'userSubdevice', 'userDevice', 'NV2080_ALLOC_PARAMETERS', {}),
  alloc('user', 'NV01_MEMORY_VIRTUAL', 'virtual', 'userDevice', 'NV_MEMORY_VIRTUAL_ALLOCATION_PARAMS', { limit: 0x1ffff_ffff_ffffn }),
  control('user', 'NV2080_CTRL_CMD_PERF_BOOST', 'userSubdevice', { flags: 0x3, duration: 0xffffffff }),
  alloc('user', 'FERMI_VASPACE_A', 'userVaspace', 'userDevice', 'NV_VASPACE_ALLOCATION_PARAMETERS', { vaBase: 0x1000n, vaSize: 0x1fffffb000000n, flags: 0x48 }),
  { op: 'call', function: 54, record: 'rpc_set_page_directory_v', params: {
    hClient: TINY_HANDLES.user, hDevice: TINY_HANDLES.userDevice, pasid: 0xffffffff,
    params: { physAddress: 0n, numEntries: 4, flags: 8, hVASpace: TINY_HANDLES.userVaspace, subDeviceId: 1, pasid: 0xffffffff },
  } },
  alloc('user', 'KEPLER_CHANNEL_GROUP_A', 'group', 'userDevice', 'NV_CHANNEL_GROUP_ALLOCATION_PARAMETERS', { engineType: 1 }),
  alloc('user', 'FERMI_CONTEXT_SHARE_A', 'share', 'group', 'NV_CTXSHARE_ALLOCATION_PARAMETERS', { hVASpace: TINY_HANDLES.userVaspace, flags: 1 }),
  tinyChannel('computeChannel'),
  alloc('user', 'ADA_COMPUTE_A', 'userCompute', 'computeChannel'),
  control('user', 'NV2080_CTRL_CMD_GPU_PROMOTE_CTX', 'userSubdevice', userPromoted({ gpuPhysAddr: 0x800_0000n, size: 0x10_0000n, physAttr: 4, bufferId: 0, bInitialize: 1, bNonmapped: 1 })),
  control('user', 'NV2080_CTRL_CMD_GPU_PROMOTE_CTX', 'userSubdevice', userPromoted({ gpuVirtAddr: 0x3000_0000n, bufferId: 0 })),
  alloc('user', 'GT200_DEBUGGER', 'debugger', 'userDevice', 'NV83DE_ALLOC_PARAMETERS', { hAppClient: TINY_HANDLES.user, hClass3dObject: TINY_HANDLES.userCompute }),
  // The golden channel holds id 3; these two get the lowest free ones, of which one is 0.
  control('user', 'NVC36F_CTRL_CMD_GPFIFO_GET_WORK_SUBMIT_TOKEN', 'computeChannel', { workSubmitToken: 0xffffffff }),
  tinyChannel('copyChannel'),
  alloc('user', 'AMPERE_DMA_COPY_B', 'userCopy', 'copyChannel'),
  control('user', 'NVC36F_CTRL_CMD_GPFIFO_GET_WORK_SUBMIT_TOKEN', 'copyChannel', { workSubmitToken: 0xffffffff }, ['workSubmitToken']),
  control('user', 'NVA06C_CTRL_CMD_GPFIFO_SCHEDULE', 'group', { bEnable: true }),
  control('user', 'NV2080_CTRL_CMD_INTERNAL_STATIC_KGR_GET_INFO', 'userSubdevice', {}, ['engineInfo']),
  control('user', 'NV2080_CTRL_CMD_INTERNAL_BUS_FLUSH_WITH_SYSMEMBAR', 'userSubdevice'),
  // What it asks after a time-out.
  control('user', 'NV83DE_CTRL_CMD_DEBUG_READ_ALL_SM_ERROR_STATES', 'debugger', { hTargetChannel: TINY_HANDLES.computeChannel, numSMsToRead: 100 }, ['numSMsToRead']),
];

export const DRIVER_CALLS: readonly DriverCalls[] = [
  // Nothing but messages of the boot exchange: no object, no control.
  { driver: 'nova-core', versions: ['570.144'], handles: {}, steps: [] },
  {
    driver: 'nouveau r535', versions: ['535.113.01'], handles: NOUVEAU_HANDLES,
    steps: [...nouveauBoot(false), ...nouveauGolden(false), ...NOUVEAU_CHANNELS, ...NOUVEAU_DISPLAY, ...NOUVEAU_SUSPEND_535, ...NOUVEAU_END],
  },
  {
    // Its calls hold for the next branch too, whose layouts differ.
    driver: 'nouveau r570', versions: ['570.144', '580.105.08'], handles: NOUVEAU_HANDLES,
    steps: [...nouveauBoot(true), ...nouveauGolden(true), ...NOUVEAU_CHANNELS, ...NOUVEAU_DISPLAY, ...NOUVEAU_SUSPEND_570, ...NOUVEAU_END],
  },
  { driver: 'tinygrad', versions: ['570.144'], handles: TINY_HANDLES, steps: TINYGRAD },
];
