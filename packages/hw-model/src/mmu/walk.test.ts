import fc from 'fast-check';
import { describe, expect, test } from 'vitest';

import { testGpu, type TestGpu } from '../testing/test-gpu.ts';
import { Vram } from '../vram.ts';
import { bitsReader } from './bits.ts';
import { TABLE_FORMATS } from './format.ts';
import { TableBuilder, type Gmmu, type MappedPage } from './table-fixture.ts';
import { walk, type Translation, type WalkFault } from './walk.ts';

test('a field is read whole wherever it lies', () => {
  fc.assert(fc.property(fc.bigInt({ min: 0n, max: 2n ** 64n - 1n }), fc.nat(63), fc.nat(52), (entry, low, width) => {
    const high = Math.min(63, low + width);
    const words = { low: Number(entry & 0xffff_ffffn), high: Number(entry >> 32n) };
    expect(bitsReader([high, low])(words)).toBe(Number(BigInt.asUintN(high - low + 1, entry >> BigInt(low))));
  }));
});

/** Some pages that do not overlap, in an address space of which all levels are used. Addresses in units of 4 KiB. */
const pages = (gmmu: Gmmu): fc.Arbitrary<MappedPage[]> => {
  const end = 2 ** ((gmmu === 'ver2' ? 49 : 57) - 12);
  const [big, huge, giant] = [2 ** 4, 2 ** 9, 2 ** 17];
  const sizes = [1, big, huge, ...(gmmu === 'ver3' ? [giant] : [])];
  const bases = [0, huge, giant, 2 ** 26 + huge, 2 ** 35, end / 2, end - giant];
  return fc.array(fc.record({ base: fc.constantFrom(...bases), count: fc.constantFrom(...sizes), slot: fc.nat(3), frame: fc.nat(2 ** 16), readOnly: fc.boolean() }), { minLength: 1, maxLength: 12 }).map((wanted) => {
    const taken: MappedPage[] = [];
    for (const { base, count, slot, frame, readOnly } of wanted) {
      const va = Math.floor(base / count) * count + slot * count;
      const size = count * 4096;
      // An entry is a page or a table, never both.
      const clash = taken.some((other) => {
        const [ours, theirs] = [count, other.size / 4096];
        const shared = (unit: number): boolean => Math.floor(other.va / unit) === Math.floor(va / unit) && Math.max(ours, theirs) === unit;
        return shared(giant) || shared(huge) || (va < other.va + theirs && other.va < va + ours);
      });
      if (!clash && va + count <= end) taken.push({ va, size, address: (frame * size) % 2 ** 32, readOnly });
    }
    return taken;
  });
};

describe.each(['ver2', 'ver3'] as const)('page tables of %s', (gmmu) => {
  const lookUp = (vram: Vram, root: number, va: number): Translation | WalkFault =>
    walk(TABLE_FORMATS[gmmu], { aperture: 'vram', address: root }, va, ({ address }) => ({ low: vram.load(address, 4), high: vram.load(address + 4, 4) }));

  test('stand for what a flat list of pages says', () => {
    fc.assert(fc.property(pages(gmmu), fc.nat(2 ** 30), (mapped, noise) => {
      const vram = new Vram(2 ** 24);
      const builder = new TableBuilder(gmmu, 0x10_0000, (address, value) => {
        vram.store(address, 4, Number(value & 0xffff_ffffn));
        vram.store(address + 4, 4, Number(value >> 32n));
      });
      for (const page of mapped) builder.map(page);
      const end = 2 ** ((gmmu === 'ver2' ? 49 : 57) - 12);
      for (const { va, size, address, readOnly } of mapped) {
        const count = size / 4096;
        const offset = noise % count;
        expect(lookUp(vram, builder.root, va + offset)).toEqual({ aperture: 'vram', address: address + offset * 4096, left: size - offset * 4096, readOnly, kind: 0 });
        for (const beside of [va - 1, va + count]) {
          const free = beside >= 0 && beside < end && !mapped.some((one) => beside >= one.va && beside < one.va + one.size / 4096);
          if (free) expect(lookUp(vram, builder.root, beside)).toMatch(/^invalid-/);
        }
      }
    }));
  });

  test('end where the address has too many bits', () => {
    const vram = new Vram(2 ** 21);
    expect(lookUp(vram, 0, 2 ** ((gmmu === 'ver2' ? 49 : 57) - 12))).toBe('va-limit');
    expect(lookUp(vram, 0, -1)).toBe('va-limit');
    expect(lookUp(vram, 0, 0)).toBe('invalid-pde');
  });

  test('are sparse where a directory says so, at every level', () => {
    const sparse = 0x8;
    const levels = TABLE_FORMATS[gmmu].levels;
    for (let depth = 0; depth < levels.length; depth++) {
      const vram = new Vram(2 ** 21);
      for (let i = 0; i < depth; i++) vram.store(i * 0x1000, 4, gmmu === 'ver2' ? 2 | ((i + 1) << 8) : 2 | ((i + 1) << 12));
      expect(lookUp(vram, 0, 0)).toBe('invalid-pde');
      vram.store(depth * 0x1000, 4, sparse);
      expect(lookUp(vram, 0, 0)).toBe('sparse');
    }
  });

  test('a big entry may hide what a small table says', () => {
    const vram = new Vram(2 ** 24);
    const builder = new TableBuilder(gmmu, 0x10_0000, (address, value) => {
      vram.store(address, 4, Number(value & 0xffff_ffffn));
      vram.store(address + 4, 4, Number(value >> 32n));
    });
    builder.map({ va: 1, size: 4096, address: 0x40_0000, readOnly: false });
    builder.map({ va: 16, size: 65536, address: 0x50_0000, readOnly: false });
    expect(lookUp(vram, builder.root, 1)).toMatchObject({ address: 0x40_0000 });
    // The table of big pages is the last that was made.
    const big = 0x10_0000 + (gmmu === 'ver2' ? 5 : 6) * 0x1000;
    expect(vram.load(big + 8, 4)).not.toBe(0);
    vram.store(big, 4, gmmu === 'ver2' ? 0x20 : 3 << 3);
    expect(lookUp(vram, builder.root, 1)).toBe('invalid-pte');
  });

  test('of any bytes give a place or a fault', () => {
    fc.assert(fc.property(fc.uint8Array({ minLength: 64, maxLength: 512 }), fc.nat(2 ** 31 - 1), (seed, va) => {
      const load = ({ address }: { readonly address: number }): { low: number; high: number } | undefined => {
        const at = (i: number): number => seed[(address + i * 7) % seed.length]!;
        return address % 5 === 4 ? undefined : { low: (at(0) | (at(1) << 8) | (at(2) << 16) | (at(3) << 24)) >>> 0, high: (at(4) | (at(5) << 8) | (at(6) << 16) | (at(7) << 24)) >>> 0 };
      };
      const found = walk(TABLE_FORMATS[gmmu], { aperture: 'vram', address: 0 }, va, load);
      if (typeof found === 'object') expect(Number.isSafeInteger(found.address) && found.left > 0).toBe(true);
    }));
  });
});

const BAR1_BLOCK = 0xb80f40;
const INVALIDATE = 0xb830b0;
const BLOCK = 0x20_0000;

describe('BAR1 behind page tables', () => {
  function bound(): { readonly test: TestGpu; readonly tables: TableBuilder; readonly store: (address: number, value: bigint) => void } {
    const test = testGpu();
    const store = (address: number, value: bigint): void => {
      const bytes = new Uint8Array(8);
      new DataView(bytes.buffer).setBigUint64(0, value, true);
      test.firmware.hardware.writeVram(address, bytes);
    };
    const tables = new TableBuilder('ver2', 0x30_0000, store);
    store(BLOCK + 0x200, BigInt(tables.root) | 0x400n);
    test.gpu.write(0, BAR1_BLOCK, 4, (0x8000_0000 | (BLOCK / 4096)) >>> 0);
    return { test, tables, store };
  }

  test('shows VRAM where the tables say, across pages', () => {
    const { test, tables } = bound();
    tables.map({ va: 1, size: 4096, address: 0x50_0000, readOnly: false });
    tables.map({ va: 2, size: 4096, address: 0x70_0000, readOnly: false });
    test.gpu.writeBlock(1, 0x1ffe, Uint8Array.of(1, 2, 3, 4));
    expect([...test.gpu.peekVram(0x50_0ffe, 2), ...test.gpu.peekVram(0x70_0000, 2)]).toEqual([1, 2, 3, 4]);
    test.gpu.write(1, 0x1000, 4, 0xcafe);
    expect(test.gpu.read(1, 0x1000, 4)).toBe(0xcafe);
    const block = new Uint8Array(6);
    test.gpu.readBlock(1, 0x2ffe, block);
    expect([...block]).toEqual([0, 0, 0xff, 0xff, 0xff, 0xff]);
  });

  test('keeps a translation until it is invalidated', () => {
    const { test, tables } = bound();
    tables.map({ va: 0, size: 4096, address: 0x50_0000, readOnly: false });
    test.gpu.write(1, 0, 4, 1);
    tables.map({ va: 0, size: 4096, address: 0x60_0000, readOnly: false });
    expect(test.gpu.read(1, 0, 4)).toBe(1);
    test.gpu.write(0, INVALIDATE, 4, 0x8000_0001);
    expect(test.gpu.read(0, INVALIDATE, 4)).toBe(0);
    expect(test.gpu.read(1, 0, 4)).toBe(0);
  });

  test('a read-only page takes no write, a sparse one reads zero, anything else reads all ones', () => {
    const { test, tables, store } = bound();
    tables.map({ va: 0, size: 4096, address: 0x50_0000, readOnly: true });
    tables.map({ va: 1, size: 4096, address: 0x51_0000, readOnly: false });
    test.gpu.write(1, 0, 4, 7);
    expect(test.gpu.read(1, 0, 4)).toBe(0);
    // The second entry of the small table: not valid, volatile.
    const table = Number(new DataView(test.gpu.peekVram(0x30_3008, 8).buffer).getBigUint64(0, true) >> 8n) * 4096;
    store(table + 8, 8n);
    test.gpu.write(0, INVALIDATE, 4, 0x8000_0001);
    expect(test.gpu.read(1, 0x1000, 4)).toBe(0);
    expect(test.gpu.read(1, 0x9000, 4)).toBe(0xffff_ffff);
    expect(test.events.filter(({ point }) => point === 'hw-model.window.refused').map(({ args }) => args['why'])).toEqual(['read-only', 'invalid-pte']);
  });
});
