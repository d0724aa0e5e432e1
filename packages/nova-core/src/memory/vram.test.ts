import fc from 'fast-check';
import { describe, expect, it } from 'vitest';

import { GiB, KiB, MiB } from '../sizes.ts';
import { BuddyAllocator, type ByteRange } from './buddy.ts';
import { usableRanges, VramAllocator, type VramBlock } from './vram.ts';

const region = { reserved: 0, isProtected: false, compressible: true, scanout: true };

describe('usableRanges', () => {
  it('keeps what is not reserved, not protected, compressible and good for scan-out', () => {
    expect(usableRanges([
      { ...region, start: 2 * GiB, size: GiB },
      { ...region, start: 0, size: GiB },
      { ...region, start: GiB, size: MiB, reserved: 1 },
      { ...region, start: 4 * GiB, size: MiB, isProtected: true },
      { ...region, start: 5 * GiB, size: MiB, compressible: false },
      { ...region, start: 6 * GiB, size: MiB, scanout: false },
      { ...region, start: 7 * GiB, size: 0 },
    ])).toEqual([{ start: 0, end: GiB }, { start: 2 * GiB, end: 3 * GiB }]);
  });

  it('merges regions that touch or overlap', () => {
    expect(usableRanges([{ ...region, start: 0, size: 3 }, { ...region, start: 2, size: 4 }, { ...region, start: 6, size: 1 }]))
      .toEqual([{ start: 0, end: 7 }]);
  });
});

describe('VramAllocator', () => {
  it('lets guests grow from the low end and everything else from the high end', () => {
    const vram = new VramAllocator([{ start: MiB, end: GiB }]);
    expect(vram.allocate({ size: 100 * MiB, align: 64 * MiB, label: 'guest', from: 'low' })).toEqual({ start: 128 * MiB, size: 128 * MiB, label: 'guest' });
    expect(vram.allocate({ size: 5, align: 4 * KiB, label: 'page', from: 'high' })?.start).toBe(GiB - 4 * KiB);
    expect(vram.largest(64 * MiB)).toBe(GiB - 320 * MiB);
  });

  it('answers undefined when nothing fits, and refuses to free twice', () => {
    const vram = new VramAllocator([{ start: 0, end: MiB }]);
    const all = vram.allocate({ size: MiB, align: MiB, label: 'all', from: 'low' })!;
    expect(vram.allocate({ size: 1, align: 1, label: 'more', from: 'low' })).toBeUndefined();
    vram.release(all);
    expect(() => vram.release(all)).toThrow(RangeError);
  });

  it('never overlaps, loses nothing and joins what is freed', () => {
    const ranges = [{ start: 3 * 4096, end: 64 * MiB }, { start: 96 * MiB, end: 200 * MiB }];
    const step = fc.oneof(
      fc.record({ op: fc.constant('take' as const), size: fc.integer({ min: 1, max: 8 * MiB }), align: fc.integer({ min: 0, max: 22 }), low: fc.boolean() }),
      fc.record({ op: fc.constant('free' as const), pick: fc.nat() }),
    );
    fc.assert(fc.property(fc.array(step, { maxLength: 80 }), (steps) => {
      const vram = new VramAllocator(ranges);
      const mine: VramBlock[] = [];
      for (const s of steps) {
        if (s.op === 'take') {
          const align = 2 ** s.align;
          const block = vram.allocate({ size: s.size, align, label: 'x', from: s.low ? 'low' : 'high' });
          if (block === undefined) continue;
          expect(block.start % align).toBe(0);
          expect(block.size).toBeGreaterThanOrEqual(s.size);
          expect(ranges.some(({ start, end }) => block.start >= start && block.start + block.size <= end)).toBe(true);
          mine.push(block);
        } else if (mine.length > 0) {
          vram.release(mine.splice(s.pick % mine.length, 1)[0]!);
        }
        const held = vram.held;
        for (const [i, block] of held.entries()) expect(block.start + block.size).toBeLessThanOrEqual(held[i + 1]?.start ?? Infinity);
        expect(vram.free + held.reduce((sum, block) => sum + block.size, 0)).toBe(vram.total);
      }
      for (const block of mine) vram.release(block);
      expect(vram.free).toBe(vram.total);
      expect(vram.largest(1)).toBe(104 * MiB);
    }));
  });

  it('gives scattered memory where one piece is not to be had, all of it or nothing', () => {
    const vram = new VramAllocator([{ start: 0, end: 64 * MiB }]);
    const all = Array.from({ length: 64 }, () => vram.allocate({ size: MiB, align: MiB, label: 'x', from: 'low' })!);
    for (const [i, block] of all.entries()) if (i % 2 === 0) vram.release(block);
    expect(vram.allocate({ size: 2 * MiB, align: 4 * KiB, label: 'one', from: 'low' })).toBeUndefined();
    expect(vram.allocateScattered({ size: 33 * MiB, align: 4 * KiB, label: 'too much', from: 'low' })).toBeUndefined();
    expect(vram.free).toBe(32 * MiB);
    const parts = vram.allocateScattered({ size: 31 * MiB + 5, align: 64 * KiB, label: 'parts', from: 'high' })!;
    expect(parts.reduce((sum, { size }) => sum + size, 0)).toBe(31 * MiB + 64 * KiB);
    expect(parts.every(({ start, size }) => start % size === 0 && size >= 64 * KiB)).toBe(true);
    for (const block of parts) vram.release(block);
    expect(vram.free).toBe(32 * MiB);
  });
});

describe('BuddyAllocator', () => {
  const UNIT = 4 * KiB;
  const UNITS = 256;
  const step = fc.oneof(
    fc.record({ op: fc.constant('take' as const), size: fc.integer({ min: 1, max: 64 }), align: fc.integer({ min: 0, max: 5 }), low: fc.boolean(), scattered: fc.boolean() }),
    fc.record({ op: fc.constant('free' as const), pick: fc.nat() }),
  );

  it('agrees with a map of units: it grants what fits and nothing else, and joins all that can be joined', () => {
    fc.assert(fc.property(fc.integer({ min: 0, max: 40 }), fc.array(step, { maxLength: 120 }), (first, steps) => {
      const buddy = new BuddyAllocator([{ start: first * UNIT, end: UNITS * UNIT }], UNIT);
      // Truth: which units are free.
      const free = Array.from({ length: UNITS }, (_, i) => i >= first);
      const mine: ByteRange[] = [];
      const fits = (size: number, align: number): boolean => {
        for (let at = 0; at + size <= UNITS; at += align) if (free.slice(at, at + size).every(Boolean)) return true;
        return false;
      };
      const mark = ({ start, end }: ByteRange, value: boolean): void => {
        for (let i = start / UNIT; i < end / UNIT; i++) {
          expect(free[i]).toBe(!value);
          free[i] = value;
        }
      };
      for (const s of steps) {
        if (s.op === 'free') {
          if (mine.length === 0) continue;
          const [range] = mine.splice(s.pick % mine.length, 1);
          buddy.release(range!);
          mark(range!, true);
        } else {
          const align = 2 ** s.align;
          const size = Math.ceil(s.size / align) * align;
          const from = s.low ? 'low' : 'high';
          const possible = fits(size, align);
          const got = s.scattered ? buddy.takeScattered(size * UNIT, align * UNIT, from) : buddy.take(size * UNIT, align * UNIT, from);
          if (!s.scattered) expect(got !== undefined).toBe(possible);
          if (got === undefined) continue;
          const ranges = 'start' in got ? [got] : got;
          expect(ranges.reduce((sum, { start, end }) => sum + end - start, 0)).toBe(size * UNIT);
          for (const range of ranges) {
            expect(range.start % (align * UNIT)).toBe(0);
            mark(range, false);
            mine.push(range);
          }
        }
        expect(buddy.bytes).toBe(free.filter(Boolean).length * UNIT);
        // A free run of n units is at most 2 log2 n blocks.
        const runs = free.map((is, i) => is && !(free[i - 1] ?? false)).filter(Boolean).length;
        expect(buddy.blocks).toBeLessThanOrEqual(runs * 2 * Math.log2(UNITS));
      }
    }), { numRuns: 200 });
  });
});
