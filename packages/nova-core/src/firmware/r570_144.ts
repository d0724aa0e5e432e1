import { PROFILE_570_144 } from '@nova-stack/gsp-rpc';

import type { FirmwareAbi } from './abi.ts';
import { boot } from './r570_144/boot.ts';
import { controls } from './r570_144/controls.ts';
import { messages } from './r570_144/messages.ts';
import { vgpu } from './r570_144/vgpu.ts';

/** How firmware 570.144 spells every intent. */
export const r570_144: FirmwareAbi = { version: '570.144', framing: PROFILE_570_144, boot, messages, controls, vgpu };
