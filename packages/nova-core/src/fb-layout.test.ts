import fc from 'fast-check';
import { describe, expect, it } from 'vitest';

import { NovaCoreError } from './errors.ts';
import { fbLayout, heapSize, type FbInputs, type HeapSizing } from './fb-layout.ts';
import { GiB, KiB, MiB } from './sizes.ts';

const LIBOS3: HeapSizing = {
  carveout: 22 * MiB, baseRm: 8 * MiB, perGiB: 96 * KiB, clients: 96 * MiB, min: 88 * MiB, max: 280 * MiB - 1, vgpu: 581 * MiB,
};
/** The 570.144 files for AD102. */
const AD102: Omit<FbInputs, 'vramSize'> = {
  frtsSize: MiB, bootloaderSize: 0x9000, imageSize: 0x3c99000, heap: LIBOS3, vfs: 0,
};

describe('fbLayout', () => {
  it('places the regions of a 24 GiB AD102 without SR-IOV as nova-core does', () => {
    expect(fbLayout({ ...AD102, vramSize: 24 * GiB })).toEqual({
      fb: { start: 0, size: 0x600000000 },
      vgaWorkspace: { start: 0x5fff00000, size: 0x100000 },
      frts: { start: 0x5ffe00000, size: 0x100000 },
      bootloader: { start: 0x5ffdf7000, size: 0x9000 },
      image: { start: 0x5fc150000, size: 0x3c99000 },
      heap: { start: 0x5f4000000, size: 0x8100000 },
      wpr2: { start: 0x5f3f00000, size: 0x5fff00000 - 0x5f3f00000 },
      nonWprHeap: { start: 0x5f3e00000, size: 0x100000 },
      pmuReserved: 0,
      vfs: 0,
    });
  });

  it('sizes the heap as the references do', () => {
    expect(heapSize(LIBOS3, 24 * GiB, 0)).toBe(0x8100000);
    expect(heapSize({ ...LIBOS3, baseRm: 14 * MiB }, 32 * GiB, 0)).toBe(0x8700000);
    expect(heapSize(LIBOS3, 48 * GiB, 32)).toBe(581 * MiB);
    expect(heapSize({ ...LIBOS3, max: 100 * MiB }, 48 * GiB, 0)).toBe(100 * MiB);
  });

  it('believes a VGA workspace that ends below the top only when it starts above the last MiB', () => {
    const top = 24 * GiB;
    expect(fbLayout({ ...AD102, vramSize: top, vgaWorkspace: top - 256 * KiB }).vgaWorkspace.start).toBe(top - 256 * KiB);
    expect(fbLayout({ ...AD102, vramSize: top, vgaWorkspace: top - 4 * MiB }).vgaWorkspace.start).toBe(top - 128 * KiB);
  });

  it('refuses a framebuffer that is too small, with the size that it would need', () => {
    expect(() => fbLayout({ ...AD102, vramSize: 128 * MiB })).toThrow(NovaCoreError);
    expect(() => fbLayout({ ...AD102, vramSize: 0 })).toThrow(/too small/);
  });

  it('orders the regions without overlap for every size that fits', () => {
    fc.assert(fc.property(
      fc.integer({ min: 512, max: 192 * 1024 }),
      fc.integer({ min: 1, max: 80 * MiB }),
      fc.integer({ min: 0, max: 255 }),
      (mib, imageSize, vfs) => {
        fc.pre(mib > 800);
        const layout = fbLayout({ ...AD102, vramSize: mib * MiB, imageSize, vfs });
        const order = [layout.nonWprHeap, layout.heap, layout.image, layout.bootloader, layout.frts, layout.vgaWorkspace];
        for (const [i, region] of order.entries()) {
          const next = order[i + 1];
          expect(region.start + region.size).toBeLessThanOrEqual(next?.start ?? layout.fb.size);
        }
        expect(layout.heap.size).toBeGreaterThanOrEqual(heapSize(LIBOS3, mib * MiB, vfs));
        expect(layout.wpr2.start % MiB).toBe(0);
      },
    ));
  });
});
