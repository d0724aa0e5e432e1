import type { ReportedRegion } from '../firmware/abi.ts';
import { alignDown, alignUp } from '../sizes.ts';

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
 * Hands out the framebuffer, first fit from either end. Free ranges are kept sorted and never touch each other,
 * so what is freed can be handed out again as one piece.
 */
export class VramAllocator {
  readonly total: number;
  #free: VramRange[];
  readonly #held = new Map<number, VramBlock>();

  constructor(ranges: readonly VramRange[]) {
    this.#free = ranges.map((range) => ({ ...range }));
    this.total = ranges.reduce((sum, { start, end }) => sum + end - start, 0);
  }

  /** Bytes that nobody holds. */
  get free(): number {
    return this.#free.reduce((sum, { start, end }) => sum + end - start, 0);
  }

  /** Everything held, by address. */
  get held(): readonly VramBlock[] {
    return [...this.#held.values()].sort((a, b) => a.start - b.start);
  }

  /** Largest block that {@link VramAllocator.allocate} would grant with this alignment, in bytes. */
  largest(align: number): number {
    return this.#free.reduce((largest, range) => Math.max(largest, alignDown(range.end, align) - alignUp(range.start, align)), 0);
  }

  /** @returns undefined when no free range is large enough. */
  allocate({ size, align, label, from }: VramRequest): VramBlock | undefined {
    const rounded = alignUp(size, align);
    const order = from === 'low' ? this.#free.keys() : [...this.#free.keys()].reverse();
    for (const index of order) {
      const range = this.#free[index]!;
      const start = from === 'low' ? alignUp(range.start, align) : alignDown(range.end - rounded, align);
      if (start < range.start || start + rounded > range.end) continue;
      const block = { start, size: rounded, label };
      const rest = [{ start: range.start, end: start }, { start: start + rounded, end: range.end }];
      this.#free.splice(index, 1, ...rest.filter((part) => part.end > part.start));
      this.#held.set(start, block);
      return block;
    }
    return undefined;
  }

  /** @throws RangeError when the block is not held: freeing twice is a mistake of this driver. */
  release(block: VramBlock): void {
    if (this.#held.get(block.start) !== block) throw new RangeError(`${block.label} at 0x${block.start.toString(16)} is not held`);
    this.#held.delete(block.start);
    const range = { start: block.start, end: block.start + block.size };
    let at = this.#free.findIndex(({ start }) => start > range.start);
    if (at < 0) at = this.#free.length;
    const before = this.#free[at - 1];
    const after = this.#free[at];
    const joinsBefore = before?.end === range.start;
    const joinsAfter = after?.start === range.end;
    this.#free.splice(joinsBefore ? at - 1 : at, Number(joinsBefore) + Number(joinsAfter), {
      start: joinsBefore ? before.start : range.start,
      end: joinsAfter ? after.end : range.end,
    });
  }
}
