import { fc, test } from '@fast-check/vitest';
import { describe, expect, it } from 'vitest';

import {
  entryFormat, getEntryField, makeEntry, RegisterError, VER2_DUAL_PDE, VER2_LEVELS, VER2_PDE, VER2_PTE, VER2_TABLES, VER3_DUAL_PDE, VER3_LEVELS, VER3_PDE,
  VER3_PTE,
} from '../index.ts';

const formats = fc.constantFrom(VER2_PTE, VER2_PDE, VER2_DUAL_PDE, VER3_PTE, VER3_PDE, VER3_DUAL_PDE);

describe('a page-table entry', () => {
  it('maps a page of VRAM, as nouveau writes it', () => {
    const entry = makeEntry(VER2_PTE, { valid: 1, addressVram: 0x12345, kind: 6 });
    expect(entry).toBe(0x0600_0000_0123_4501n);
    expect(getEntryField(VER2_PTE, 'addressVram', entry)).toBe(0x12345n);
  });

  it('points with its upper half to a table of small pages', () => {
    expect(makeEntry(VER2_DUAL_PDE, { apertureSmall: 1, addressSmallVram: 0x1234 })).toBe((0x1234n << 72n) | (1n << 65n));
  });

  it('refuses what does not fit', () => {
    expect(() => makeEntry(VER2_PTE, { aperture: 4 })).toThrow('Cannot encode VER2_PTE.aperture: value 4 does not fit bits 2:1');
    expect(() => makeEntry(VER2_PTE, { kind: 1.5 })).toThrow(RegisterError);
    expect(() => makeEntry(VER2_PTE, { none: 1 } as never)).toThrow('has no field none');
    expect(() => entryFormat('X', 64, { a: [64, 0] })).toThrow(RegisterError);
  });

  test.prop([formats, fc.nat(), fc.bigInt({ min: 0n, max: 2n ** 128n - 1n })])('reads back what was made', (format, pick, random) => {
    const names = Object.keys(format.fields);
    const name = names[pick % names.length]!;
    const [high, low] = (format.fields as Record<string, readonly [number, number]>)[name]!;
    const value = BigInt.asUintN(high - low + 1, random);
    const entry = makeEntry(format as typeof VER2_PTE, { [name]: value });
    expect(getEntryField(format as typeof VER2_PTE, name as 'valid', entry)).toBe(value);
    expect(BigInt.asUintN(format.bits, entry)).toBe(entry);
  });
});

describe('the levels', () => {
  it('cover an address without gaps', () => {
    for (const [levels, bits] of [[[...VER2_LEVELS, VER2_TABLES.small], 49], [[...VER2_LEVELS, VER2_TABLES.big], 49], [[...VER3_LEVELS, VER2_TABLES.small], 57]] as const) {
      let top: number = bits;
      for (const { lowBit, indexBits } of levels) {
        expect(lowBit + indexBits).toBe(top);
        top = lowBit;
      }
    }
  });
});
