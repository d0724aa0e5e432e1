import type { DisplayIntents, DisplayTarget } from '../control-intents.ts';
import type { ReleaseControls } from '../release.ts';
import { APERTURES } from './apertures.ts';
import { exchange, order, query } from './control.ts';
import type { Needs, Part } from './needs.ts';
import { toNumber } from './words.ts';

/** Controls about the display engine and its outputs. */

interface StaticInfoRecord {
  readonly windowPresentMask: number;
  readonly numHeads: number;
}

interface PushbufferRecord {
  readonly addressSpace: number;
  readonly physicalAddr: bigint;
  readonly limit: bigint;
  readonly hclass: number;
  readonly channelInstance: number;
  readonly valid: boolean;
}

interface CapsRecord {
  readonly sorIndex: number;
  readonly maxLinkRate: number;
  readonly bIsMultistreamSupported: boolean;
}

interface LinkRatesRecord {
  readonly displayId: number;
  readonly linkBwCount: number;
}

interface OutputRecord {
  readonly displayId: number;
  readonly flags: number;
}

interface BrightnessRecord {
  readonly displayId: number;
  readonly brightness: number;
}

interface StreamRecord {
  readonly head: number;
  readonly sorIndex: number;
}

export interface DisplayNeeds extends Needs<
  | 'NV2080_CTRL_CMD_INTERNAL_DISPLAY_WRITE_INST_MEM' | 'NV2080_CTRL_INTERNAL_DISPLAY_WRITE_INST_MEM_PARAMS'
  | 'NV2080_CTRL_CMD_INTERNAL_DISPLAY_GET_STATIC_INFO' | 'NV2080_CTRL_CMD_INTERNAL_DISPLAY_CHANNEL_PUSHBUFFER'
  | 'NV2080_CTRL_CMD_INTERNAL_INIT_BRIGHTC_STATE_LOAD' | 'NV2080_CTRL_INTERNAL_INIT_BRIGHTC_STATE_LOAD_PARAMS'
  | 'NV0073_CTRL_CMD_DP_SET_MANUAL_DISPLAYPORT' | 'NV0073_CTRL_CMD_DP_SET_MANUAL_DISPLAYPORT_PARAMS'
  | 'NV0073_CTRL_CMD_SYSTEM_GET_NUM_HEADS' | 'NV0073_CTRL_SYSTEM_GET_NUM_HEADS_PARAMS'
  | 'NV0073_CTRL_CMD_SPECIFIC_GET_ALL_HEAD_MASK' | 'NV0073_CTRL_SPECIFIC_GET_ALL_HEAD_MASK_PARAMS'
  | 'NV0073_CTRL_CMD_SYSTEM_GET_SUPPORTED' | 'NV0073_CTRL_SYSTEM_GET_SUPPORTED_PARAMS'
  | 'NV0073_CTRL_CMD_SPECIFIC_OR_GET_INFO' | 'NV0073_CTRL_SPECIFIC_OR_GET_INFO_PARAMS'
  | 'NV0073_CTRL_CMD_SPECIFIC_GET_CONNECTOR_DATA' | 'NV0073_CTRL_SPECIFIC_GET_CONNECTOR_DATA_PARAMS'
  | 'NV0073_CTRL_CMD_DP_GET_CAPS'
  | 'NV0073_CTRL_CMD_SYSTEM_GET_CONNECT_STATE' | 'NV0073_CTRL_SYSTEM_GET_CONNECT_STATE_PARAMS'
  | 'NV0073_CTRL_CMD_DFP_GET_INFO'
  | 'NV0073_CTRL_CMD_SYSTEM_GET_ACTIVE' | 'NV0073_CTRL_SYSTEM_GET_ACTIVE_PARAMS'
  | 'NV0073_CTRL_CMD_SPECIFIC_GET_EDID_V2' | 'NV0073_CTRL_SPECIFIC_GET_EDID_V2_PARAMS'
  | 'NV0073_CTRL_CMD_DP_AUXCH_CTRL' | 'NV0073_CTRL_DP_AUXCH_CTRL_PARAMS'
  | 'NV0073_CTRL_CMD_DFP_ASSIGN_SOR' | 'NV0073_CTRL_DFP_ASSIGN_SOR_PARAMS'
  | 'NV0073_CTRL_CMD_DP_CTRL' | 'NV0073_CTRL_DP_CTRL_PARAMS'
  | 'NV0073_CTRL_CMD_DP_CONFIG_INDEXED_LINK_RATES'
  | 'NV0073_CTRL_CMD_DP_SET_LANE_DATA' | 'NV0073_CTRL_DP_LANE_DATA_PARAMS' | 'NV0073_CTRL_CMD_DP_CONFIG_STREAM'
  | 'NV0073_CTRL_CMD_DP_TOPOLOGY_ALLOCATE_DISPLAYID' | 'NV0073_CTRL_CMD_DP_TOPOLOGY_ALLOCATE_DISPLAYID_PARAMS'
  | 'NV0073_CTRL_CMD_DP_TOPOLOGY_FREE_DISPLAYID' | 'NV0073_CTRL_CMD_DP_TOPOLOGY_FREE_DISPLAYID_PARAMS'
  | 'NV0073_CTRL_CMD_SPECIFIC_SET_HDMI_ENABLE' | 'NV0073_CTRL_SPECIFIC_SET_HDMI_ENABLE_PARAMS'
  | 'NV0073_CTRL_CMD_SPECIFIC_SET_HDMI_SINK_CAPS' | 'NV0073_CTRL_SPECIFIC_SET_HDMI_SINK_CAPS_PARAMS'
  | 'NV0073_CTRL_CMD_SPECIFIC_SET_OD_PACKET' | 'NV0073_CTRL_SPECIFIC_SET_OD_PACKET_PARAMS'
  | 'NV0073_CTRL_CMD_SPECIFIC_SET_HDMI_AUDIO_MUTESTREAM' | 'NV0073_CTRL_CMD_SPECIFIC_SET_HDMI_AUDIO_MUTESTREAM_PARAMS'
  | 'NV0073_CTRL_CMD_DFP_SET_ELD_AUDIO_CAPS' | 'NV0073_CTRL_DFP_SET_ELD_AUDIO_CAP_PARAMS'
  | 'NV0073_CTRL_CMD_DFP_SET_AUDIO_ENABLE' | 'NV0073_CTRL_DFP_SET_AUDIO_ENABLE_PARAMS'
  | 'NV0073_CTRL_CMD_DP_SET_AUDIO_MUTESTREAM' | 'NV0073_CTRL_DP_SET_AUDIO_MUTESTREAM_PARAMS'
  | 'NV0073_CTRL_CMD_SPECIFIC_GET_BACKLIGHT_BRIGHTNESS' | 'NV0073_CTRL_CMD_SPECIFIC_SET_BACKLIGHT_BRIGHTNESS'
> {
  readonly NV2080_CTRL_INTERNAL_DISPLAY_GET_STATIC_INFO_PARAMS: Part<StaticInfoRecord, keyof StaticInfoRecord>;
  readonly NV2080_CTRL_INTERNAL_DISPLAY_CHANNEL_PUSHBUFFER_PARAMS: Part<PushbufferRecord, keyof PushbufferRecord>;
  readonly NV0073_CTRL_DFP_GET_INFO_PARAMS: Part<OutputRecord, keyof OutputRecord>;
  readonly NV0073_CTRL_SPECIFIC_BACKLIGHT_BRIGHTNESS_PARAMS: Part<BrightnessRecord, keyof BrightnessRecord>;
  readonly NV0073_CTRL_CMD_DP_GET_CAPS_PARAMS: Part<CapsRecord, keyof CapsRecord>;
  readonly NV0073_CTRL_CMD_DP_CONFIG_INDEXED_LINK_RATES_PARAMS: Part<LinkRatesRecord, keyof LinkRatesRecord>;
  readonly NV0073_CTRL_CMD_DP_CONFIG_STREAM_PARAMS: Part<StreamRecord, keyof StreamRecord>;
}

/** NV0073_CTRL_SPECIFIC_OR_TYPE_SOR */
const SOR = 2;
/** NV0073_CTRL_SPECIFIC_OR_PROTOCOL_SOR_*, of the first link. */
const PROTOCOLS = { DP: 8, HDMI: 1, DVI: 1 } as const;
/** NV0073_CTRL_SPECIFIC_CONNECTOR_DATA_TYPE_* */
const CONNECTORS = { DP: 0x46, HDMI: 0x61, DVI: 0x31 } as const;
/** NV0073_CTRL_DFP_FLAGS: signal in bits 2:0 (TMDS 0, DisplayPort 3), lanes in 5:3, HDMI allowed in bit 10. */
const OUTPUT_FLAGS = { DP: 3 | (4 << 3), HDMI: 1 << 10, DVI: 0 } as const;
/** NV0073_CTRL_CMD_DP_GET_CAPS_MAX_LINK_RATE_8_10 */
const LINK_RATE_8_10 = 4;
/** NV0073_CTRL_DFP_SOR type of a SOR without a second one beside it. */
const SINGLE_SOR = 1;

const target = ({ displayId }: { readonly displayId: number }): DisplayTarget => ({ id: displayId });

export function displayControls(rm: DisplayNeeds): Pick<ReleaseControls, keyof DisplayIntents> {
  return {
    displayInstanceMemory: order(rm.NV2080_CTRL_CMD_INTERNAL_DISPLAY_WRITE_INST_MEM, rm.NV2080_CTRL_INTERNAL_DISPLAY_WRITE_INST_MEM_PARAMS, 'subdevice',
      ({ instMemPhysAddr, instMemSize }) => ({ address: toNumber(instMemPhysAddr), size: toNumber(instMemSize) })),
    displayStaticInfo: query(rm.NV2080_CTRL_CMD_INTERNAL_DISPLAY_GET_STATIC_INFO, rm.NV2080_CTRL_INTERNAL_DISPLAY_GET_STATIC_INFO_PARAMS, 'subdevice',
      ({ windows, heads }) => ({ windowPresentMask: windows, numHeads: heads })),
    brightnessTable: order(rm.NV2080_CTRL_CMD_INTERNAL_INIT_BRIGHTC_STATE_LOAD, rm.NV2080_CTRL_INTERNAL_INIT_BRIGHTC_STATE_LOAD_PARAMS, 'subdevice', ({ status }) => ({ status })),
    displayPushbuffer: order(rm.NV2080_CTRL_CMD_INTERNAL_DISPLAY_CHANNEL_PUSHBUFFER, rm.NV2080_CTRL_INTERNAL_DISPLAY_CHANNEL_PUSHBUFFER_PARAMS, 'subdevice',
      ({ hclass, channelInstance, valid, addressSpace, physicalAddr, limit }) => ({
        class: hclass, instance: channelInstance, valid, aperture: APERTURES[addressSpace] ?? 'unknown', address: toNumber(physicalAddr), limit: toNumber(limit),
      })),
    manualDisplayPort: order(rm.NV0073_CTRL_CMD_DP_SET_MANUAL_DISPLAYPORT, rm.NV0073_CTRL_CMD_DP_SET_MANUAL_DISPLAYPORT_PARAMS, 'displayCommon', () => undefined),
    headCount: query(rm.NV0073_CTRL_CMD_SYSTEM_GET_NUM_HEADS, rm.NV0073_CTRL_SYSTEM_GET_NUM_HEADS_PARAMS, 'displayCommon', ({ heads }) => ({ numHeads: heads })),
    headMask: query(rm.NV0073_CTRL_CMD_SPECIFIC_GET_ALL_HEAD_MASK, rm.NV0073_CTRL_SPECIFIC_GET_ALL_HEAD_MASK_PARAMS, 'displayCommon', ({ mask }) => ({ headMask: mask })),
    supportedOutputs: query(rm.NV0073_CTRL_CMD_SYSTEM_GET_SUPPORTED, rm.NV0073_CTRL_SYSTEM_GET_SUPPORTED_PARAMS, 'displayCommon',
      ({ mask, ddc }) => ({ displayMask: mask, displayMaskDDC: ddc })),
    outputResource: exchange(rm.NV0073_CTRL_CMD_SPECIFIC_OR_GET_INFO, rm.NV0073_CTRL_SPECIFIC_OR_GET_INFO_PARAMS, 'displayCommon', target,
      ({ output, index }) => ({ index, type: SOR, protocol: PROTOCOLS[output.connector], location: 0, dcbIndex: index })),
    connector: exchange(rm.NV0073_CTRL_CMD_SPECIFIC_GET_CONNECTOR_DATA, rm.NV0073_CTRL_SPECIFIC_GET_CONNECTOR_DATA_PARAMS, 'displayCommon', target,
      ({ output, index }) => ({ count: 1, data: [{ index, type: CONNECTORS[output.connector], location: index }] })),
    displayPortCaps: exchange(rm.NV0073_CTRL_CMD_DP_GET_CAPS, rm.NV0073_CTRL_CMD_DP_GET_CAPS_PARAMS, 'displayCommon',
      ({ sorIndex }) => ({ sor: sorIndex }), ({ multistream }) => ({ maxLinkRate: LINK_RATE_8_10, bIsMultistreamSupported: multistream })),
    connectState: exchange(rm.NV0073_CTRL_CMD_SYSTEM_GET_CONNECT_STATE, rm.NV0073_CTRL_SYSTEM_GET_CONNECT_STATE_PARAMS, 'displayCommon',
      ({ displayMask }) => ({ mask: displayMask }), ({ mask }) => ({ displayMask: mask })),
    outputInfo: exchange(rm.NV0073_CTRL_CMD_DFP_GET_INFO, rm.NV0073_CTRL_DFP_GET_INFO_PARAMS, 'displayCommon', target,
      ({ output }) => ({ flags: OUTPUT_FLAGS[output.connector] })),
    activeOutput: exchange(rm.NV0073_CTRL_CMD_SYSTEM_GET_ACTIVE, rm.NV0073_CTRL_SYSTEM_GET_ACTIVE_PARAMS, 'displayCommon', ({ head }) => ({ head }), ({ id }) => ({ displayId: id })),
    edid: exchange(rm.NV0073_CTRL_CMD_SPECIFIC_GET_EDID_V2, rm.NV0073_CTRL_SPECIFIC_GET_EDID_V2_PARAMS, 'displayCommon', target, ({ edid }) => ({ bufferSize: edid.length, edidBuffer: edid })),
    auxChannel: exchange(rm.NV0073_CTRL_CMD_DP_AUXCH_CTRL, rm.NV0073_CTRL_DP_AUXCH_CTRL_PARAMS, 'displayCommon',
      ({ displayId, cmd, addr, data, size }) => ({ id: displayId, command: cmd, address: addr, data, size }),
      ({ data, size, reply }) => ({ data, size, replyType: reply })),
    assignSor: exchange(rm.NV0073_CTRL_CMD_DFP_ASSIGN_SOR, rm.NV0073_CTRL_DFP_ASSIGN_SOR_PARAMS, 'displayCommon',
      ({ displayId, sorExcludeMask }) => ({ id: displayId, exclude: sorExcludeMask }),
      ({ sor, id, sors }) => ({
        sorAssignList: Array.from({ length: sors }, (_, index) => (index === sor ? id : 0)),
        sorAssignListWithTag: Array.from({ length: sors }, (_, index) => (index === sor ? { displayMask: id, sorType: SINGLE_SOR } : {})),
      })),
    linkTraining: exchange(rm.NV0073_CTRL_CMD_DP_CTRL, rm.NV0073_CTRL_DP_CTRL_PARAMS, 'displayCommon', target, ({ error }) => ({ err: error })),
    linkRates: exchange(rm.NV0073_CTRL_CMD_DP_CONFIG_INDEXED_LINK_RATES, rm.NV0073_CTRL_CMD_DP_CONFIG_INDEXED_LINK_RATES_PARAMS, 'displayCommon', target, ({ count }) => ({ linkBwCount: count })),
    laneData: order(rm.NV0073_CTRL_CMD_DP_SET_LANE_DATA, rm.NV0073_CTRL_DP_LANE_DATA_PARAMS, 'displayCommon', target),
    streamConfig: order(rm.NV0073_CTRL_CMD_DP_CONFIG_STREAM, rm.NV0073_CTRL_CMD_DP_CONFIG_STREAM_PARAMS, 'displayCommon', ({ head, sorIndex }) => ({ head, sor: sorIndex })),
    allocateDisplayId: exchange(rm.NV0073_CTRL_CMD_DP_TOPOLOGY_ALLOCATE_DISPLAYID, rm.NV0073_CTRL_CMD_DP_TOPOLOGY_ALLOCATE_DISPLAYID_PARAMS, 'displayCommon', target,
      ({ id }) => ({ displayIdAssigned: id })),
    freeDisplayId: order(rm.NV0073_CTRL_CMD_DP_TOPOLOGY_FREE_DISPLAYID, rm.NV0073_CTRL_CMD_DP_TOPOLOGY_FREE_DISPLAYID_PARAMS, 'displayCommon', target),
    hdmiEnable: order(rm.NV0073_CTRL_CMD_SPECIFIC_SET_HDMI_ENABLE, rm.NV0073_CTRL_SPECIFIC_SET_HDMI_ENABLE_PARAMS, 'displayCommon', target),
    hdmiSinkCaps: order(rm.NV0073_CTRL_CMD_SPECIFIC_SET_HDMI_SINK_CAPS, rm.NV0073_CTRL_SPECIFIC_SET_HDMI_SINK_CAPS_PARAMS, 'displayCommon', target),
    infoFrame: order(rm.NV0073_CTRL_CMD_SPECIFIC_SET_OD_PACKET, rm.NV0073_CTRL_SPECIFIC_SET_OD_PACKET_PARAMS, 'displayCommon', target),
    hdmiAudioMute: order(rm.NV0073_CTRL_CMD_SPECIFIC_SET_HDMI_AUDIO_MUTESTREAM, rm.NV0073_CTRL_CMD_SPECIFIC_SET_HDMI_AUDIO_MUTESTREAM_PARAMS, 'displayCommon', target),
    audioCaps: order(rm.NV0073_CTRL_CMD_DFP_SET_ELD_AUDIO_CAPS, rm.NV0073_CTRL_DFP_SET_ELD_AUDIO_CAP_PARAMS, 'displayCommon', target),
    audioEnable: order(rm.NV0073_CTRL_CMD_DFP_SET_AUDIO_ENABLE, rm.NV0073_CTRL_DFP_SET_AUDIO_ENABLE_PARAMS, 'displayCommon', target),
    displayPortAudioMute: order(rm.NV0073_CTRL_CMD_DP_SET_AUDIO_MUTESTREAM, rm.NV0073_CTRL_DP_SET_AUDIO_MUTESTREAM_PARAMS, 'displayCommon', target),
    brightness: exchange(rm.NV0073_CTRL_CMD_SPECIFIC_GET_BACKLIGHT_BRIGHTNESS, rm.NV0073_CTRL_SPECIFIC_BACKLIGHT_BRIGHTNESS_PARAMS, 'displayCommon', target,
      ({ percent }) => ({ brightness: percent })),
    setBrightness: order(rm.NV0073_CTRL_CMD_SPECIFIC_SET_BACKLIGHT_BRIGHTNESS, rm.NV0073_CTRL_SPECIFIC_BACKLIGHT_BRIGHTNESS_PARAMS, 'displayCommon',
      ({ displayId, brightness }) => ({ id: displayId, percent: brightness })),
  };
}
