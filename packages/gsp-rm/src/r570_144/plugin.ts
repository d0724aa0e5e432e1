import { array, struct, truth, type Layout, type ValueOf } from '@nova-stack/c-layout';
import type { PluginAbi, PluginMessage } from '../vgpu/plugin-abi.ts';

/**
 * The region that a plugin task of 570.144 shares with the host. These structures are in no header that NVIDIA
 * publishes with the kernel modules; they are declared here.
 *
 * Source: linux (vGPU manager series, second version): drivers/vfio/pci/nvidia-vgpu/include/nvrm/vgpu.h
 */

const controlFields = {
  version: 'u32', message_type: 'u32', message_seq_num: 'u32',
  response_buff_offset: 'u64', message_buff_offset: 'u64', migration_buff_offset: 'u64', error_buff_offset: 'u64',
} as const;
/** Head of VGPU_CPU_GSP_CTRL_BUFF_REGION: what the task reads of it. */
const Control: Layout<ValueOf<typeof controlFields>> = struct('VGPU_CPU_GSP_CTRL_BUFF_REGION', controlFields);

const responseFields = { message_seq_num_received: 'u32', message_seq_num_processed: 'u32', result_code: 'u32' } as const;
/** Head of VGPU_CPU_GSP_RESPONSE_BUFF_REGION. */
const Response: Layout<ValueOf<typeof responseFields>> = struct('VGPU_CPU_GSP_RESPONSE_BUFF_REGION', responseFields);

const negotiationFields = { version_cpu: 'u32', version_negotiated: 'u32' } as const;
const Negotiation: Layout<ValueOf<typeof negotiationFields>> = struct('NV_VGPU_CPU_RPC_DATA_VERSION_NEGOTIATION', negotiationFields);

const configFields = {
  vgpu_uuid: array('u8', 16), dbdf: 'u32', driver_vm_vf_dbdf: 'u32', vgpu_device_instance_id: 'u32', vgpu_type: 'u32',
  vm_pid: 'u32', swizz_id: 'u32', num_channels: 'u32', num_plugin_channels: 'u32', vmm_cap: 'u32', migration_feature: 'u32',
  hypervisor_type: 'u32', host_cpu_arch: 'u32', host_page_size: 'u64', rev1: array('u8', 3), enable_uvm: truth('u8'),
  linux_interrupt_optimization: truth('u8'), vmm_migration_supported: truth('u8'), rev2: 'u8', enable_console_vnc: truth('u8'),
  use_non_stall_linux_events: truth('u8'), rev3: array('u8', 3), placement_id: 'u16', rev4: 'u32',
  channel_usage_threshold_percentage: 'u32', rev5: 'u8', rev6: 'u32', rev7: 'u8',
} as const;
const Config: Layout<ValueOf<typeof configFields>> = struct('NV_VGPU_CPU_RPC_DATA_COPY_CONFIG_PARAMS', configFields);

const busMasterFields = { enable: truth('u8'), allowed: truth('u8') } as const;
const BusMaster: Layout<ValueOf<typeof busMasterFields>> = struct('NV_VGPU_CPU_RPC_DATA_UPDATE_BME_STATE', busMasterFields);

/** Control, response, message, migration and error buffers, then the three logs. */
const COMMUNICATION_SIZE = 0x274000;
const MESSAGE_SIZE = 0x1000;
const MESSAGES = { negotiate: 1, configure: 2, reset: 3, busMaster: 13 } as const;
/** Doorbell handle of host-to-plugin messages; the GFID stands above it. */
const HANDLE = 17;
const HANDLES = 32;

export const PLUGIN: PluginAbi = {
  communicationSize: COMMUNICATION_SIZE,
  readyMarker: 0x4e654a6f,
  sequenceOffset: Control.offsets.message_seq_num,
  control: {
    size: Control.size,
    decode(bytes) {
      const control = Control.read(bytes);
      return {
        messageType: control.message_type, sequence: control.message_seq_num,
        responseOffset: Number(control.response_buff_offset), messageOffset: Number(control.message_buff_offset),
      };
    },
  },
  response: {
    size: Response.size,
    encode: ({ received, processed, result }) =>
      Response.create({ message_seq_num_received: received, message_seq_num_processed: processed, result_code: result }),
  },
  messageSize: MESSAGE_SIZE,
  protocol: { min: 1, max: 1 },
  decodeMessage(type, bytes): PluginMessage {
    switch (type) {
      case MESSAGES.negotiate:
        return { type: 'negotiate', version: Negotiation.read(bytes).version_cpu };
      case MESSAGES.configure: {
        const config = Config.read(bytes);
        return { type: 'configure', typeId: config.vgpu_type, vfAddress: config.dbdf };
      }
      case MESSAGES.reset:
        return { type: 'reset' };
      case MESSAGES.busMaster:
        return { type: 'busMaster', enable: BusMaster.read(bytes).enable };
      default:
        return { type: 'unknown', number: type };
    }
  },
  encodeReply(message, bytes, { version, allowed }) {
    if (message.type === 'negotiate') return Negotiation.create({ version_cpu: Negotiation.read(bytes).version_cpu, version_negotiated: version });
    if (message.type === 'busMaster') return BusMaster.create({ enable: message.enable, allowed: message.enable === allowed });
    return undefined;
  },
  doorbellGfid: (value) => (value % HANDLES === HANDLE ? Math.floor(value / HANDLES) : undefined),
};
