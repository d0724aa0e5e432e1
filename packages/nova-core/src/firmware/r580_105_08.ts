import { PROFILE_580_105_08 } from '@nova-stack/gsp-rpc';

import type { FirmwareAbi } from './abi.ts';
import { absent } from './absent.ts';
import { abiFrom570 } from './codec/abi-570.ts';
import * as rm from './r580_105_08/layouts.ts';

/** How firmware 580.105.08 spells every intent. */
export const r580_105_08: FirmwareAbi = abiFrom570(rm, {
  version: '580.105.08', framing: PROFILE_580_105_08, heapPerGiB: rm.GSP_FW_HEAP_PARAM_SIZE_PER_GB,
  vgpu: absent('shares memory with its vGPU tasks in a layout that is not known'),
});
