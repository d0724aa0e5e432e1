import type { ReportedRegion } from '../firmware/abi.ts';
import { alignUp, PAGE } from '../sizes.ts';
import { BuddyAllocator } from './buddy.ts';

/** Smallest piece, in bytes: the GPU's small page. */
const UNIT = PAGE;

/** A range of the framebuffer in bytes; the end is not part of it. */
export interface VramRange {
  readonly start: number;
  readonly end: number;
}

/** Memory that somebody holds. */
export interface VramBlock {
  readonly start: number;
  readonly size: number;
  readonly label: string;
}

export interface VramRequest {
  /** Bytes, positive. */
  readonly size: number;
  /** Power of two; both ends of the block are multiples of it. */
  readonly align: number;
  /** What it is for, shown by leak reports. */
  readonly label: string;
  /**
   * From which end of the framebuffer to search. Guests' memory, large and strictly aligned, grows from the low
   * end; everything small comes from the high end, so that the two do not break each other up.
   */
  readonly from: 'low' | 'high';
  /** Whether it must leave no gap to what is held at that end: guests of one size fill the framebuffer to the last one. */
  readonly packed?: boolean;
}

/**
 * What the driver may give away, from the regions that the firmware reports: not reserved, not protected,
 * compressible, and good for scan-out, as nova-core and nouveau choose them. Sorted, overlapping ones merged.
 * Source: linux: drivers/gpu/nova-core/gsp/commands.rs, drivers/gpu/drm/nouveau/nvkm/subdev/gsp/rm/r535/fb.c.
 */
export function usableRanges(regions: readonly ReportedRegion[]): VramRange[] {
  const ranges = regions
    .filter((region) => region.reserved === 0 && !region.isProtected && region.compressible && region.scanout && region.size > 0)
    .map(({ start, size }) => ({ start, end: start + size }))
    .sort((a, b) => a.start - b.start);
  const merged: { start: number; end: number }[] = [];
  for (const range of ranges) {
    const last = merged.at(-1);
    if (last !== undefined && range.start <= last.end) last.end = Math.max(last.end, range.end);
    else merged.push({ ...range });
  }
  return merged;
}

/**
 * Hands out the framebuffer in pieces or scattered, from either end: a buddy allocator, with what is held by name.
 * Source of the scheme: linux: drivers/gpu/drm/drm_buddy.c.
 */
export class VramAllocator {
  readonly total: number;
  readonly #free: BuddyAllocator;
  readonly #held = new Map<number, VramBlock>();

  constructor(ranges: readonly VramRange[]) {
    this.#free = new BuddyAllocator(ranges, UNIT);
    this.total = this.#free.bytes;
  }

  /** Bytes that nobody holds. */
  get free(): number {
    return this.#free.bytes;
  }

  /** Everything held, by address. */
  get held(): readonly VramBlock[] {
    return [...this.#held.values()].sort((a, b) => a.start - b.start);
  }

  /** Largest block that {@link VramAllocator.allocate} would grant with this alignment, in bytes. */
  largest(align: number): number {
    return this.#free.largest(Math.max(align, UNIT));
  }

  /** One piece. @returns undefined when no free range is large enough. */
  allocate({ size, align, label, from, packed = false }: VramRequest): VramBlock | undefined {
    const step = Math.max(align, UNIT);
    const range = packed ? this.#free.takePacked(alignUp(size, step), step, from) : this.#free.take(alignUp(size, step), step, from);
    return range && this.#hold(range, label);
  }

  /**
   * As many pieces as it takes, each a power of two of bytes at a multiple of its own size and at least `align` large.
   *
   * @returns undefined when there is not as much, or what there is lies in smaller pieces
   */
  allocateScattered({ size, align, label, from }: VramRequest): readonly VramBlock[] | undefined {
    const step = Math.max(align, UNIT);
    return this.#free.takeScattered(alignUp(size, step), step, from)?.map((range) => this.#hold(range, label));
  }

  /** @throws RangeError when the block is not held: freeing twice is a mistake of this driver. */
  release(block: VramBlock): void {
    if (this.#held.get(block.start) !== block) throw new RangeError(`${block.label} at 0x${block.start.toString(16)} is not held`);
    this.#held.delete(block.start);
    this.#free.release({ start: block.start, end: block.start + block.size });
  }

  #hold({ start, end }: VramRange, label: string): VramBlock {
    const block = { start, size: end - start, label };
    this.#held.set(start, block);
    return block;
  }
}
