import { PROFILE_570_144 } from '@nova-stack/gsp-rpc';
import { enginesFrom570 } from '../codec/engines-570.ts';
import { releaseFrom570 } from '../codec/release-570.ts';
import { order } from '../codec/control.ts';
import type { Release } from '../release.ts';
import * as shared from '@nova-stack/nvrm-headers/r570_144/vgpu_plugin';
import { pluginAbi } from '../codec/plugin.ts';
import { vgpuControls } from '../codec/vgpu-controls.ts';
import * as rm from './layouts.ts';

/** Firmware 570.144. */
export const RELEASE_570_144: Release = releaseFrom570(rm, {
  version: '570.144',
  profile: PROFILE_570_144,
  engines: enginesFrom570(176),
  scrubberTeardown: order(rm.NV2080_CTRL_CMD_INTERNAL_KGR_INIT_BUG4208224_WAR, rm.NV2080_CTRL_INTERNAL_GR_INIT_BUG4208224_WAR_PARAMS, 'subdevice',
    ({ bTeardown }) => ({ teardown: bTeardown })),
  vgpu: vgpuControls(rm),
  plugin: pluginAbi(shared, ({ received, processed, result }) =>
    shared.VGPU_CPU_GSP_RESPONSE_BUFF_REGION.create({ message_seq_num_received: received, message_seq_num_processed: processed, result_code: result })),
});
