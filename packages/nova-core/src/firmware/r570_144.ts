import { PROFILE_570_144 } from '@nova-stack/gsp-rpc';

import type { HostingAbi } from './abi.ts';
import { abiFrom570 } from './codec/abi-570.ts';
import * as rm from './r570_144/layouts.ts';
import { vgpu } from './r570_144/vgpu.ts';

/** How firmware 570.144 spells every intent. */
export const r570_144: HostingAbi = abiFrom570(rm, {
  version: '570.144', framing: PROFILE_570_144, heapPerGiB: rm.GSP_FW_HEAP_PARAM_SIZE_PER_GB_FB, vgpu,
});
