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

test('finds one of many thousand ranges, and takes no more than it said', () => {
  const map = new DmaMap();
  for (let i = 0; i < 65_535; i++) map.map({ address: i * 8192, size: 4096, offset: 0, readable: true, writable: true });
  expect(map.find(40_000 * 8192 + 5)?.address).toBe(40_000 * 8192);
  expect(map.find(40_000 * 8192 + 4096)).toBeUndefined();
  expect(() => { map.map({ address: 2 ** 40, size: 4096, offset: 0, readable: true, writable: true }); }).toThrow(/65535 ranges/);
});

test.each([[0, 0], [2 ** 53 - 4096, 8192]])('a range at %i of %i bytes is refused', (address, size) => {
  expect(() => { new DmaMap().map({ address, size, offset: 0, readable: true, writable: true }); }).toThrow(Refusal);
});
