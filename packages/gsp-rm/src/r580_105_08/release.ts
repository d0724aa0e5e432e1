import { PROFILE_580_105_08 } from '@nova-stack/gsp-rpc';
import { absent } from '../absent.ts';
import { enginesFrom570 } from '../codec/engines-570.ts';
import { absentControls } from '../codec/gpu-controls.ts';
import { releaseFrom570 } from '../codec/release-570.ts';
import type { Release } from '../release.ts';
import { NO_PLUGIN, VGPU_CONTROL_NAMES } from '../vgpu/plugin-abi.ts';
import * as rm from './layouts.ts';

/** Firmware 580.105.08. */
export const RELEASE_580_105_08: Release = releaseFrom570(rm, {
  version: '580.105.08',
  profile: PROFILE_580_105_08,
  engines: enginesFrom570(177),
  scrubberTeardown: absent('580.105.08 gave the command of the scrubber\'s workaround to another control'),
  vgpu: absentControls(VGPU_CONTROL_NAMES, NO_PLUGIN),
  plugin: NO_PLUGIN,
});
