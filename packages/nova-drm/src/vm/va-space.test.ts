import fc from 'fast-check';
import { describe, expect, it, test } from 'vitest';

import type { DrmError } from '../errors.ts';
import { PAGE_SIZE, VA_END, VaSpace, type BindOp } from './va-space.ts';

const PAGES = 24;
const at = (page: number): number => page * PAGE_SIZE;

/** Every page by itself: what the space is held against. */
interface Flat {
  readonly pages: ({ readonly object: string; readonly page: number; readonly kind: number } | undefined)[];
  /** Number of the sparse region that a page is in. */
  readonly sparse: (number | undefined)[];
}

interface PlainOp { readonly op: BindOp<string>['op']; readonly from: number; readonly count: number; readonly object: string; readonly first: number; readonly kind: number }

const toOp = ({ op, from, count, object, first, kind }: PlainOp): BindOp<string> =>
  (op === 'map' ? { op, addr: at(from), range: at(count), object, offset: at(first), kind } : { op, addr: at(from), range: at(count) });

/** The rules over pages, one at a time; a code where the list must fail. */
function apply(before: Flat, ops: readonly PlainOp[], regions: { next: number }): Flat | string {
  const covers = (flat: Flat, { from, count }: PlainOp): (number | undefined)[] => flat.sparse.slice(from, from + count);
  const extent = (flat: Flat, region: number): readonly number[] => flat.sparse.flatMap((one, page) => (one === region ? [page] : []));
  /** Pages of the first region that a range touches. */
  const first = (flat: Flat, op: PlainOp): readonly number[] | undefined => {
    const region = covers(flat, op).find((one) => one !== undefined);
    return region === undefined ? undefined : extent(flat, region);
  };
  const partly = (flat: Flat, op: PlainOp): boolean => {
    const region = first(flat, op);
    return region !== undefined && (region[0]! > op.from || region.at(-1)! < op.from + op.count - 1);
  };
  for (const op of ops) {
    if (op.op === 'map-sparse' && first(before, op)) return 'ENOSPC';
    if (op.op === 'map' && partly(before, op)) return 'ENOSPC';
  }
  const flat: Flat = { pages: [...before.pages], sparse: [...before.sparse] };
  const leaving = new Set<number>();
  for (const op of ops) {
    const range = Array.from({ length: op.count }, (_, i) => op.from + i);
    if (op.op === 'map') {
      if (partly(flat, op)) return 'ENOSPC';
      if (range.some((page) => leaving.has(flat.sparse[page]!))) return 'EINVAL';
      for (const [i, page] of range.entries()) flat.pages[page] = { object: op.object, page: op.first + i, kind: op.kind };
    } else if (op.op === 'unmap') for (const page of range) flat.pages[page] = undefined;
    else if (op.op === 'map-sparse') {
      if (range.some((page) => flat.pages[page])) return 'ENOSPC';
      if (first(flat, op)) return 'EEXIST';
      const region = regions.next++;
      for (const page of range) flat.sparse[page] = region;
    } else {
      const region = first(flat, op);
      if (region?.[0] !== op.from || region.length !== op.count || leaving.has(flat.sparse[op.from]!)) return 'ENOENT';
      for (const page of range) flat.pages[page] = undefined;
      leaving.add(flat.sparse[op.from]!);
    }
  }
  for (const [page, region] of flat.sparse.entries()) if (region !== undefined && leaving.has(region)) flat.sparse[page] = undefined;
  return flat;
}

/** The space page by page. */
function pagesOf(space: VaSpace<string>): Flat['pages'] {
  const pages: Flat['pages'] = Array.from({ length: PAGES }, () => undefined);
  for (const { addr, range, object, offset, kind } of space.mappings) {
    for (let i = 0; i < range / PAGE_SIZE; i++) {
      expect(pages[addr / PAGE_SIZE + i]).toBeUndefined();
      pages[addr / PAGE_SIZE + i] = { object, page: offset / PAGE_SIZE + i, kind };
    }
  }
  return pages;
}

const anywhere = fc.record({ from: fc.nat(PAGES - 1), count: fc.integer({ min: 1, max: 8 }) }).map(({ from, count }) => ({ from, count: Math.min(count, PAGES - from) }));
/** Sparse regions are taken out by exactly what they were made of: a few places to choose from make that likely. */
const grid = fc.constantFrom({ from: 0, count: 4 }, { from: 4, count: 4 }, { from: 4, count: 8 }, { from: 12, count: 4 });
const op = fc.record({
  op: fc.constantFrom<BindOp<string>['op']>('map', 'map', 'map', 'unmap', 'map-sparse', 'unmap-sparse'), place: fc.oneof(anywhere, grid, grid),
  object: fc.constantFrom('a', 'b'), first: fc.nat(5), kind: fc.constantFrom(0, 6),
}).map(({ place, ...one }): PlainOp => ({ ...one, ...place }));

describe('an address space', () => {
  it('51: the VA space equals a page-granular model after any operations: no overlaps, offsets contiguous inside a mapping', () => {
    const seen = new Set<string>();
    fc.assert(fc.property(fc.array(fc.array(op, { minLength: 1, maxLength: 4 }), { maxLength: 25, size: 'max' }), (lists) => {
      const space = new VaSpace<string>({ addr: 0, range: 0 });
      const regions = { next: 0 };
      let flat: Flat = { pages: Array.from({ length: PAGES }, () => undefined), sparse: Array.from({ length: PAGES }, () => undefined) };
      const held = new Map<string, number>();
      for (const list of lists) {
        const expected = apply(flat, list, regions);
        const before = [space.mappings, space.sparse];
        let outcome = 'done';
        try {
          const { added, removed } = space.bind(list.map(toOp));
          for (const { object } of added) held.set(object, (held.get(object) ?? 0) + 1);
          for (const { object } of removed) held.set(object, held.get(object)! - 1);
        } catch (error) {
          outcome = (error as DrmError).code;
        }
        seen.add(outcome);
        if (typeof expected === 'string') {
          expect(outcome).toBe(expected);
          // Not a copy that looks the same: the very same.
          expect(space.mappings).toBe(before[0]);
          expect(space.sparse).toBe(before[1]);
        } else {
          expect(outcome).toBe('done');
          flat = expected;
        }
        expect(pagesOf(space)).toEqual(flat.pages);
        const sparse = Array.from({ length: PAGES }, (_, page) => space.sparse.some(({ addr, range }) => at(page) >= addr && at(page) < addr + range));
        expect(sparse).toEqual(flat.sparse.map((region) => region !== undefined));
        // What is added less what is removed is what is there: whoever counts by that forgets nothing.
        for (const name of ['a', 'b']) expect(held.get(name) ?? 0).toBe(space.mappings.filter(({ object }) => object === name).length);
      }
    }), { numRuns: 400 });
    expect(seen).toEqual(new Set(['done', 'ENOSPC', 'EINVAL', 'ENOENT', 'EEXIST']));
  });

  it('52: a failing VM_BIND leaves the VA space as it was, bit by bit', () => {
    let failed = 0;
    fc.assert(fc.property(fc.array(op, { maxLength: 12 }), fc.array(op, { maxLength: 4 }), (before, list) => {
      const space = new VaSpace<string>({ addr: 0, range: 0 });
      for (const one of before) try { space.bind([toOp(one)]); } catch { /* What is refused is not there. */ }
      const seen = JSON.stringify([space.mappings, space.sparse]);
      // Its last operation fails whatever the others do: there is no such region.
      try {
        space.bind([...list.map(toOp), { op: 'unmap-sparse', addr: at(PAGES + 1), range: at(1) }]);
      } catch { failed++; }
      expect(JSON.stringify([space.mappings, space.sparse])).toBe(seen);
    }));
    expect(failed).toBe(100);
  });

  test.each([
    ['half a page', { addr: 0x800, range: PAGE_SIZE }], ['a part of a page', { addr: 0, range: 100 }], ['nothing', { addr: 0, range: 0 }],
    ['beyond the end', { addr: VA_END - PAGE_SIZE, range: 2 * PAGE_SIZE }], ['the kernel\'s', { addr: at(15), range: at(2) }],
  ])('refuses %s', (_, place) => {
    const space = new VaSpace<string>({ addr: at(16), range: at(4) });
    expect(() => { space.check(place); }).toThrow(expect.objectContaining({ code: 'EINVAL' }));
  });

  test('splits a mapping in the middle, its offsets going on', () => {
    const space = new VaSpace<string>({ addr: 0, range: 0 });
    space.bind([{ op: 'map', addr: at(2), range: at(6), object: 'a', offset: at(1), kind: 6 }]);
    space.bind([{ op: 'unmap', addr: at(4), range: at(1) }]);
    expect(space.mappings).toEqual([{ addr: at(2), range: at(2), object: 'a', offset: at(1), kind: 6 }, { addr: at(5), range: at(3), object: 'a', offset: at(4), kind: 6 }]);
  });
});
