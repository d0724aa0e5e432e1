import { struct, type Layout, type ValueOf } from '@nova-stack/c-layout';

import { VGPU_REGION_SIZES as LATER_SIZES } from '../r570_144/vgpu_plugin.ts';

/*
 * What the host and the task of a vGPU share under 535.113.01, as far as 570.144 has it otherwise. Names and order as in
 * linux (vGPU manager series, first version): drivers/vfio/pci/nvidia-vgpu/include/nvrm/common/sdk/nvidia/inc/dev_vgpu_gsp.h
 */

export {
  NV_VGPU_CPU_RPC_DATA_UPDATE_BME_STATE, NV_VGPU_CPU_RPC_DATA_VERSION_NEGOTIATION, VGPU_BOOTED, VGPU_CPU_GSP_CTRL_BUFF_REGION, VGPU_DOORBELL,
  VGPU_MESSAGES,
} from '../r570_144/vgpu_plugin.ts';

const responseFields = { message_seq_num_processed: 'u32', result_code: 'u32' } as const;
/** The task writes it. What was received but not yet done is not told. More follows that no host here reads. */
export const VGPU_CPU_GSP_RESPONSE_BUFF_REGION: Layout<ValueOf<typeof responseFields>> = struct('VGPU_CPU_GSP_RESPONSE_BUFF_REGION', responseFields);

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
  rev1: { array: 'u8', length: 2 },
  enable_uvm: { truth: 'u8' },
  linux_interrupt_optimization: { truth: 'u8' },
  vmm_migration_supported: { truth: 'u8' },
  rev2: 'u8',
  enable_console_vnc: { truth: 'u8' },
  use_non_stall_linux_events: { truth: 'u8' },
  rev3: 'u32',
} as const;
/** It names no place: vGPUs of one size are all that there are. */
export const NV_VGPU_CPU_RPC_DATA_COPY_CONFIG_PARAMS: Layout<ValueOf<typeof configurationFields>> = struct(
  'NV_VGPU_CPU_RPC_DATA_COPY_CONFIG_PARAMS', configurationFields,
);

/** Parts of the shared region in their order, from the heap's start, one behind the other: bytes of each. The kernel has no log. */
export const VGPU_REGION_SIZES: Omit<typeof LATER_SIZES, 'kernelLog'> = withoutKernelLog(LATER_SIZES);

function withoutKernelLog({ kernelLog: _, ...sizes }: typeof LATER_SIZES): Omit<typeof LATER_SIZES, 'kernelLog'> {
  return sizes;
}
