// Page tables that the driver builds, as the model's walker reads them: two packages that share nothing but the tables of bits.
import { fc, test } from '@fast-check/vitest';
import { TABLE_FORMATS, VA_UNIT, walk, type Words } from '@nova-stack/hw-model/mmu';
import type { NovaCoreError } from '@nova-stack/nova-core';
import { PageTables, type PageAttributes, type TableMemory } from '@nova-stack/nova-core/mmu';
import { describe, expect, it } from 'vitest';

const KIB64 = 16;
const MIB2 = 512;
const MIB512 = 131_072;
const PLAIN: PageAttributes = { aperture: 'vram', readOnly: false, volatile: false, privileged: false, kind: undefined };

/** Pages for tables, and what was written to them; a page that was never written, or was given back, holds rubbish. */
class Memory implements TableMemory {
  readonly pages = new Map<number, Uint32Array>();
  next = 0x10_0000;
  /** Pages that are left. */
  left = Infinity;
  readonly #free: number[] = [];

  allocate(): number | undefined {
    if (this.left === 0) return undefined;
    this.left--;
    const address = this.#free.pop() ?? (this.next += 0x1000);
    this.pages.set(address, new Uint32Array(1024).fill(0xdead_beef));
    return address;
  }

  free(address: number): void {
    expect(this.pages.delete(address)).toBe(true);
    this.left++;
    this.#free.push(address);
  }

  write(address: number, bytes: Uint8Array): void {
    const page = this.pages.get(address - (address % 0x1000))!;
    new Uint8Array(page.buffer).set(bytes, address % 0x1000);
  }

  load(address: number): Words {
    const page = this.pages.get(address - (address % 0x1000));
    const at = (address % 0x1000) / 4;
    return page === undefined ? { low: 0xdead_beef, high: 0xdead_beef } : { low: page[at]!, high: page[at + 1]! };
  }
}

/** What is at a unit of 4 KiB: `aperture:unit` and whether it is read-only, sparse, or nothing. */
type State = string | undefined;

class Space {
  readonly memory = new Memory();
  readonly tables: PageTables;
  readonly #gmmu: 'ver2' | 'ver3';
  readonly flat = new Map<number, State>();

  constructor(gmmu: 'ver2' | 'ver3') {
    this.#gmmu = gmmu;
    this.tables = new PageTables(gmmu, this.memory);
  }

  seen(unit: number): State {
    const found = walk(TABLE_FORMATS[this.#gmmu], { aperture: 'vram', address: this.tables.root }, unit, ({ address }) => this.memory.load(address));
    if (found === 'sparse') return found;
    return typeof found === 'string' ? undefined : `${found.aperture}:${found.address / VA_UNIT}${found.readOnly ? ' ro' : ''} kind ${found.kind}`;
  }

  map(va: number, page: number, count: number, attributes: PageAttributes = PLAIN): void {
    this.#settle(() => this.tables.map(va * VA_UNIT, page * VA_UNIT, count * VA_UNIT, attributes));
    for (let i = 0; i < count; i++) this.flat.set(va + i, `${attributes.aperture}:${page + i}${attributes.readOnly ? ' ro' : ''} kind ${attributes.kind ?? 0}`);
  }

  sparse(va: number, count: number): void {
    this.#settle(() => this.tables.sparse(va * VA_UNIT, count * VA_UNIT));
    for (let i = 0; i < count; i++) this.flat.set(va + i, 'sparse');
  }

  unmap(va: number, count: number): void {
    this.#settle(() => this.tables.unmap(va * VA_UNIT, count * VA_UNIT));
    for (let i = 0; i < count; i++) this.flat.delete(va + i);
  }

  free(va: number, count: number): boolean {
    for (let i = 0; i < count; i++) if (this.flat.has(va + i)) return false;
    return true;
  }

  #settle(change: () => { readonly unused: readonly number[] }): void {
    for (const address of change().unused) this.memory.free(address);
  }
}

const failure = (act: () => unknown): NovaCoreError => {
  try {
    act();
  } catch (error) {
    return error as NovaCoreError;
  }
  throw new Error('nothing was thrown');
};

describe.each(['ver2', 'ver3'] as const)('page tables, %s', (gmmu) => {
  const op = fc.record({
    what: fc.constantFrom('map', 'map', 'map', 'sparse', 'unmap'),
    va: fc.oneof(fc.nat(1535), fc.nat(95).map((n) => n * KIB64), fc.constantFrom(0, MIB2, 2 * MIB2)),
    count: fc.oneof(fc.integer({ min: 1, max: 40 }), fc.integer({ min: 1, max: 40 }).map((n) => n * KIB64), fc.constantFrom(MIB2, 2 * MIB2)),
    page: fc.oneof(fc.nat(0xf_ffff), fc.nat(0xffff).map((n) => n * KIB64), fc.nat(2000).map((n) => n * MIB2), fc.constantFrom(2 ** 24 - 20, 2 ** 24 - MIB2, 2 ** 20 - 300)),
    aperture: fc.constantFrom('vram', 'coherent', 'non-coherent'),
    readOnly: fc.boolean(), kind: fc.constantFrom(undefined, 6),
  });

  test.prop([fc.array(op, { minLength: 1, maxLength: 25 }), fc.constantFrom(0, 0x3f_fffe00, 2 ** 36 - 1024, MIB512 - 512)])('stand for what a flat map says, whatever was mapped and taken away', (ops, base) => {
    const space = new Space(gmmu);
    for (const { what, va, count, page, aperture, readOnly, kind } of ops) {
      const start = base + va;
      if (what === 'unmap') {
        const cutsSparse = [start, start + count].some((edge) => edge % KIB64 !== 0 && space.flat.get(edge) === 'sparse' && space.flat.get(edge - 1) === 'sparse');
        if (cutsSparse) expect(failure(() => { space.unmap(start, count); }).code).toBe('RANGE');
        else space.unmap(start, count);
      } else if (what === 'sparse' && (start % KIB64 !== 0 || count % KIB64 !== 0)) expect(failure(() => { space.sparse(start, count); }).code).toBe('RANGE');
      else if (!space.free(start, count)) expect(failure(() => { if (what === 'map') space.map(start, page, count); else space.sparse(start, count); }).code).toBe('BUSY');
      else if (what === 'sparse') space.sparse(start, count);
      else space.map(start, page, count, { ...PLAIN, aperture, readOnly, kind });
    }
    for (let unit = base - 1; unit < base + 2600; unit++) if (unit >= 0 && space.seen(unit) !== space.flat.get(unit)) expect({ unit: unit - base, seen: space.seen(unit) }).toEqual({ unit: unit - base, seen: space.flat.get(unit) });
    space.unmap(Math.max(0, base - 1), 4000);
    expect(space.memory.pages.size).toBe(1);
    space.tables.destroy();
    expect(space.memory.pages.size).toBe(0);
  });

  it('take the largest pages that fit', () => {
    const space = new Space(gmmu);
    space.map(0, 0, 2 * MIB512);
    // A directory per level, with none below for pages of 512 MiB; of 2 MiB there are two tables.
    expect(space.memory.pages.size).toBe(gmmu === 'ver3' ? 4 : 5);
    expect([space.seen(0), space.seen(MIB512 + 5), space.seen(2 * MIB512)]).toEqual(['vram:0 kind 0', `vram:${MIB512 + 5} kind 0`, undefined]);
    space.unmap(MIB512 + 1, 1);
    expect([space.seen(MIB512), space.seen(MIB512 + 1), space.seen(MIB512 + 2), space.seen(2 * MIB512 - 1)]).toEqual([`vram:${MIB512} kind 0`, undefined, `vram:${MIB512 + 2} kind 0`, `vram:${2 * MIB512 - 1} kind 0`]);
  });

  test.prop([fc.nat(12), fc.integer({ min: 1, max: 3000 }), fc.nat(600)])('stay as they were when memory for tables runs out in the middle', (left, count, page) => {
    const space = new Space(gmmu);
    space.map(MIB512 - 3000, 7, 10);
    const before = space.memory.pages.size;
    space.memory.left = left;
    const start = MIB512 - 1000;
    try {
      space.map(start, page, count);
    } catch (error) {
      expect((error as NovaCoreError).code).toBe('NO_MEMORY');
      expect(space.memory.pages.size).toBe(before);
      for (let unit = start; unit < start + count; unit += 7) expect(space.seen(unit)).toBe(undefined);
    }
    expect(space.seen(MIB512 - 3000)).toBe('vram:7 kind 0');
  });

  it.each([
    ['va', 1, 0, VA_UNIT, {}], ['va', -VA_UNIT, 0, VA_UNIT, {}], ['size', 0, 0, 0, {}], ['size', 0, 0, 5, {}], ['size', (gmmu === 'ver2' ? 2 ** 49 : 2 ** 53) - VA_UNIT, 0, 2 * VA_UNIT, {}],
    ['address', 0, 12, VA_UNIT, {}], ['address', 0, 2 ** 52, VA_UNIT, {}], ['address', 0, 2 ** 37 * 8, VA_UNIT, { aperture: 'vram' }], ['kind', 0, 0, VA_UNIT, { kind: 256 }],
  ] as const)('refuse a wrong %s (%i, %i, %i)', (field, va, address, size, more) => {
    const space = new Space(gmmu);
    expect(failure(() => space.tables.map(va, address, size, { ...PLAIN, ...more }))).toMatchObject({ code: 'RANGE', detail: { field } });
  });
});
