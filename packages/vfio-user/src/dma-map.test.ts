import fc from 'fast-check';
import { expect, test } from 'vitest';

import { DmaMap, type DmaRange } from './dma-map.ts';
import { Refusal } from './errors.ts';

const PAGES = 24;
const place = fc.record({ page: fc.nat(PAGES - 1), count: fc.integer({ min: 1, max: 6 }), readable: fc.boolean(), writable: fc.boolean() });
const command = fc.oneof(
  fc.record({ op: fc.constant('map' as const), place }),
  fc.record({ op: fc.constant('unmap' as const), place }),
  fc.record({ op: fc.constant('clear' as const), place }),
);

test('does what a plain list of pages does', () => {
  fc.assert(fc.property(fc.array(command, { maxLength: 60 }), fc.nat(PAGES * 4096 - 1), fc.integer({ min: 1, max: 20_000 }), fc.constantFrom('read' as const, 'write' as const), (commands, address, length, op) => {
    const map = new DmaMap();
    let list: DmaRange[] = [];
    const end = (range: DmaRange): number => range.address + range.size;
    for (const { op: what, place: { page, count, readable, writable } } of commands) {
      const range = { address: page * 4096, size: count * 4096, offset: page * 7, readable, writable };
      const touching = list.filter((other) => other.address < end(range) && range.address < end(other));
      const within = touching.filter((other) => other.address >= range.address && end(other) <= end(range));
      if (what === 'clear') {
        expect(map.clear()).toBe(list.length);
        list = [];
      } else if (what === 'map') {
        if (touching.length > 0) expect(() => { map.map(range); }).toThrow(Refusal);
        else {
          map.map(range);
          list.push(range);
        }
      } else if (touching.length > within.length || within.length === 0) {
        expect(() => map.unmap(range.address, range.size)).toThrow(Refusal);
      } else {
        expect(map.unmap(range.address, range.size)).toBe(within.length);
        list = list.filter((other) => !within.includes(other));
      }
    }
    expect(map.size).toBe(list.length);
    const rangeAt = (at: number): DmaRange | undefined => list.find((one) => one.address <= at && at < end(one));
    expect(map.find(address)).toEqual(rangeAt(address));
    const allowed = Array.from({ length }, (_, i) => rangeAt(address + i)).every((one) => one && (op === 'read' ? one.readable : one.writable));
    const cut = map.cut(address, length, op);
    expect(cut !== undefined).toBe(allowed);
    expect(cut?.reduce((sum, part) => sum + part.length, 0) ?? length).toBe(length);
    for (const { range, at, start } of cut ?? []) expect(range.address + at).toBe(address + start);
  }));
});

/** Pages that are mapped in any order, and how often one's address was looked at. */
function scattered(count: number): { readonly ranges: readonly DmaRange[]; readonly looks: () => number } {
  let looks = 0;
  // A multiplier without a common factor: every page once, in a scattered order, and no two that touch.
  const ranges = Array.from({ length: count }, (_, i) => {
    const page = 2 ** 32 + ((i * 40_507) % count) * 8192;
    return { size: 4096, offset: 0, readable: true, writable: true, get address() { looks++; return page; } };
  });
  return { ranges, looks: () => { const so = looks; looks = 0; return so; } };
}

test('finds one of the most ranges that there can be with a few looks, and takes no more than it said', () => {
  const map = new DmaMap();
  const { ranges, looks } = scattered(65_535);
  for (const range of ranges) map.map(range);
  expect(looks() / ranges.length).toBeLessThan(100);
  expect(map.size).toBe(65_535);
  expect(() => { map.map({ address: 2 ** 40, size: 4096, offset: 0, readable: true, writable: true }); }).toThrow(/65535 ranges/);

  looks();
  expect(ranges.slice(0, 5000).every((range) => map.find(range.address + 4095) === range && map.find(range.address + 4096) === undefined)).toBe(true);
  expect(looks() / 10_000).toBeLessThan(50);

  for (const range of ranges) map.unmap(range.address, 4096);
  expect(looks() / ranges.length).toBeLessThan(200);
  expect(map.size).toBe(0);
});

test.each([[0, 0], [2 ** 53 - 4096, 8192]])('a range at %i of %i bytes is refused', (address, size) => {
  expect(() => { new DmaMap().map({ address, size, offset: 0, readable: true, writable: true }); }).toThrow(Refusal);
});
