import { struct, type Layout, type ValueOf } from '@nova-stack/c-layout';

/*
 * What the host and the task of a vGPU share at the start of the task's heap. These structures are in no header of
 * NVIDIA's open kernel modules, so they are declared here and not generated; names and order as in
 * linux (vGPU manager series, second version): drivers/vfio/pci/nvidia-vgpu/include/nvrm/vgpu.h
 */

const controlFields = {
  version: 'u32',
  message_type: 'u32',
  message_seq_num: 'u32',
  response_buff_offset: 'u64',
  message_buff_offset: 'u64',
  migration_buff_offset: 'u64',
  error_buff_offset: 'u64',
  migration_buf_cpu_access_offset: 'u32',
  is_migration_in_progress: 'u8',
  error_buff_cpu_get_idx: 'u32',
  attached_vgpu_count: 'u32',
} as const;
/** The host writes it. A table of host information follows in the same page. */
export const VGPU_CPU_GSP_CTRL_BUFF_REGION: Layout<ValueOf<typeof controlFields>> = struct('VGPU_CPU_GSP_CTRL_BUFF_REGION', controlFields);

const responseFields = { message_seq_num_received: 'u32', message_seq_num_processed: 'u32', result_code: 'u32' } as const;
/** The task writes it. More follows that no host here reads. */
export const VGPU_CPU_GSP_RESPONSE_BUFF_REGION: Layout<ValueOf<typeof responseFields>> = struct('VGPU_CPU_GSP_RESPONSE_BUFF_REGION', responseFields);

const negotiationFields = { version_cpu: 'u32', version_negotiated: 'u32' } as const;
export const NV_VGPU_CPU_RPC_DATA_VERSION_NEGOTIATION: Layout<ValueOf<typeof negotiationFields>> = struct(
  'NV_VGPU_CPU_RPC_DATA_VERSION_NEGOTIATION', negotiationFields,
);

const configurationFields = {
  vgpu_uuid: { array: 'u8', length: 16 },
  dbdf: 'u32',
  driver_vm_vf_dbdf: 'u32',
  vgpu_device_instance_id: 'u32',
  vgpu_type: 'u32',
  vm_pid: 'u32',
  swizz_id: 'u32',
  num_channels: 'u32',
  num_plugin_channels: 'u32',
  vmm_cap: 'u32',
  migration_feature: 'u32',
  hypervisor_type: 'u32',
  host_cpu_arch: 'u32',
  host_page_size: 'u64',
  rev1: { array: 'u8', length: 3 },
  enable_uvm: { truth: 'u8' },
  linux_interrupt_optimization: { truth: 'u8' },
  vmm_migration_supported: { truth: 'u8' },
  rev2: 'u8',
  enable_console_vnc: { truth: 'u8' },
  use_non_stall_linux_events: { truth: 'u8' },
  rev3: { array: 'u8', length: 3 },
  placement_id: 'u16',
  rev4: 'u32',
  channel_usage_threshold_percentage: 'u32',
  rev5: 'u8',
  rev6: 'u32',
  rev7: 'u8',
} as const;
export const NV_VGPU_CPU_RPC_DATA_COPY_CONFIG_PARAMS: Layout<ValueOf<typeof configurationFields>> = struct(
  'NV_VGPU_CPU_RPC_DATA_COPY_CONFIG_PARAMS', configurationFields,
);

const busMasterFields = { enable: { truth: 'u8' }, allowed: { truth: 'u8' } } as const;
export const NV_VGPU_CPU_RPC_DATA_UPDATE_BME_STATE: Layout<ValueOf<typeof busMasterFields>> = struct(
  'NV_VGPU_CPU_RPC_DATA_UPDATE_BME_STATE', busMasterFields,
);

/** Parts of the shared region in their order, from the heap's start, one behind the other: bytes of each. */
export const VGPU_REGION_SIZES = {
  control: 0x1000,
  response: 0x1000,
  message: 0x1000,
  migration: 0x200000,
  error: 0x1000,
  initTaskLog: 0x20000,
  vgpuTaskLog: 0x40000,
  kernelLog: 0x10000,
} as const;

/** Numbers of the messages from host to task. */
export const VGPU_MESSAGES = { negotiate: 1, configure: 2, reset: 3, busMaster: 13 } as const;

/** Stands in `message_seq_num` once the task runs. */
export const VGPU_BOOTED = 0x4e654a6f;

/** Doorbell value of a host message: GFID * 32 + 17. */
export const VGPU_DOORBELL = { perGfid: 32, hostMessage: 17 } as const;
