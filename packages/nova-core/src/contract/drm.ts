import type { DrmBackend } from '@nova-stack/nova-core-api/core';

import { BARS, bar } from '../system-facts.ts';
import type { Services } from './base.ts';

/** Keys as user space knows them: the parameters of linux: include/uapi/drm/nouveau_drm.h (NOUVEAU_GETPARAM_*). */
const KEYS = { chipsetId: 11, vramBarSize: 18 } as const;

/** Facts for user space; the client passes them on without looking. */
export function drmBackend({ device, running }: Services): DrmBackend {
  const facts = [
    { key: KEYS.chipsetId, value: BigInt(running.chip.id) },
    { key: KEYS.vramBarSize, value: BigInt(bar(device.pci, BARS.framebuffer).size) },
  ];
  return { facts: () => ({ facts }) };
}
