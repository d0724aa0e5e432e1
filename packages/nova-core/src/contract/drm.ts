import type { DrmBackend } from '@nova-stack/nova-core-api/core';

import { BARS, bar } from '../system-facts.ts';
import type { Services } from './base.ts';
import { chipFacts, FACT } from './drm-facts.ts';

/** Facts for user space; the client passes them on without looking. */
export function drmBackend({ device, running }: Services): DrmBackend {
  const facts = [...chipFacts(running.chip), { key: FACT.vramBarSize, value: BigInt(bar(device.pci, BARS.framebuffer).size) }].sort((a, b) => a.key - b.key);
  return { facts: () => ({ facts }) };
}
