import fc from 'fast-check';
import { describe, expect, it } from 'vitest';

import { buildRadix3, RADIX3_LIMIT } from './radix3.ts';

const pci = (address: number) => ({
  allocDma: (size: number) => ({ address, bytes: new Uint8Array(size), free() {} }),
});

/** Follows the table as the boot firmware does. */
function pageOf(bytes: Uint8Array, base: number, n: number): number {
  const view = new DataView(bytes.buffer);
  const at = (address: number): number => Number(view.getBigUint64(address - base, true));
  const level1 = at(base);
  return at(at(level1 + Math.floor(n / 512) * 8) + (n % 512) * 8);
}

describe('buildRadix3', () => {
  it('leads to every page of the image, above 4 GiB too', () => {
    fc.assert(fc.property(
      fc.integer({ min: 1, max: 80 << 20 }), fc.nat(1 << 24), fc.nat(1 << 24), fc.nat(),
      (size, tablePage, imagePage, pick) => {
        const base = tablePage * 4096;
        const radix3 = buildRadix3(pci(base), { address: imagePage * 4096 }, size);
        const pages = Math.ceil(size / 4096);
        for (const n of [0, pick % pages, pages - 1]) {
          expect(pageOf(radix3.table.bytes, base, n)).toBe((imagePage + n) * 4096);
        }
      },
    ), { numRuns: 50 });
  });

  it('refuses an empty image and one that three levels cannot hold', () => {
    expect(() => buildRadix3(pci(0), { address: 0 }, 0)).toThrow(/0x0 bytes/);
    expect(() => buildRadix3(pci(0), { address: 0 }, RADIX3_LIMIT + 1)).toThrow(/cannot be described/);
  });
});
