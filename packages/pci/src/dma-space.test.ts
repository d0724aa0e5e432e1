import fc from 'fast-check';
import { expect, it } from 'vitest';

import { DMA_PAGE, DmaSpace } from './dma-space.ts';

const code = (expected: string): unknown => expect.objectContaining({ name: 'PciError', code: expected });
const pagesOf = (size: number): number => Math.ceil(size / DMA_PAGE);

type Step =
  | { readonly op: 'map'; readonly page: number; readonly size: number }
  | { readonly op: 'unmap'; readonly page: number }
  | { readonly op: 'read' | 'write'; readonly address: number; readonly length: number; readonly byte: number };

const step: fc.Arbitrary<Step> = fc.oneof(
  fc.record({ op: fc.constant('map' as const), page: fc.nat(20), size: fc.integer({ min: 1, max: 3 * DMA_PAGE }) }),
  fc.record({ op: fc.constant('unmap' as const), page: fc.nat(20) }),
  fc.record({ op: fc.constantFrom('read' as const, 'write' as const), address: fc.nat(22 * DMA_PAGE), length: fc.integer({ min: 0, max: 3 * DMA_PAGE }), byte: fc.nat(255) }),
);

it('agrees with a map of single bytes over any sequence of mapping, unmapping, reading and writing', () => {
  fc.assert(fc.property(fc.array(step, { maxLength: 40 }), (steps) => {
    const space = new DmaSpace();
    /** Address to byte; undefined behind a buffer's end in its last page. */
    const model = new Map<number, number | undefined>();
    const sizes = new Map<number, number>();
    for (const one of steps) {
      if (one.op === 'map') {
        const address = one.page * DMA_PAGE;
        const count = pagesOf(one.size) * DMA_PAGE;
        const free = Array.from({ length: count / DMA_PAGE }, (_, page) => !model.has(address + page * DMA_PAGE)).every(Boolean);
        if (!free) {
          expect(() => space.map(address, new Uint8Array(one.size))).toThrow(code('BUSY'));
          continue;
        }
        space.map(address, new Uint8Array(one.size));
        sizes.set(address, one.size);
        for (let i = 0; i < count; i++) model.set(address + i, i < one.size ? 0 : undefined);
      } else if (one.op === 'unmap') {
        const address = one.page * DMA_PAGE;
        const size = sizes.get(address);
        if (size === undefined) {
          expect(() => space.unmap(address)).toThrow(code('OUT_OF_RANGE'));
          continue;
        }
        space.unmap(address);
        sizes.delete(address);
        for (let i = 0; i < pagesOf(size) * DMA_PAGE; i++) model.delete(address + i);
      } else {
        const { address, length, byte } = one;
        const whole = Array.from({ length }, (_, i) => model.has(address + i)).every(Boolean);
        const bytes = new Uint8Array(length).fill(byte);
        expect(space.perform(one.op === 'read' ? { op: 'read', address, into: bytes } : { op: 'write', address, from: bytes })).toBe(whole);
        if (one.op === 'write') for (let i = 0; i < length && model.has(address + i); i++) if (model.get(address + i) !== undefined) model.set(address + i, byte);
        if (one.op === 'read' && whole) expect(bytes).toEqual(Uint8Array.from({ length }, (_, i) => model.get(address + i) ?? 0));
      }
    }
    expect(space.ranges.map(({ address, size }) => [address, size])).toEqual([...sizes].sort(([a], [b]) => a - b));
    for (const { address, bytes } of space.ranges) expect(bytes).toEqual(Uint8Array.from(bytes, (_, i) => model.get(address + i)!));
  }), { numRuns: 30 });
});

it('finds room that is free, aligned and inside the window, as long as there is any', () => {
  const wish = fc.record({ size: fc.integer({ min: 1, max: 5 * DMA_PAGE }), bits: fc.integer({ min: 0, max: 15 }), free: fc.boolean() });
  fc.assert(fc.property(fc.array(wish, { maxLength: 60 }), (wishes) => {
    const space = new DmaSpace();
    const window = { start: DMA_PAGE, end: 64 * DMA_PAGE };
    for (const { size, bits, free } of wishes) {
      const align = 2 ** bits;
      const address = space.room(window, size, align);
      if (address === undefined) {
        const stepBytes = Math.max(align, DMA_PAGE);
        for (let at = Math.ceil(window.start / stepBytes) * stepBytes; at + pagesOf(size) * DMA_PAGE <= window.end; at += stepBytes) {
          expect(Array.from({ length: pagesOf(size) }, (_, page) => space.find(at + page * DMA_PAGE)).some(Boolean)).toBe(true);
        }
        continue;
      }
      expect([address % align, address % DMA_PAGE, address >= window.start, address + size <= window.end]).toEqual([0, 0, true, true]);
      space.map(address, new Uint8Array(size));
      if (free) space.unmap(space.ranges[0]!.address);
    }
  }));
});

it('does not give out at once again what was given back', () => {
  const space = new DmaSpace();
  const window = { start: 0, end: 2 ** 32 };
  const first = space.room(window, 1)!;
  space.map(first, new Uint8Array(1));
  space.unmap(first);
  expect(space.room(window, 1)).not.toBe(first);
});

it('refuses what is no address', () => {
  const space = new DmaSpace();
  for (const address of [-DMA_PAGE, NaN, 2 ** 53]) expect(() => space.map(address, new Uint8Array(1)), String(address)).toThrow(code('OUT_OF_RANGE'));
  expect(() => space.map(100, new Uint8Array(1))).toThrow(code('UNALIGNED'));
  expect(() => space.map(0, new Uint8Array(0))).toThrow(code('OUT_OF_RANGE'));
  expect(() => space.room({ start: 0, end: 100 }, 1, 3)).toThrow(code('BAD_VALUE'));
});
