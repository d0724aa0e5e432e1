import type { Layout } from '@nova-stack/c-layout';
import type * as Known from '@nova-stack/nvrm-headers/r570_144/vgpu_plugin';

import type { PluginAbi, PluginMessage } from '../vgpu/plugin-abi.ts';

export interface PluginNeeds extends Pick<typeof Known,
  'NV_VGPU_CPU_RPC_DATA_UPDATE_BME_STATE' | 'NV_VGPU_CPU_RPC_DATA_VERSION_NEGOTIATION' | 'VGPU_BOOTED' | 'VGPU_CPU_GSP_CTRL_BUFF_REGION' | 'VGPU_DOORBELL' | 'VGPU_MESSAGES'
> {
  readonly NV_VGPU_CPU_RPC_DATA_COPY_CONFIG_PARAMS: Pick<Layout<{ readonly vgpu_type: number; readonly dbdf: number }>, 'read'>;
  readonly VGPU_CPU_GSP_RESPONSE_BUFF_REGION: { readonly size: number };
  readonly VGPU_REGION_SIZES: { readonly message: number } & Readonly<Record<string, number>>;
}

/** How a release's plugin task shares memory with the host; `respond` makes its answer. */
export function pluginAbi(rm: PluginNeeds, respond: PluginAbi['response']['encode']): PluginAbi {
  const {
    NV_VGPU_CPU_RPC_DATA_COPY_CONFIG_PARAMS: Config, NV_VGPU_CPU_RPC_DATA_UPDATE_BME_STATE: BusMaster, NV_VGPU_CPU_RPC_DATA_VERSION_NEGOTIATION: Negotiation,
    VGPU_BOOTED, VGPU_CPU_GSP_CTRL_BUFF_REGION: Control, VGPU_CPU_GSP_RESPONSE_BUFF_REGION: Response, VGPU_DOORBELL, VGPU_MESSAGES: MESSAGES, VGPU_REGION_SIZES,
  } = rm;
  return {
    communicationSize: Object.values(VGPU_REGION_SIZES).reduce((sum, size) => sum + size, 0),
    readyMarker: VGPU_BOOTED,
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
      encode: respond,
    },
    messageSize: VGPU_REGION_SIZES.message,
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
    doorbellGfid: (value) => (value % VGPU_DOORBELL.perGfid === VGPU_DOORBELL.hostMessage ? Math.floor(value / VGPU_DOORBELL.perGfid) : undefined),
  };
}
