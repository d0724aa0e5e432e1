import { array, dataView, struct } from '@nova-stack/c-layout';

import type { PluginAbi, PluginMessage } from '../abi.ts';

/*
 * What host and vGPU task share at the start of the task's heap. NVIDIA published these structures with the vGPU
 * manager series of 2025 (vfio: drivers/vfio/pci/nvidia-vgpu/include/nvrm/vgpu.h), not in its open modules.
 */

const KIB = 1024;
type Part = 'control' | 'response' | 'message' | 'migration' | 'error' | 'initTaskLog' | 'vgpuTaskLog' | 'kernelLog';
interface Place {
  readonly offset: number;
  readonly size: number;
}

const SIZES: Readonly<Record<Part, number>> = {
  control: 4 * KIB,
  response: 4 * KIB,
  message: 4 * KIB,
  migration: 2048 * KIB,
  error: 4 * KIB,
  initTaskLog: 128 * KIB,
  vgpuTaskLog: 256 * KIB,
  kernelLog: 64 * KIB,
};

function layOut(): Readonly<Record<Part, Place>> {
  let offset = 0;
  const entries = Object.entries(SIZES).map(([part, size]) => {
    const entry = [part, { offset, size }] as const;
    offset += size;
    return entry;
  });
  return Object.fromEntries(entries) as Record<Part, Place>;
}

/** Parts of the shared region, in bytes from the heap's start. */
export const REGION: Readonly<Record<Part, Place>> = layOut();

const control = struct('VGPU_CPU_GSP_CTRL_BUFF_REGION', {
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
});

/** The fields that the host reads; more follow. */
const response = struct('VGPU_CPU_GSP_RESPONSE_BUFF_REGION', {
  message_seq_num_received: 'u32',
  message_seq_num_processed: 'u32',
  result_code: 'u32',
});

const negotiation = struct('NV_VGPU_CPU_RPC_DATA_VERSION_NEGOTIATION', { version_cpu: 'u32', version_negotiated: 'u32' });
const busMasterState = struct('NV_VGPU_CPU_RPC_DATA_UPDATE_BME_STATE', { enable: 'u8', allowed: 'u8' });

const configuration = struct('NV_VGPU_CPU_RPC_DATA_COPY_CONFIG_PARAMS', {
  vgpu_uuid: array('u8', 16),
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
  rev1: array('u8', 3),
  enable_uvm: 'u8',
  linux_interrupt_optimization: 'u8',
  vmm_migration_supported: 'u8',
  rev2: 'u8',
  enable_console_vnc: 'u8',
  use_non_stall_linux_events: 'u8',
  rev3: array('u8', 3),
  placement_id: 'u16',
  rev4: 'u32',
  channel_usage_threshold_percentage: 'u32',
  rev5: 'u8',
  rev6: 'u32',
  rev7: 'u8',
});

/** Names of the messages that this host sends. */
const MESSAGES = { negotiate: 1, configure: 2, reset: 3, busMaster: 13 } as const;

const CONTROL_VERSION = 1;
const PROTOCOL_VERSION = 1;
/** KVM can migrate. */
const MIGRATION_KVM = 0x4000;
const HYPERVISOR_UNKNOWN = 4;
const CPU_X86_64 = 2;
const HOST_PAGE = 4 * KIB;
const NO_PLACEMENT = 0xffff;
/** Number of the doorbell that wakes a task, within the 32 of one GFID. */
const DOORBELLS_PER_GFID = 32;
const HOST_MESSAGE = 17;

const empty: Pick<PluginMessage<undefined, undefined>, 'encode' | 'decode'> = { encode: () => new Uint8Array(0), decode: () => undefined };

export const plugin: PluginAbi = {
  communicationSize: Object.values(SIZES).reduce((sum, size) => sum + size, 0),
  controlBuffer: () => {
    const page = new Uint8Array(SIZES.control);
    control.write(page, 0, {
      version: CONTROL_VERSION,
      response_buff_offset: BigInt(REGION.response.offset),
      message_buff_offset: BigInt(REGION.message.offset),
      migration_buff_offset: BigInt(REGION.migration.offset),
      error_buff_offset: BigInt(REGION.error.offset),
    });
    return page;
  },
  offsets: {
    messageType: REGION.control.offset + control.offsets.message_type,
    messageSequence: REGION.control.offset + control.offsets.message_seq_num,
    sequenceProcessed: REGION.response.offset + response.offsets.message_seq_num_processed,
    result: REGION.response.offset + response.offsets.result_code,
    message: REGION.message.offset,
  },
  messageSize: SIZES.message,
  readyMarker: 0x4e65_4a6f,
  doorbell: (gfid) => gfid * DOORBELLS_PER_GFID + HOST_MESSAGE,
  protocolVersion: PROTOCOL_VERSION,
  messages: {
    negotiate: {
      name: 'version negotiation', type: MESSAGES.negotiate,
      encode: ({ version }) => negotiation.create({ version_cpu: version }),
      decode: (payload) => ({ version: negotiation.decode(dataView(payload)).version_negotiated }),
    },
    configure: {
      name: 'configuration', type: MESSAGES.configure,
      encode: (config) => configuration.create({
        vgpu_uuid: config.uuid,
        dbdf: config.vfAddress,
        vgpu_device_instance_id: config.instanceId,
        vgpu_type: config.typeId,
        vm_pid: config.processId,
        swizz_id: 0,
        num_channels: config.channels,
        num_plugin_channels: config.pluginChannels,
        migration_feature: MIGRATION_KVM,
        hypervisor_type: HYPERVISOR_UNKNOWN,
        host_cpu_arch: CPU_X86_64,
        host_page_size: BigInt(HOST_PAGE),
        linux_interrupt_optimization: 0,
        placement_id: config.placement ?? NO_PLACEMENT,
      }),
      decode: () => undefined,
    },
    reset: { name: 'reset', type: MESSAGES.reset, ...empty },
    busMaster: {
      name: 'bus master state', type: MESSAGES.busMaster,
      encode: ({ enable }) => busMasterState.create({ enable: Number(enable), allowed: 1 }),
      decode: () => undefined,
    },
  },
};
