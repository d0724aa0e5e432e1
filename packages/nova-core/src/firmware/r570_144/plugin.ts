import { dataView } from '@nova-stack/c-layout';
import {
  NV_VGPU_CPU_RPC_DATA_COPY_CONFIG_PARAMS as configuration,
  NV_VGPU_CPU_RPC_DATA_UPDATE_BME_STATE as busMasterState,
  NV_VGPU_CPU_RPC_DATA_VERSION_NEGOTIATION as negotiation,
  VGPU_BOOTED,
  VGPU_CPU_GSP_CTRL_BUFF_REGION as control,
  VGPU_CPU_GSP_RESPONSE_BUFF_REGION as response,
  VGPU_DOORBELL,
  VGPU_MESSAGES as MESSAGES,
  VGPU_REGION_SIZES as SIZES,
} from '@nova-stack/nvrm-headers/r570_144/vgpu_plugin';

import type { PluginAbi, PluginMessage } from '../vgpu-abi.ts';

type Part = keyof typeof SIZES;
interface Place {
  readonly offset: number;
  readonly size: number;
}

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

const CONTROL_VERSION = 1;
const PROTOCOL_VERSION = 1;
/** KVM can migrate. */
const MIGRATION_KVM = 0x4000;
const HYPERVISOR_UNKNOWN = 4;
const CPU_X86_64 = 2;
const HOST_PAGE = 4096;
const NO_PLACEMENT = 0xffff;

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
  readyMarker: VGPU_BOOTED,
  doorbell: (gfid) => gfid * VGPU_DOORBELL.perGfid + VGPU_DOORBELL.hostMessage,
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
        linux_interrupt_optimization: false,
        placement_id: config.placement ?? NO_PLACEMENT,
      }),
      decode: () => undefined,
    },
    reset: { name: 'reset', type: MESSAGES.reset, ...empty },
    busMaster: {
      name: 'bus master state', type: MESSAGES.busMaster,
      encode: ({ enable }) => busMasterState.create({ enable, allowed: true }),
      decode: () => undefined,
    },
  },
};
