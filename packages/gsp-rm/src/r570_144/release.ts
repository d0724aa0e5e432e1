import { PROFILE_570_144 } from '@nova-stack/gsp-rpc';
import { enginesFrom570 } from '../codec/engines-570.ts';
import { releaseFrom570 } from '../codec/release-570.ts';
import { order } from '../codec/control.ts';
import type { Release } from '../release.ts';
import * as rm from './layouts.ts';
import { PLUGIN } from './plugin.ts';
import { VGPU_CONTROLS } from './vgpu-controls.ts';

/** Firmware 570.144. */
export const RELEASE_570_144: Release = releaseFrom570(rm, {
  version: '570.144',
  profile: PROFILE_570_144,
  engines: enginesFrom570(176),
  scrubberTeardown: order(rm.NV2080_CTRL_CMD_INTERNAL_KGR_INIT_BUG4208224_WAR, rm.NV2080_CTRL_INTERNAL_GR_INIT_BUG4208224_WAR_PARAMS, 'subdevice',
    ({ bTeardown }) => ({ teardown: bTeardown })),
  vgpu: VGPU_CONTROLS,
  plugin: PLUGIN,
});
