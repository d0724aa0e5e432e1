import { PROFILE_570_144 } from '@nova-stack/gsp-rpc';
import type { Release } from '../release.ts';
import { decodeLibosArguments, decodeWprMeta, RM_ARGUMENTS, verifiedMeta } from './boot.ts';
import { CLASSES } from './classes.ts';
import { CONTROLS } from './controls.ts';
import { ALLOC, CONTROL, encodeOsError, encodeSequencer, FREE, SYSTEM_INFO } from './messages.ts';
import { PLUGIN } from './plugin.ts';
import { STATIC_INFO } from './static-info.ts';

/** Firmware 570.144. Source of numbers: src/nvidia/inc/kernel/vgpu/rpc_global_enums.h of that release. */
export const RELEASE_570_144: Release = {
  version: '570.144',
  profile: PROFILE_570_144,
  decodeWprMeta,
  verifiedMeta,
  decodeLibosArguments,
  rmArguments: RM_ARGUMENTS,
  functions: { systemInfo: 72, registry: 73, staticInfo: 65, unload: 47, alloc: 103, control: 76, free: 10 },
  events: { initDone: 0x1001, sequencer: 0x1002, osError: 0x1006 },
  systemInfo: SYSTEM_INFO,
  staticInfo: STATIC_INFO,
  encodeSequencer,
  encodeOsError,
  alloc: ALLOC,
  control: CONTROL,
  free: FREE,
  classes: CLASSES,
  internalClasses: { device: 0x0080, subdevice: 0x2080 },
  controls: CONTROLS,
  plugin: PLUGIN,
};
