// What a driver that boots the GSP and talks to it uses of the ABI, as names; what they are made of follows from them.
// Users: linux: drivers/gpu/drm/nouveau/nvkm/subdev/gsp/rm/{r535,r570}, drivers/gpu/nova-core/gsp;
// tinygrad: tinygrad/runtime/{ops_nv.py,support/nv/ip.py}, of the former what it does without a kernel driver.
import type { Facts } from '../facts/index.ts';

/** A driver that uses something. */
export type User = 'nouveau' | 'nova-core' | 'tinygrad';

/** Names, and who uses them. */
type Uses = readonly (readonly [users: readonly User[], names: string])[];

const ALL: readonly User[] = ['nouveau', 'nova-core', 'tinygrad'];
const BOTH: readonly User[] = ['nouveau', 'tinygrad'];

const RECORDS: Uses = [
  [ALL, 'GspFwWprMeta GSP_ARGUMENTS_CACHED LibosMemoryRegionInitArgument msgqTxHeader msgqRxHeader GSP_MSG_QUEUE_ELEMENT rpc_message_header_v03_00 RM_RISCV_UCODE_DESC'],
  [ALL, 'GspSystemInfo PACKED_REGISTRY_TABLE PACKED_REGISTRY_ENTRY rpc_run_cpu_sequencer_v17_00 GSP_SEQUENCER_BUFFER_CMD GSP_FMC_BOOT_PARAMS NVDM_PAYLOAD_COT MCTP_HEADER'],
  [['nouveau'], 'GspFwSRMeta'],
];

const FUNCTIONS: Uses = [
  [ALL, 'GSP_SET_SYSTEM_INFO SET_REGISTRY UNLOADING_GUEST_DRIVER CONTINUATION_RECORD'],
  [['nouveau', 'nova-core'], 'GET_GSP_STATIC_INFO'],
  [BOTH, 'GSP_RM_ALLOC GSP_RM_CONTROL ALLOC_MEMORY'],
  [['nouveau'], 'FREE UPDATE_BAR_PDE'],
  [['tinygrad'], 'SET_PAGE_DIRECTORY'],
];

const EVENTS: Uses = [
  [ALL, 'GSP_INIT_DONE GSP_RUN_CPU_SEQUENCER OS_ERROR_LOG'],
  [ALL, 'MMU_FAULT_QUEUED'],
  // nova-core knows these by number only, and stops at any other.
  [['nouveau', 'nova-core'], 'GSP_LOCKDOWN_NOTICE GSP_POST_NOCAT_RECORD UCODE_LIBOS_PRINT RC_TRIGGERED POST_EVENT'],
  [['nouveau'], 'PERF_BRIDGELESS_INFO_UPDATE GSP_SEND_USER_SHARED_DATA'],
];

const COMMANDS: Uses = [
  [BOTH, 'NV2080_CTRL_CMD_FIFO_GET_DEVICE_INFO_TABLE NV90F1_CTRL_CMD_VASPACE_COPY_SERVER_RESERVED_PDES NV2080_CTRL_CMD_INTERNAL_STATIC_KGR_GET_CONTEXT_BUFFERS_INFO NV2080_CTRL_CMD_GPU_PROMOTE_CTX'],
  [BOTH, 'NVA06F_CTRL_CMD_BIND NVA06F_CTRL_CMD_GPFIFO_SCHEDULE'],
  [['nouveau'], 'NV2080_CTRL_CMD_GPU_GET_FERMI_GPC_INFO NV2080_CTRL_CMD_GPU_GET_FERMI_TPC_INFO NV2080_CTRL_CMD_INTERNAL_MEMSYS_GET_STATIC_CONFIG NV2080_CTRL_CMD_INTERNAL_INTR_GET_KERNEL_TABLE'],
  [['nouveau'], 'NV0080_CTRL_CMD_DMA_SET_PAGE_DIRECTORY NV0080_CTRL_CMD_DMA_UNSET_PAGE_DIRECTORY NV2080_CTRL_CMD_CE_GET_FAULT_METHOD_BUFFER_SIZE NV2080_CTRL_CMD_GPU_GET_CONSTRUCTED_FALCON_INFO'],
  [['nouveau'], 'NV2080_CTRL_CMD_INTERNAL_GET_CONSTRUCTED_FALCON_INFO NV2080_CTRL_CMD_GR_GET_ZCULL_INFO NV2080_CTRL_CMD_INTERNAL_KGR_INIT_BUG4208224_WAR NV2080_CTRL_CMD_EVENT_SET_NOTIFICATION'],
  [['nouveau'], 'NV2080_CTRL_CMD_INTERNAL_DISPLAY_WRITE_INST_MEM NV2080_CTRL_CMD_INTERNAL_DISPLAY_GET_STATIC_INFO NV2080_CTRL_CMD_INTERNAL_INIT_BRIGHTC_STATE_LOAD NV2080_CTRL_CMD_INTERNAL_DISPLAY_CHANNEL_PUSHBUFFER'],
  [['nouveau'], 'NV0073_CTRL_CMD_DP_SET_MANUAL_DISPLAYPORT NV0073_CTRL_CMD_SYSTEM_GET_NUM_HEADS NV0073_CTRL_CMD_SPECIFIC_GET_ALL_HEAD_MASK NV0073_CTRL_CMD_SYSTEM_GET_SUPPORTED'],
  [['nouveau'], 'NV0073_CTRL_CMD_SPECIFIC_OR_GET_INFO NV0073_CTRL_CMD_SPECIFIC_GET_CONNECTOR_DATA NV0073_CTRL_CMD_DP_GET_CAPS NV0073_CTRL_CMD_SYSTEM_GET_CONNECT_STATE NV0073_CTRL_CMD_DFP_GET_INFO'],
  [['nouveau'], 'NV0073_CTRL_CMD_SYSTEM_GET_ACTIVE NV0073_CTRL_CMD_SPECIFIC_GET_EDID_V2 NV0073_CTRL_CMD_DP_AUXCH_CTRL NV0073_CTRL_CMD_DFP_ASSIGN_SOR NV0073_CTRL_CMD_DP_CTRL NV0073_CTRL_CMD_DP_CONFIG_INDEXED_LINK_RATES'],
  [['nouveau'], 'NV0073_CTRL_CMD_DP_SET_LANE_DATA NV0073_CTRL_CMD_DP_CONFIG_STREAM NV0073_CTRL_CMD_DP_TOPOLOGY_ALLOCATE_DISPLAYID NV0073_CTRL_CMD_DP_TOPOLOGY_FREE_DISPLAYID NV0073_CTRL_CMD_SPECIFIC_SET_HDMI_ENABLE'],
  [['nouveau'], 'NV0073_CTRL_CMD_SPECIFIC_SET_HDMI_SINK_CAPS NV0073_CTRL_CMD_SPECIFIC_SET_OD_PACKET NV0073_CTRL_CMD_SPECIFIC_SET_HDMI_AUDIO_MUTESTREAM NV0073_CTRL_CMD_DFP_SET_ELD_AUDIO_CAPS'],
  [['nouveau'], 'NV0073_CTRL_CMD_DFP_SET_AUDIO_ENABLE NV0073_CTRL_CMD_DP_SET_AUDIO_MUTESTREAM NV0073_CTRL_CMD_SPECIFIC_GET_BACKLIGHT_BRIGHTNESS NV0073_CTRL_CMD_SPECIFIC_SET_BACKLIGHT_BRIGHTNESS'],
  [['nouveau'], 'NV2080_CTRL_CMD_INTERNAL_FIFO_TOGGLE_ACTIVE_CHANNEL_SCHEDULING NV2080_CTRL_CMD_INTERNAL_MEMSYS_PROGRAM_RAW_COMPRESSION_MODE NV0080_CTRL_CMD_FB_GET_COMPBIT_STORE_INFO'],
  [['nouveau'], 'NV2080_CTRL_CMD_INTERNAL_FBSR_INIT NV2080_CTRL_CMD_INTERNAL_FBSR_SEND_REGION_INFO NV2080_CTRL_CMD_INTERNAL_GCX_ENTRY_PREREQUISITE'],
  [['tinygrad'], 'NV2080_CTRL_CMD_PERF_BOOST NVC36F_CTRL_CMD_GPFIFO_GET_WORK_SUBMIT_TOKEN NVA06C_CTRL_CMD_GPFIFO_SCHEDULE NV2080_CTRL_CMD_INTERNAL_STATIC_KGR_GET_INFO NV2080_CTRL_CMD_INTERNAL_BUS_FLUSH_WITH_SYSMEMBAR'],
  // After a hang, and for profiling.
  [['tinygrad'], 'NV83DE_CTRL_CMD_DEBUG_READ_ALL_SM_ERROR_STATES NV83DE_CTRL_CMD_DEBUG_READ_MMU_FAULT_INFO NV2080_CTRL_CMD_GR_GET_TPC_MASK'],
  [['tinygrad'], 'NVB0CC_CTRL_CMD_INTERNAL_PERMISSIONS_INIT NVB0CC_CTRL_CMD_POWER_REQUEST_FEATURES NVB0CC_CTRL_CMD_ALLOC_PMA_STREAM NVB0CC_CTRL_CMD_RESERVE_HWPM_LEGACY NVB0CC_CTRL_CMD_RESERVE_PM_AREA_PC_SAMPLER'],
  [['tinygrad'], 'NVB0CC_CTRL_CMD_BIND_PM_RESOURCES NVB0CC_CTRL_CMD_SET_HS_CREDITS NVB0CC_CTRL_CMD_EXEC_REG_OPS NVB0CC_CTRL_CMD_PMA_STREAM_UPDATE_GET_PUT'],
];

const CLASSES: Uses = [
  [BOTH, 'NV01_ROOT NV01_DEVICE_0 NV20_SUBDEVICE_0 FERMI_VASPACE_A NV01_MEMORY_LIST_SYSTEM'],
  [BOTH, 'AMPERE_CHANNEL_GPFIFO_A BLACKWELL_CHANNEL_GPFIFO_A AMPERE_DMA_COPY_B BLACKWELL_DMA_COPY_B AMPERE_COMPUTE_B ADA_COMPUTE_A BLACKWELL_COMPUTE_B'],
  [['nouveau'], 'TURING_CHANNEL_GPFIFO_A HOPPER_CHANNEL_GPFIFO_A BLACKWELL_CHANNEL_GPFIFO_B TURING_DMA_COPY_A AMPERE_DMA_COPY_A HOPPER_DMA_COPY_A BLACKWELL_DMA_COPY_A'],
  [['nouveau'], 'TURING_A AMPERE_A AMPERE_B ADA_A HOPPER_A BLACKWELL_A BLACKWELL_B TURING_COMPUTE_A AMPERE_COMPUTE_A HOPPER_COMPUTE_A BLACKWELL_COMPUTE_A'],
  [['nouveau'], 'KEPLER_INLINE_TO_MEMORY_B FERMI_TWOD_A BLACKWELL_INLINE_TO_MEMORY_A NV01_EVENT_KERNEL_CALLBACK_EX NV04_DISPLAY_COMMON NV01_MEMORY_LIST_FBMEM'],
  [['nouveau'], 'NVC570_DISPLAY NVC670_DISPLAY NVC770_DISPLAY NVCA70_DISPLAY NVC57D_CORE_CHANNEL_DMA NVC57E_WINDOW_CHANNEL_DMA NVC67D_CORE_CHANNEL_DMA NVC67E_WINDOW_CHANNEL_DMA NVC77D_CORE_CHANNEL_DMA NVCA7D_CORE_CHANNEL_DMA NVCA7E_WINDOW_CHANNEL_DMA'],
  [['nouveau'], 'NVC57B_WINDOW_IMM_CHANNEL_DMA NVC57A_CURSOR_IMM_CHANNEL_PIO NVC67B_WINDOW_IMM_CHANNEL_DMA NVC67A_CURSOR_IMM_CHANNEL_PIO NVCA7B_WINDOW_IMM_CHANNEL_DMA NVCA7A_CURSOR_IMM_CHANNEL_PIO'],
  [['nouveau'], 'NVC4B0_VIDEO_DECODER NVC6B0_VIDEO_DECODER NVC7B0_VIDEO_DECODER NVC9B0_VIDEO_DECODER NVB8B0_VIDEO_DECODER NVCDB0_VIDEO_DECODER NVCFB0_VIDEO_DECODER NVC4B7_VIDEO_ENCODER NVC7B7_VIDEO_ENCODER NVC9B7_VIDEO_ENCODER NVCFB7_VIDEO_ENCODER'],
  [['nouveau'], 'NVB8D1_VIDEO_NVJPG NVB8FA_VIDEO_OFA NVCDD1_VIDEO_NVJPG NVCDFA_VIDEO_OFA NVC7FA_VIDEO_OFA NVC9FA_VIDEO_OFA NVCFD1_VIDEO_NVJPG NVCFFA_VIDEO_OFA'],
  [['tinygrad'], 'NV01_MEMORY_VIRTUAL KEPLER_CHANNEL_GROUP_A FERMI_CONTEXT_SHARE_A GT200_DEBUGGER MAXWELL_PROFILER_DEVICE'],
];

/** Headers of which constants or enumerators are used: by file name, for some moved. */
const HEADERS: Uses = [
  [ALL, 'gsp_fw_wpr_meta.h libos_init_args.h message_queue_priv.h msgq.h msgq_priv.h rpc_headers.h rmgspseq.h gspifpub.h g_os_nvoc.h fsp_mctp_format.h fsp_nvdm_format.h fsp_emem_channels.h'],
  [['nouveau', 'nova-core'], 'gsp_fw_heap.h g_kernel_gsp_nvoc.h'],
  // Engines: as RM counts them, as clients do, as interrupts and as context buffers.
  [BOTH, 'gpu_engine_type.h engine_info.h cl2080_notification.h ctrl0080fifo.h alloc_channel.h g_kernel_channel_nvoc.h'],
  [['nouveau'], 'engine_idx.h gsp_fw_sr_meta.h'],
];

const byName = (uses: Uses, prefix: string = ''): ReadonlyMap<string, readonly User[]> => new Map(uses.flatMap(([users, names]) => names.split(' ').map((name) => [prefix + name, users] as const)));

/** Who uses which names, before what follows from them. */
export const GSP_CLIENT: Readonly<Record<'records' | 'functions' | 'events' | 'commands' | 'classes' | 'headers', ReadonlyMap<string, readonly User[]>>> = {
  records: byName(RECORDS),
  functions: byName(FUNCTIONS, 'NV_VGPU_MSG_FUNCTION_'),
  events: byName(EVENTS, 'NV_VGPU_MSG_EVENT_'),
  commands: byName(COMMANDS),
  classes: byName(CLASSES),
  headers: byName(HEADERS),
};

/** A part of a version's ABI, by names; status codes always belong to it. */
export interface Selection {
  readonly records: ReadonlySet<string>;
  readonly functions: ReadonlySet<string>;
  readonly events: ReadonlySet<string>;
  readonly commands: ReadonlySet<string>;
  readonly classes: ReadonlySet<string>;
  readonly typedefs: ReadonlySet<string>;
  /** Paths of those whose constants and enumerators belong to it. */
  readonly headers: ReadonlySet<string>;
}

/** What a GSP client uses of `facts`: the names above with the bodies of messages, the parameters, and what these are made of. */
export function gspClient(facts: Facts): Selection {
  const records = new Set<string>();
  const typedefs = new Set<string>();
  const need = (name: string | undefined): void => {
    if (name === undefined) return;
    const typedef = facts.typedefs.get(name);
    if (typedef) typedefs.add(name);
    const record = facts.records.get(name) ?? facts.records.get(typedef?.ref ?? '');
    if (record === undefined || records.has(record.name)) return;
    records.add(record.name);
    // A flexible array of unions is every message there is, and no part of this one.
    for (const { ref, type, dims } of record.fields) {
      if (ref !== undefined && dims[0] === -1 && facts.records.get(ref)?.kind === 'union') continue;
      need(type);
      need(ref);
    }
  };
  const { records: own, functions, events, commands, classes, headers } = GSP_CLIENT;
  for (const name of own.keys()) need(name);
  for (const [table, uses] of [[facts.functions, functions], [facts.events, events]] as const) {
    for (const name of uses.keys()) {
      const message = table.get(name);
      need(message?.current);
      need(message?.payload);
    }
  }
  for (const [table, uses] of [[facts.commands, commands], [facts.classes, classes]] as const) {
    for (const name of uses.keys()) {
      need(table.get(name)?.params);
      need(table.get(name)?.record);
    }
  }
  // A name that stands for the version in force, such as rpc_gsp_rm_control_v.
  for (const { name, ref } of facts.typedefs.values()) if (ref !== undefined && records.has(ref)) typedefs.add(name);
  const names = (uses: ReadonlyMap<string, unknown>): ReadonlySet<string> => new Set(uses.keys());
  return {
    records, typedefs, functions: names(functions), events: names(events), commands: names(commands), classes: names(classes),
    headers: new Set([...facts.files.keys()].filter((path) => headers.has(path.slice(path.lastIndexOf('/') + 1)))),
  };
}
