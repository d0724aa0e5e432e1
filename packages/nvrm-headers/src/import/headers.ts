// Which headers of NVIDIA/open-gpu-kernel-modules make up the ABI. Their whole contents are taken.

/** Headers of one folder. */
export interface HeaderFolder {
  /** From the root of the repository. */
  readonly folder: string;
  /** Names, or `**` for every header in it and below it. */
  readonly headers: '**' | readonly string[];
}

/** A header that a version does not have is left out. */
export const ABI_HEADERS: readonly HeaderFolder[] = [
  // Numbers of devices and ioctls, and UVM's ioctls, as kernel modules and libraries share them.
  { folder: 'kernel-open/common/inc', headers: ['nv-chardev-numbers.h', 'nv-ioctl-numa.h', 'nv_uvm_user_types.h'] },
  { folder: 'kernel-open/nvidia-uvm', headers: ['uvm_ioctl.h', 'uvm_linux_ioctl.h', 'uvm_types.h'] },
  // The RM's SDK: controls, classes, what allocations take, status codes.
  { folder: 'src/common/sdk/nvidia/inc', headers: '**' },
  // Queues in shared memory, and what libos gets and reports.
  { folder: 'src/common/shared/msgq/inc/msgq', headers: '**' },
  { folder: 'src/common/uproc/os/common/include', headers: ['libos_init_args.h', 'libos_v2_crashcat.h', 'nv-crashcat.h'] },
  // Boot of the firmware: FSP messages, WPR and suspend metadata, ucode descriptors, the sequencer.
  {
    folder: 'src/nvidia/arch/nvalloc/common/inc/fsp',
    headers: ['fsp_caps_query_rpc.h', 'fsp_clock_boost_rpc.h', 'fsp_emem_channels.h', 'fsp_mctp_format.h', 'fsp_nvdm_format.h', 'nvdm_payload_cmd_response.h'],
  },
  { folder: 'src/nvidia/arch/nvalloc/common/inc/gsp', headers: '**' },
  { folder: 'src/nvidia/arch/nvalloc/common/inc', headers: ['rmRiscvUcode.h', 'rmflcnbl.h', 'rmgspseq.h', 'rmlsfm.h'] },
  { folder: 'src/nvidia/arch/nvalloc/common/inc/spdm', headers: ['rmspdmtransport.h'] },
  // The RM's own ioctls.
  {
    folder: 'src/nvidia/arch/nvalloc/unix/include',
    headers: [
      'nv-ioctl-lockless-diag.h', 'nv-ioctl-numa.h', 'nv-ioctl-numbers.h', 'nv-ioctl-nvlog.h', 'nv-ioctl.h', 'nv-unix-nvos-params-wrappers.h', 'nv_escape.h',
    ],
  },
  // Messages between the driver and the firmware.
  { folder: 'src/nvidia/generated', headers: ['g_allclasses.h', 'g_rpc-message-header.h', 'g_rpc-structures.h', 'g_sdk-structures.h'] },
  { folder: 'src/nvidia/inc/kernel/gpu/fsp', headers: ['kern_fsp_cot_payload.h'] },
  { folder: 'src/nvidia/inc/kernel/gpu/gsp', headers: ['gsp_fw_heap.h', 'gsp_init_args.h', 'gsp_static_config.h', 'message_queue_priv.h'] },
  { folder: 'src/nvidia/inc/kernel/gpu/intr', headers: ['engine_idx.h'] },
  { folder: 'src/nvidia/inc/kernel/gpu/mem_mgr', headers: ['fbsr.h'] },
  // These two folders are one that has moved.
  { folder: 'src/nvidia/inc/kernel/vgpu', headers: ['rpc_global_enums.h', 'rpc_headers.h', 'sdk-structures.h', 'vgpu_version.h'] },
  { folder: 'src/nvidia/kernel/inc/vgpu', headers: ['rpc_global_enums.h', 'rpc_headers.h', 'sdk-structures.h', 'vgpu_version.h'] },
];

/** Sources whose first lines say which headers the RPC code needs, and in which order; the first that exists counts. */
export const RPC_SOURCES: readonly string[] = ['src/nvidia/src/kernel/vgpu/rpc.c', 'src/nvidia/kernel/vgpu/nv/rpc.c'];

/** Where the flags of the RM's build stand. */
export const MAKEFILE = 'src/nvidia/Makefile';

/** Folders with headers for UVM, which the RM's own build does not look into. */
export const UVM_FOLDERS: readonly string[] = ['kernel-open/common/inc', 'kernel-open/nvidia-uvm'];

/** Included before all else, as the Makefile does. */
export const FIRST_HEADER = 'src/common/sdk/nvidia/inc/cpuopsys.h';

/** Where the version stands. */
export const VERSION_FILE = 'version.mk';
