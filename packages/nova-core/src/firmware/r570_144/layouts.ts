// One place that says where this release's structures come from. By name each: all that these modules have would be thousands
// of names, which a bundler turns into as many functions when everything is passed on as one object.
export {
  NV2080_CTRL_CMD_GPU_GET_ENGINES_V2, NV2080_CTRL_CMD_GPU_GET_VMMU_SEGMENT_SIZE, NV2080_CTRL_CMD_GPU_QUERY_ECC_STATUS,
  NV2080_CTRL_GPU_GET_ENGINES_V2_PARAMS, NV2080_CTRL_GPU_GET_VMMU_SEGMENT_SIZE_PARAMS, NV2080_CTRL_GPU_QUERY_ECC_STATUS_PARAMS,
} from '@nova-stack/nvrm-headers/r570_144/ctrl2080gpu';
export { NV2080_CTRL_CMD_GSP_GET_FEATURES, NV2080_CTRL_GSP_GET_FEATURES_PARAMS } from '@nova-stack/nvrm-headers/r570_144/ctrl2080gsp';
export {
  NV2080_CTRL_CMD_INTERNAL_FIFO_GET_NUM_CHANNELS, NV2080_CTRL_CMD_INTERNAL_INTR_GET_KERNEL_TABLE, NV2080_CTRL_INTERNAL_INTR_GET_KERNEL_TABLE_PARAMS,
  NV2080_CTRL_CMD_INTERNAL_MEMMGR_MEMORY_TRANSFER_WITH_GSP,
  NV2080_CTRL_INTERNAL_FIFO_GET_NUM_CHANNELS_PARAMS, NV2080_CTRL_INTERNAL_MEMMGR_MEMORY_TRANSFER_WITH_GSP_PARAMS, NV2080_CTRL_MEMMGR_MEMORY_OP_MEMSET,
} from '@nova-stack/nvrm-headers/r570_144/ctrl2080internal';
export { NV2080CtrlNocatJournalInsertRecord } from '@nova-stack/nvrm-headers/r570_144/ctrl2080nvd';
export { MC_ENGINE_IDX_GSP } from '@nova-stack/nvrm-headers/r570_144/engine_idx';
export { ADDR_FBMEM } from '@nova-stack/nvrm-headers/r570_144/g_mem_desc_nvoc';
export { NVA084_NOTIFIERS_EVENT_VGPU_PLUGIN_TASK_CRASHED } from '@nova-stack/nvrm-headers/r570_144/cla084_notification';
export { PACKED_REGISTRY_ENTRY, PACKED_REGISTRY_TABLE, REGISTRY_TABLE_ENTRY_TYPE_DWORD } from '@nova-stack/nvrm-headers/r570_144/g_os_nvoc';
export {
  GSP_FW_HEAP_PARAM_BASE_RM_SIZE_GH100, GSP_FW_HEAP_PARAM_BASE_RM_SIZE_TU10X, GSP_FW_HEAP_PARAM_CLIENT_ALLOC_SIZE, GSP_FW_HEAP_PARAM_OS_SIZE_LIBOS2,
  GSP_FW_HEAP_PARAM_OS_SIZE_LIBOS3_BAREMETAL, GSP_FW_HEAP_PARAM_SIZE_PER_GB_FB, GSP_FW_HEAP_SIZE_OVERRIDE_LIBOS2_MAX_MB,
  GSP_FW_HEAP_SIZE_OVERRIDE_LIBOS2_MIN_MB, GSP_FW_HEAP_SIZE_OVERRIDE_LIBOS3_BAREMETAL_MAX_MB, GSP_FW_HEAP_SIZE_OVERRIDE_LIBOS3_BAREMETAL_MIN_MB,
  GSP_FW_HEAP_SIZE_VGPU_DEFAULT,
} from '@nova-stack/nvrm-headers/r570_144/gsp_fw_heap';
export { GSP_DMA_TARGET_COHERENT_SYSTEM, GSP_DMA_TARGET_NONCOHERENT_SYSTEM, GSP_FMC_BOOT_PARAMS } from '@nova-stack/nvrm-headers/r570_144/gspifpub';
export { GSP_FW_SR_META_MAGIC, GSP_FW_SR_META_REVISION, GspFwSRMeta } from '@nova-stack/nvrm-headers/r570_144/gsp_fw_sr_meta';
export { GSP_FW_WPR_META_MAGIC, GSP_FW_WPR_META_REVISION, GspFwWprMeta } from '@nova-stack/nvrm-headers/r570_144/gsp_fw_wpr_meta';
export { GSP_ARGUMENTS_CACHED } from '@nova-stack/nvrm-headers/r570_144/gsp_init_args';
export { GspStaticConfigInfo, GspSystemInfo } from '@nova-stack/nvrm-headers/r570_144/gsp_static_config';
export {
  LIBOS_MEMORY_REGION_CONTIGUOUS, LIBOS_MEMORY_REGION_INIT_ARGUMENTS_MAX, LIBOS_MEMORY_REGION_LOC_SYSMEM, LibosMemoryRegionInitArgument,
} from '@nova-stack/nvrm-headers/r570_144/libos_init_args';
export {
  NV_VGPU_MSG_EVENT_GSP_INIT_DONE, NV_VGPU_MSG_EVENT_GSP_LOCKDOWN_NOTICE, NV_VGPU_MSG_EVENT_GSP_POST_NOCAT_RECORD,
  NV_VGPU_MSG_EVENT_GSP_RUN_CPU_SEQUENCER, NV_VGPU_MSG_EVENT_OS_ERROR_LOG, NV_VGPU_MSG_EVENT_RC_TRIGGERED, NV_VGPU_MSG_EVENT_VGPU_GSP_PLUGIN_TRIGGERED, NV_VGPU_MSG_FUNCTION_FREE, NV_VGPU_MSG_FUNCTION_GET_GSP_STATIC_INFO,
  NV_VGPU_MSG_FUNCTION_GSP_RM_ALLOC, NV_VGPU_MSG_FUNCTION_GSP_RM_CONTROL, NV_VGPU_MSG_FUNCTION_GSP_SET_SYSTEM_INFO, NV_VGPU_MSG_FUNCTION_SET_REGISTRY,
  NV_VGPU_MSG_FUNCTION_UNLOADING_GUEST_DRIVER,
} from '@nova-stack/nvrm-headers/r570_144/rpc';
export { rpc_free_v } from '@nova-stack/nvrm-headers/r570_144/rpc/free_v03_00';
export { rpc_gsp_lockdown_notice_v } from '@nova-stack/nvrm-headers/r570_144/rpc/gsp_lockdown_notice_v17_00';
export { rpc_gsp_rm_alloc_v } from '@nova-stack/nvrm-headers/r570_144/rpc/gsp_rm_alloc_v03_00';
export { rpc_gsp_rm_control_v } from '@nova-stack/nvrm-headers/r570_144/rpc/gsp_rm_control_v03_00';
export { rpc_os_error_log_v } from '@nova-stack/nvrm-headers/r570_144/rpc/os_error_log_v17_00';
export { rpc_run_cpu_sequencer_v } from '@nova-stack/nvrm-headers/r570_144/rpc/run_cpu_sequencer_v17_00';
export { rpc_unloading_guest_driver_v } from '@nova-stack/nvrm-headers/r570_144/rpc/unloading_guest_driver_v1F_07';
export { NV_CHANNEL_ALLOC_PARAMS } from '@nova-stack/nvrm-headers/r570_144/alloc_channel';
export { NV0000_ALLOC_PARAMETERS } from '@nova-stack/nvrm-headers/r570_144/cl0000';
export { NV0080_ALLOC_PARAMETERS } from '@nova-stack/nvrm-headers/r570_144/cl0080';
export { NV2080_ALLOC_PARAMETERS } from '@nova-stack/nvrm-headers/r570_144/cl2080';
export { NVB0B5_ALLOCATION_PARAMETERS } from '@nova-stack/nvrm-headers/r570_144/clb0b5sw';
export { NV0080_CTRL_CMD_DMA_SET_PAGE_DIRECTORY, NV0080_CTRL_DMA_SET_PAGE_DIRECTORY_PARAMS } from '@nova-stack/nvrm-headers/r570_144/ctrl0080dma';
export { NV2080_CTRL_CMD_FIFO_GET_DEVICE_INFO_TABLE, NV2080_CTRL_FIFO_GET_DEVICE_INFO_TABLE_PARAMS } from '@nova-stack/nvrm-headers/r570_144/ctrl2080fifo';
export {
  NVA06F_CTRL_BIND_PARAMS, NVA06F_CTRL_CMD_BIND, NVA06F_CTRL_CMD_GPFIFO_SCHEDULE, NVA06F_CTRL_GPFIFO_SCHEDULE_PARAMS,
} from '@nova-stack/nvrm-headers/r570_144/ctrla06fgpfifo';
export { NV_VASPACE_ALLOCATION_FLAGS_IS_EXTERNALLY_OWNED, NV_VASPACE_ALLOCATION_PARAMETERS } from '@nova-stack/nvrm-headers/r570_144/nvos';
export { NVC36F_CTRL_CMD_GPFIFO_GET_WORK_SUBMIT_TOKEN, NVC36F_CTRL_CMD_GPFIFO_GET_WORK_SUBMIT_TOKEN_PARAMS } from '@nova-stack/nvrm-headers/r570_144/ctrlc36f';
export { rpc_rc_triggered_v } from '@nova-stack/nvrm-headers/r570_144/rpc/rc_triggered_v17_02';
export { rpc_vgpu_gsp_plugin_triggered_v } from '@nova-stack/nvrm-headers/r570_144/rpc/vgpu_gsp_plugin_triggered_v17_00';
