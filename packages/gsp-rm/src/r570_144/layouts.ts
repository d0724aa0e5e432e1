// One place that says where this release's structures come from.
export { NV0000_ALLOC_PARAMETERS } from '@nova-stack/nvrm-headers/r570_144/cl0000';
export { NV0080_ALLOC_PARAMETERS } from '@nova-stack/nvrm-headers/r570_144/cl0080';
export { NV2080_ALLOC_PARAMETERS } from '@nova-stack/nvrm-headers/r570_144/cl2080';
export {
  NV2080_CTRL_CMD_GPU_GET_ENGINES_V2, NV2080_CTRL_CMD_GPU_GET_FERMI_GPC_INFO, NV2080_CTRL_CMD_GPU_GET_FERMI_TPC_INFO,
  NV2080_CTRL_CMD_GPU_GET_VMMU_SEGMENT_SIZE, NV2080_CTRL_CMD_GPU_QUERY_ECC_STATUS,
  NV2080_CTRL_GPU_GET_ENGINES_V2_PARAMS, NV2080_CTRL_GPU_GET_FERMI_GPC_INFO_PARAMS, NV2080_CTRL_GPU_GET_FERMI_TPC_INFO_PARAMS,
  NV2080_CTRL_GPU_GET_VMMU_SEGMENT_SIZE_PARAMS, NV2080_CTRL_GPU_QUERY_ECC_STATUS_PARAMS,
} from '@nova-stack/nvrm-headers/r570_144/ctrl2080gpu';
export { NV2080_CTRL_CMD_GSP_GET_FEATURES, NV2080_CTRL_GSP_GET_FEATURES_PARAMS } from '@nova-stack/nvrm-headers/r570_144/ctrl2080gsp';
export {
  NV2080_CTRL_CMD_INTERNAL_FIFO_GET_NUM_CHANNELS, NV2080_CTRL_CMD_INTERNAL_MEMMGR_MEMORY_TRANSFER_WITH_GSP,
  NV2080_CTRL_INTERNAL_FIFO_GET_NUM_CHANNELS_PARAMS, NV2080_CTRL_INTERNAL_MEMMGR_MEMORY_TRANSFER_WITH_GSP_PARAMS,
} from '@nova-stack/nvrm-headers/r570_144/ctrl2080internal';
export {
  NV2080_CTRL_CMD_VGPU_MGR_INTERNAL_BOOTLOAD_GSP_VGPU_PLUGIN_TASK, NV2080_CTRL_CMD_VGPU_MGR_INTERNAL_ENUMERATE_VGPU_PER_PGPU,
  NV2080_CTRL_CMD_VGPU_MGR_INTERNAL_PGPU_ADD_VGPU_TYPE, NV2080_CTRL_CMD_VGPU_MGR_INTERNAL_SET_VGPU_ENCODER_CAPACITY,
  NV2080_CTRL_CMD_VGPU_MGR_INTERNAL_SHUTDOWN_GSP_VGPU_PLUGIN_TASK, NV2080_CTRL_CMD_VGPU_MGR_INTERNAL_VGPU_PLUGIN_CLEANUP,
  NV2080_CTRL_VGPU_MGR_INTERNAL_BOOTLOAD_GSP_VGPU_PLUGIN_TASK_PARAMS, NV2080_CTRL_VGPU_MGR_INTERNAL_ENUMERATE_VGPU_PER_PGPU_PARAMS,
  NV2080_CTRL_VGPU_MGR_INTERNAL_PGPU_ADD_VGPU_TYPE_PARAMS, NV2080_CTRL_VGPU_MGR_INTERNAL_SET_VGPU_ENCODER_CAPACITY_PARAMS,
  NV2080_CTRL_VGPU_MGR_INTERNAL_SHUTDOWN_GSP_VGPU_PLUGIN_TASK_PARAMS, NV2080_CTRL_VGPU_MGR_INTERNAL_VGPU_PLUGIN_CLEANUP_PARAMS,
} from '@nova-stack/nvrm-headers/r570_144/ctrl2080vgpumgrinternal';
export { NVA081_CTRL_VGPU_INFO } from '@nova-stack/nvrm-headers/r570_144/ctrla081';
export { GspFwWprMeta } from '@nova-stack/nvrm-headers/r570_144/gsp_fw_wpr_meta';
export { GSP_ARGUMENTS_CACHED } from '@nova-stack/nvrm-headers/r570_144/gsp_init_args';
export { GspStaticConfigInfo, GspSystemInfo } from '@nova-stack/nvrm-headers/r570_144/gsp_static_config';
export { LibosMemoryRegionInitArgument } from '@nova-stack/nvrm-headers/r570_144/libos_init_args';
export { NV_VASPACE_ALLOCATION_PARAMETERS } from '@nova-stack/nvrm-headers/r570_144/nvos';
export { rpc_free_v } from '@nova-stack/nvrm-headers/r570_144/rpc/free_v03_00';
export { rpc_gsp_rm_alloc_v } from '@nova-stack/nvrm-headers/r570_144/rpc/gsp_rm_alloc_v03_00';
export { rpc_gsp_rm_control_v } from '@nova-stack/nvrm-headers/r570_144/rpc/gsp_rm_control_v03_00';
export { rpc_os_error_log_v } from '@nova-stack/nvrm-headers/r570_144/rpc/os_error_log_v17_00';
export { rpc_run_cpu_sequencer_v } from '@nova-stack/nvrm-headers/r570_144/rpc/run_cpu_sequencer_v17_00';
