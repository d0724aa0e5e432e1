import { expect, expectTypeOf, test } from 'vitest';

import { anonymous, array, bits, flexible, struct, truth, union, type ValueOf } from './declaration.ts';
import { LayoutError } from './errors.ts';
import type { Layout } from './layout.ts';
import type { ArrayView } from './view.ts';

const entryFields = { id: 'u16', name: array('char', 6) } as const;
const entry: Layout<ValueOf<typeof entryFields>> = struct('entry', entryFields);
const payload = union('payload', { whole: 'u64', halves: array('u32', 2), first: entry });
const record = struct('record', {
  on: truth('u8'), low: bits('u16', 3), high: bits('u16', 13), grid: array(array('s16', 2), 2), entries: array(entry, 2), payload, tail: flexible('u16'),
});

const place = (spare = 0, at = 0): { bytes: Uint8Array; view: ReturnType<typeof record.view> } => {
  const bytes = new Uint8Array(at + record.size + spare);
  return { bytes, view: record.view(new DataView(bytes.buffer), at) };
};

test('scalars, truth values and bitfields are read and written in place, aligned or not', () => {
  const { bytes, view } = place(0, 3);
  view.on = true;
  view.low = 5;
  view.high = 0x1fff;
  expect(record.read(bytes, 3)).toMatchObject({ on: true, low: 5, high: 0x1fff });
  expect(bytes.subarray(0, 3)).toEqual(new Uint8Array(3));
  view.high = 0;
  expect([view.low, view.high]).toEqual([5, 0]);
});

test('arrays, records and the members of unions are reached in place', () => {
  const { bytes, view } = place();
  view.grid.get(1).set(0, -2);
  view.entries.get(1).id = 7;
  view.entries.get(1).name.set([0x41, 0x42]);
  view.payload.halves.set(1, 9);
  const value = record.read(bytes);
  expect(value.grid).toEqual([[0, 0], [-2, 0]]);
  expect(value.entries[1]).toEqual({ id: 7, name: new Uint8Array([0x41, 0x42, 0, 0, 0, 0]) });
  expect(view.payload.whole).toBe(9n << 32n);
  expect([...view.entries].map(({ id }) => id)).toEqual([0, 7]);
  view.entries.set(0, { id: 3, name: new Uint8Array(0) });
  expect(view.entries.get(0).id).toBe(3);
});

test('fields may be called like what a DataView has', () => {
  const shadowing = struct('shadowing', { buffer: 'u32', byteOffset: 'u16', getUint32: array('u8', 2), setUint16: 'u64', constructor: 'u32' });
  const bytes = new Uint8Array(shadowing.size + 3);
  const view = shadowing.view(new DataView(bytes.buffer), 3);
  view.buffer = 1;
  view.byteOffset = 2;
  view.getUint32.set([3, 4]);
  view.setUint16 = 5n;
  expect([view.buffer, view.byteOffset, view.getUint32, view.setUint16, view.constructor]).toEqual([1, 2, new Uint8Array([3, 4]), 5n, 0]);
  expect(shadowing.read(bytes, 3)).toMatchObject({ buffer: 1, byteOffset: 2, setUint16: 5n });
  expect(() => { view.byteOffset = 0x1_0000; }).toThrow(expect.objectContaining({ code: 'RANGE', path: 'shadowing.byteOffset' }));
});

test('a flexible array shows what is there and no more; in a value it is empty', () => {
  const { bytes, view } = place(5);
  expect(view.tail.length).toBe(2);
  view.tail.set(1, 0xffff);
  expect(bytes.subarray(-3)).toEqual(new Uint8Array([0xff, 0xff, 0]));
  expect(record.read(bytes).tail).toEqual([]);
  expect(() => { view.tail.set(2, 1); }).toThrow(expect.objectContaining({ code: 'RANGE', path: 'record.tail[2]' }));
  const open = struct('open', { size: 'u32', data: flexible('u8') });
  expect(open.view(new DataView(new ArrayBuffer(16)), 4).data).toHaveLength(8);
});

test('a refused assignment names the field and writes nothing', () => {
  const { bytes, view } = place();
  bytes.fill(0xaa);
  const refused = (assign: () => void): unknown => {
    try {
      assign();
    } catch (error) {
      return error;
    }
    return undefined;
  };
  expect(refused(() => { view.high = 0x2000; })).toMatchObject({ code: 'RANGE', path: 'record.high', value: 0x2000, range: { min: 0, max: 0x1fff } });
  expect(refused(() => { view.grid.get(0).set(1, 0x8000); })).toMatchObject({ code: 'RANGE', path: 'record.grid[0][1]' });
  expect(refused(() => { view.entries.get(2); })).toMatchObject({ code: 'RANGE', path: 'record.entries[2]' });
  expect(refused(() => { view.entries.set(0, { id: 1, name: new Uint8Array(7) }); })).toMatchObject({ code: 'LENGTH', path: 'record.entries[0].name' });
  expect(refused(() => { (view as { on: unknown }).on = 1; })).toBeInstanceOf(LayoutError);
  expect(bytes.every((byte) => byte === 0xaa)).toBe(true);
});

test('nameless members give their fields to the record around them', () => {
  const outer = struct('outer', { kind: 'u32', $0: anonymous(union('', { number: 'u32', halves: array('u16', 2) })), $1: anonymous(struct('', { a: 'u8', b: 'u8' })) });
  expect(outer.offsets).toEqual({ kind: 0, number: 4, halves: 4, a: 8, b: 9 });
  const bytes = outer.create({ kind: 1, number: 0x2_0001, b: 3 });
  expect(outer.read(bytes)).toEqual({ kind: 1, number: 0x2_0001, halves: [1, 2], a: 0, b: 3 });
  expectTypeOf(outer.read(bytes)).toEqualTypeOf<{ kind: number; number: number; halves: readonly number[]; a: number; b: number }>();
});

test('fields on the same bytes must agree in what is written', () => {
  const shared = struct('shared', { $0: anonymous(union('', { number: 'u32', halves: array('u16', 2) })) });
  const value = shared.read(new Uint8Array([1, 0, 2, 0]));
  const view = new DataView(new ArrayBuffer(4));
  shared.encode(view, 0, value);
  expect(shared.decode(view)).toEqual(value);
  expect(() => { shared.encode(view, 0, { ...value, number: 9 }); }).toThrow(expect.objectContaining({ code: 'CONFLICT' }));
  expect(shared.decode(view)).toEqual(value);
  expect(shared.create({ halves: [4] })).toEqual(new Uint8Array([4, 0, 0, 0]));
});

test('types of views follow from the declaration', () => {
  const { view } = place();
  expectTypeOf(view.on).toEqualTypeOf<boolean>();
  expectTypeOf(view.payload.whole).toEqualTypeOf<bigint>();
  expectTypeOf(view.payload.first.id).toEqualTypeOf<number>();
  expectTypeOf(view.entries).toEqualTypeOf<ArrayView<ValueOf<typeof entryFields>>>();
  expectTypeOf(view.entries.get(0).name).toEqualTypeOf<Uint8Array>();
});
