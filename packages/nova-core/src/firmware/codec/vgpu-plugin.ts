import { dataView, type Layout } from '@nova-stack/c-layout';
import type * as Earlier from '@nova-stack/nvrm-headers/r535_113_01/vgpu_plugin';
import type * as Known from '@nova-stack/nvrm-headers/r570_144/vgpu_plugin';

import type { PluginAbi, PluginConfig, PluginMessage } from '../vgpu-abi.ts';

/** Parts of the shared region; not every version has a log of the kernel. */
type Part = keyof typeof Known.VGPU_REGION_SIZES;
type Sizes = Readonly<Record<Exclude<Part, 'kernelLog'>, number>> & { readonly kernelLog?: number };
interface Place {
  readonly offset: number;
  readonly size: number;
}
/** Where they are, in bytes from the heap's start. */
export type Region<Has extends Sizes = Readonly<Record<Exclude<Part, 'kernelLog'>, number>>> = Readonly<Record<keyof Has, Place>>;

export function layOut<Has extends Sizes>(sizes: Has): Region<Has> {
  let offset = 0;
  const entries = Object.entries(sizes).map(([part, size]) => {
    const entry = [part, { offset, size }] as const;
    offset += size;
    return entry;
  });
  return Object.fromEntries(entries) as Record<keyof Has, Place>;
}

export interface PluginNeeds extends Pick<typeof Known,
  'NV_VGPU_CPU_RPC_DATA_UPDATE_BME_STATE' | 'NV_VGPU_CPU_RPC_DATA_VERSION_NEGOTIATION' | 'VGPU_CPU_GSP_CTRL_BUFF_REGION' | 'VGPU_BOOTED' | 'VGPU_DOORBELL' | 'VGPU_MESSAGES'
> {
  readonly VGPU_REGION_SIZES: Sizes;
  readonly VGPU_CPU_GSP_RESPONSE_BUFF_REGION: Pick<Layout<{ message_seq_num_processed: number; result_code: number }>, 'offsets'>;
}

const CONTROL_VERSION = 1;
const PROTOCOL_VERSION = 1;
/** KVM can migrate. */
const MIGRATION_KVM = 0x4000;
const HYPERVISOR_UNKNOWN = 4;
const CPU_X86_64 = 2;
const HOST_PAGE = 4096;

const empty: Pick<PluginMessage<undefined, undefined>, 'encode' | 'decode'> = { encode: () => new Uint8Array(0), decode: () => undefined };

/** What every version wants to know of a vGPU and its host. */
export const configurationOf = (config: PluginConfig): Omit<NonNullable<Parameters<(typeof Earlier)['NV_VGPU_CPU_RPC_DATA_COPY_CONFIG_PARAMS']['create']>[0]>, `rev${number}`> => ({
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
});

/** @param configure - the version's configuration message */
export function pluginAbi(rm: PluginNeeds, configure: (config: PluginConfig) => Uint8Array): PluginAbi {
  const {
    NV_VGPU_CPU_RPC_DATA_UPDATE_BME_STATE: busMasterState, NV_VGPU_CPU_RPC_DATA_VERSION_NEGOTIATION: negotiation, VGPU_BOOTED,
    VGPU_CPU_GSP_CTRL_BUFF_REGION: control, VGPU_CPU_GSP_RESPONSE_BUFF_REGION: response, VGPU_DOORBELL, VGPU_MESSAGES: MESSAGES, VGPU_REGION_SIZES: sizes,
  } = rm;
  const region = layOut(sizes);
  return {
    communicationSize: Object.values(sizes).reduce((sum, size) => sum + size, 0),
    controlBuffer: () => {
      const page = new Uint8Array(sizes.control);
      control.write(page, 0, {
        version: CONTROL_VERSION,
        response_buff_offset: BigInt(region.response.offset),
        message_buff_offset: BigInt(region.message.offset),
        migration_buff_offset: BigInt(region.migration.offset),
        error_buff_offset: BigInt(region.error.offset),
      });
      return page;
    },
    offsets: {
      messageType: region.control.offset + control.offsets.message_type,
      messageSequence: region.control.offset + control.offsets.message_seq_num,
      sequenceProcessed: region.response.offset + response.offsets.message_seq_num_processed,
      result: region.response.offset + response.offsets.result_code,
      message: region.message.offset,
    },
    messageSize: sizes.message,
    readyMarker: VGPU_BOOTED,
    doorbell: (gfid) => gfid * VGPU_DOORBELL.perGfid + VGPU_DOORBELL.hostMessage,
    protocolVersion: PROTOCOL_VERSION,
    messages: {
      negotiate: {
        name: 'version negotiation', type: MESSAGES.negotiate,
        encode: ({ version }) => negotiation.create({ version_cpu: version }),
        decode: (payload) => ({ version: negotiation.decode(dataView(payload)).version_negotiated }),
      },
      configure: { name: 'configuration', type: MESSAGES.configure, encode: configure, decode: () => undefined },
      reset: { name: 'reset', type: MESSAGES.reset, ...empty },
      busMaster: {
        name: 'bus master state', type: MESSAGES.busMaster,
        encode: ({ enable }) => busMasterState.create({ enable, allowed: true }),
        decode: () => undefined,
      },
    },
  };
}
