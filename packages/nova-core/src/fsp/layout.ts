import { type Family } from '@nova-stack/gpu-regs';

import type { Device } from '../device.ts';
import { hex, NovaCoreError } from '../errors.ts';
import { heapSize, type FbLayout, type HeapSizing } from '../fb-layout.ts';
import { alignUp, KiB, MiB } from '../sizes.ts';
import { readVramSize } from '../vram-size.ts';

const VGA_WORKSPACE = 128 * KiB;
const ALIGNMENT = 2 * MiB;

/** What is reserved on a chip whose GSP-FMC lays the framebuffer out: sizes alone, in a layout that starts nowhere. */
export interface FbSizes {
  readonly layout: FbLayout;
  /** From the end of the framebuffer down to the end of the region for run-time services. */
  readonly frtsOffset: number;
}

/**
 * Sizes of what the firmware keeps for itself.
 * Source: linux: drivers/gpu/nova-core/fb.rs (FbSizes), fsp.rs (frts_vidmem_offset)
 *
 * @throws {@link NovaCoreError} `FB_LAYOUT` when the framebuffer does not hold them
 */
export function fbSizes(device: Device, family: Family, heap: HeapSizing, vfs: number): FbSizes {
  const { frtsSize, nonWprHeapSize, pmuReservedSize, chainOfTrust } = family;
  const vramSize = readVramSize(device, family);
  const reserved = chainOfTrust?.reservedAtEnd ?? 0;
  const frtsOffset = pmuReservedSize === 0 ? reserved : alignUp(reserved + pmuReservedSize, ALIGNMENT);
  const size = heapSize(heap, vramSize, vfs);
  const needed = frtsOffset + frtsSize + size + nonWprHeapSize;
  if (needed > vramSize) {
    throw new NovaCoreError('FB_LAYOUT', 'fb-layout', `a framebuffer of ${hex(vramSize)} bytes is too small: the firmware needs ${hex(needed)} of them`, { detail: { vramSize, needed } });
  }
  const nowhere = (bytes: number): { readonly start: number; readonly size: number } => ({ start: 0, size: bytes });
  return {
    frtsOffset,
    layout: {
      fb: nowhere(0), vgaWorkspace: nowhere(VGA_WORKSPACE), frts: nowhere(frtsSize), bootloader: nowhere(0), image: nowhere(0), heap: nowhere(size), wpr2: nowhere(0),
      nonWprHeap: nowhere(nonWprHeapSize), pmuReserved: pmuReservedSize, vfs,
    },
  };
}
