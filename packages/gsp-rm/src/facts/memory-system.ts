import type { ChipFacts, MemoryFacts } from '@nova-stack/hw-model/port';

const MiB = 2 ** 20;

/** Where a board does not tell: an AD102 with all of its cache. Units of cache are assumed. */
const USUAL: MemoryFacts = { type: 'GDDR6', busWidth: 384, l2CacheSize: 96 * MiB, fbpMask: 0x3f, ltcCount: 12, slicesPerLtc: 4 };

/** Video memory and its cache as every answer reports them. */
export const memorySystem = (facts: ChipFacts): MemoryFacts => facts.memory ?? USUAL;

/** Page of the compression tags. */
export const COMPRESSION_PAGE: { readonly size: number; readonly shift: number } = { size: 0x10000, shift: 16 };

/**
 * Backing store of the compression tags, in bytes. Chips with raw compression mode keep it small; the ratio is
 * assumed.
 */
export function compressionStore(facts: ChipFacts): number {
  const tags = facts.vramSize / 0x20000;
  return Math.ceil(tags / 0x1000) * 0x1000;
}

/** Whether the chip compresses without a tag per line. Source: linux: drivers/gpu/drm/nouveau (r570 suspend) */
export const rawCompression = ({ architecture }: ChipFacts): boolean => architecture === 'ampere' || architecture === 'ada';
