import { PROFILE_535_113_01 } from '@nova-stack/gsp-rpc';
import { absent } from '../absent.ts';
import { allocCodecs } from '../codec/allocs.ts';
import { bootCodec } from '../codec/boot.ts';
import { sequencerEncoder, systemInfoCodec } from '../codec/boot-messages.ts';
import { calls } from '../codec/calls.ts';
import { channelControls } from '../codec/channel-controls.ts';
import { classTable } from '../codec/classes.ts';
import { displayControls } from '../codec/display-controls.ts';
import { COMMON_EVENTS } from '../codec/event-numbers.ts';
import { eventCodec } from '../codec/events.ts';
import { gpuControls } from '../codec/gpu-controls.ts';
import { graphicsControls } from '../codec/graphics-controls.ts';
import { memoryControls } from '../codec/memory-controls.ts';
import { regionPowerControls } from '../codec/power-controls.ts';
import { staticInfoCodec } from '../codec/static-info.ts';
import type { Release } from '../release.ts';
import { pluginAbi } from '../codec/plugin.ts';
import { vgpuControls } from '../codec/vgpu-controls.ts';
import * as shared from '@nova-stack/nvrm-headers/r535_113_01/vgpu_plugin';
import { ENGINES } from './engines.ts';
import * as rm from './layouts.ts';

/** Firmware 535.113.01. */
export const RELEASE_535_113_01: Release = {
  version: '535.113.01',
  profile: PROFILE_535_113_01,
  ...bootCodec(rm),
  systemInfo: systemInfoCodec(rm.GspSystemInfo, () => undefined),
  staticInfo: staticInfoCodec(rm.GspStaticConfigInfo, ENGINES, ({ gpcMask, tpcMasks, memory }) => ({
    gpcInfo: { gpcMask },
    tpcInfo: tpcMasks.map((tpcMask, gpcId) => ({ gpcId, tpcMask: (gpcMask >>> gpcId & 1) === 0 ? 0 : tpcMask })),
    fbp_mask: memory.fbpMask,
  })),
  encodeSequencer: sequencerEncoder(rm),
  calls: calls(rm, absent('535.113.01 numbers INVALIDATE_TLB but has no structure for it')),
  events: eventCodec(rm, ENGINES, {
    numbers: { ...COMMON_EVENTS, lockdown: 0x101d, nocat: undefined },
    nocat: absent('535.113.01 keeps its error journal to itself'),
  }),
  engines: ENGINES,
  classes: classTable(rm.CLASSES, rm),
  allocs: allocCodecs(rm, ENGINES),
  controls: {
    ...gpuControls(rm, ENGINES, {
      command: rm.NV2080_CTRL_CMD_INTERNAL_GET_CONSTRUCTED_FALCON_INFO, layout: rm.NV2080_CTRL_INTERNAL_GET_CONSTRUCTED_FALCON_INFO_PARAMS,
    }),
    ...memoryControls(rm),
    ...channelControls(rm, ENGINES, absent('535.113.01 stops all channels by itself when it is told to suspend')),
    ...graphicsControls(rm, ENGINES, absent('535.113.01 does not know the erratum that the scrubber works around')),
    ...regionPowerControls(rm, absent('535.113.01 is told each region instead')),
    ...displayControls(rm),
    ...vgpuControls(rm),
  },
  plugin: pluginAbi(shared, ({ processed, result }) => shared.VGPU_CPU_GSP_RESPONSE_BUFF_REGION.create({ message_seq_num_processed: processed, result_code: result })),
};
