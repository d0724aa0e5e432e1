import fc from 'fast-check';
import { describe, expect, test } from 'vitest';

import { array, bits, flexible, struct, truth, union } from './declaration.ts';
import { LayoutError } from './errors.ts';
import { SCALARS, type ScalarName } from './scalars.ts';

const header = struct('header', { magic: 'u32', kind: 'u16', address: 'u64', name: array('char', 5), grid: array(array('u16', 2), 3) });
const outer = struct('outer', { on: truth('u8'), inner: header, low: bits('u32', 4), high: bits('u32', 20), tail: flexible('u32') });

describe('struct() places fields by the rules of the C ABI', () => {
  test('pads to natural alignment', () => {
    expect(header.offsets).toEqual({ magic: 0, kind: 4, address: 8, name: 16, grid: 22 });
    expect([header.size, header.align]).toEqual([40, 8]);
  });

  test('aligns nested records, packs bitfields into their unit, gives flexible arrays no space', () => {
    expect(outer.offsets).toEqual({ on: 0, inner: 8, low: 48, high: 48, tail: 52 });
    expect(outer.size).toBe(56);
  });

  test('packed and over-aligned', () => {
    expect(struct('p', { a: 'u8', b: 'u32' }, { packed: true }).size).toBe(5);
    expect(struct('a', { a: 'u8' }, { align: 16 }).size).toBe(16);
  });

  test('refuses a bitfield wider than its unit', () => {
    expect(() => struct('b', { a: bits('u8', 9) })).toThrow(LayoutError);
  });

  test('union: every member at 0, its value is its bytes, its view has the members', () => {
    const u = union('u', { whole: 'u64', halves: array('u32', 2) });
    const s = struct('s', { first: 'u32', u });
    const bytes = s.create({ first: 1, u: new Uint8Array([1, 0, 0, 0, 2]) });
    expect(s.read(bytes).u).toEqual(new Uint8Array([1, 0, 0, 0, 2, 0, 0, 0]));
    const view = s.view(new DataView(bytes.buffer)).u;
    expect([...view.halves]).toEqual([1, 2]);
    view.whole = 0x0000_0007_0000_0009n;
    expect([...view.halves]).toEqual([9, 7]);
  });
});

const scalar = fc.constantFrom(...(Object.keys(SCALARS) as ScalarName[]));
const valueOf = (name: ScalarName): fc.Arbitrary<unknown> => {
  const { value, min, max } = SCALARS[name];
  if (value === 'boolean') return fc.boolean();
  if (value === 'bigint') return fc.bigInt({ min: min as bigint, max: max as bigint });
  if (name === 'f32') return fc.float({ noNaN: true });
  if (name === 'f64') return fc.double({ noNaN: true });
  return fc.integer({ min: min as number, max: max as number });
};
const recordOf = fc.array(scalar, { minLength: 1, maxLength: 12 }).chain((names) => {
  const fields = Object.fromEntries(names.map((name, i) => [`f${i}`, name]));
  return fc.record({
    layout: fc.constant(struct('any', fields)),
    value: fc.record(Object.fromEntries(names.map((name, i) => [`f${i}`, valueOf(name)]))),
    at: fc.nat(9),
  });
});

test('decode(encode(value)) is the identity, aligned or not, on any buffer', () => {
  fc.assert(fc.property(recordOf, fc.boolean(), ({ layout, value, at }, shared) => {
    const buffer = shared ? new SharedArrayBuffer(layout.size + at) : new ArrayBuffer(layout.size + at);
    const view = new DataView(buffer);
    layout.encode(view, at, value);
    expect(layout.decode(view, at)).toEqual(value);
    expect(layout.validate(value)).toBeUndefined();
  }));
});

test('encode(decode(bytes)) keeps every covered byte', () => {
  fc.assert(fc.property(fc.uint8Array({ minLength: 56, maxLength: 56 }), (bytes) => {
    bytes[0] = bytes[0]! & 1;
    const copy = bytes.slice();
    outer.encode(new DataView(copy.buffer), 0, outer.read(bytes));
    expect(copy).toEqual(bytes);
  }));
});

test('a bad value or a short buffer throws with its path, and writes nothing', () => {
  fc.assert(fc.property(recordOf, fc.nat(), fc.constantFrom(null, 'text', -1, 2 ** 70, 1.5, {}), ({ layout, value }, pick, bad) => {
    const names = Object.keys(value);
    const name = names[pick % names.length]!;
    fc.pre(!(typeof bad === 'number' && ['f32', 'f64'].includes(layout.fields[pick % names.length]!.element as string)) && !(bad === -1 && (layout.fields[pick % names.length]!.element as string).startsWith("s")));
    const bytes = new Uint8Array(layout.size).fill(0xaa);
    expect(() => { layout.write(bytes, 0, { ...value, [name]: bad }); }).toThrow(expect.objectContaining({ path: `any.${name}` }));
    expect(() => { layout.encode(new DataView(bytes.buffer), 1, value); }).toThrow(expect.objectContaining({ code: 'SHORT' }));
    expect(bytes.every((byte) => byte === 0xaa)).toBe(true);
  }));
});

test('unknown fields and over-long arrays are refused', () => {
  expect(() => header.create({ magic: 1, other: 2 } as never)).toThrow(expect.objectContaining({ code: 'UNKNOWN_FIELD', path: 'header.other' }));
  expect(() => header.create({ name: new Uint8Array(6) })).toThrow(expect.objectContaining({ code: 'LENGTH', path: 'header.name' }));
  expect(() => header.create({ grid: [[1, 2], [3, 0x10000]] })).toThrow(expect.objectContaining({ code: 'RANGE', path: 'header.grid[1][1]' }));
});
