// Generated records on a machine that keeps numbers the other way round. There are few to run this on, so the typed arrays,
// the one place where a machine's order shows, are replaced by some that keep the highest byte first.
import { runInThisContext } from 'node:vm';

import fc from 'fast-check';
import { expect, test, vi } from 'vitest';

import { array, struct } from '../declaration.ts';
import type { LayoutError } from '../errors.ts';
import { layouts } from './declaration-fixture.ts';

type Word = 'Uint16' | 'Uint32' | 'BigUint64';

/** What makes typed arrays of which elements are asked for and set, over a buffer, in big-endian order. */
function bigEndian(word: Word): (buffer: ArrayBuffer) => object {
  const size = { Uint16: 2, Uint32: 4, BigUint64: 8 }[word];
  return function over(buffer) {
    const view = new DataView(buffer);
    return new Proxy({}, {
      get: (_, index) => view[`get${word as 'Uint32'}`](Number(index) * size),
      set: (_, index, value: number) => {
        view[`set${word as 'Uint32'}`](Number(index) * size, value);
        return true;
      },
    });
  };
}

vi.resetModules();
for (const word of ['Uint16', 'Uint32', 'BigUint64'] as const) vi.stubGlobal(`${word}Array`, bigEndian(word));
const { at8, at16, at32, at64 } = await import('../scratch.ts');
const { twinsBy } = await import('./twin-fixture.ts');
vi.unstubAllGlobals();
const twin = twinsBy(runInThisContext);

const record = struct('record', { a: 'u32', b: 'u16', c: 'u16', d: 'u64', few: array('u16', 4), many: array('u32', 40), more: array('u64', 12) });
const value = { a: 0x01020304, b: 0x0506, c: 7, d: 0x08090a0b0c0d0e0fn, few: [1, 2, 3, 0x1234], many: Array.from({ length: 40 }, (_, i) => i * 0x01020304 >>> 0), more: Array.from({ length: 12 }, (_, i) => BigInt(i) << 33n) };

test('the typed arrays of this test are those of the other machine', () => {
  at32[0] = 0x01020304;
  expect([...at8.subarray(0, 4)]).toEqual([1, 2, 3, 4]);
  expect([at16[0], at64[0]! >> 32n]).toEqual([0x0102, 0x01020304n]);
});

test('what is written is little endian all the same, alone and within another record', () => {
  for (const layout of [record, struct('outer', { id: 'u16', inner: record })]) {
    const whole = layout === record ? value : { id: 0x1234, inner: value };
    const [ours, wanted] = [new DataView(new ArrayBuffer(layout.size + 3)), new DataView(new ArrayBuffer(layout.size + 3))];
    (layout as typeof record).encode(wanted, 3, whole as typeof value);
    const generated = twin(layout as typeof record);
    generated.encode(ours, 3, whole as typeof value);
    expect(new Uint8Array(ours.buffer)).toEqual(new Uint8Array(wanted.buffer));
    expect(generated.decode(ours, 3)).toEqual(whole);
  }
});

test('declarations of any kind are written as the interpreter writes them', () => {
  fc.assert(fc.property(layouts, fc.uint8Array({ minLength: 16, maxLength: 16 }), (layout, seed) => {
    const value = layout.decode(new DataView(Uint8Array.from({ length: layout.size }, (_, i) => seed[i % 16]! * (i + 1)).buffer));
    const [ours, wanted] = [new DataView(new ArrayBuffer(layout.size)), new DataView(new ArrayBuffer(layout.size))];
    const written = (by: typeof layout, to: DataView): unknown => {
      try {
        by.encode(to, 0, value);
        return undefined;
      } catch (error) {
        // Members on the same bytes, one of them a truth value of other bytes than 1.
        return (error as LayoutError).code;
      }
    };
    expect(written(twin(layout), ours)).toBe(written(layout, wanted));
    expect(new Uint8Array(ours.buffer)).toEqual(new Uint8Array(wanted.buffer));
  }), { numRuns: 200 });
});

test('what is refused has written nothing', () => {
  const view = new DataView(new ArrayBuffer(record.size));
  expect(() => { twin(record).encode(view, 0, { ...value, more: value.more.map((x, i) => (i === 11 ? -1n : x)) }); }).toThrow(expect.objectContaining({ code: 'RANGE', path: 'record.more[11]' }));
  expect(new Uint8Array(view.buffer).every((byte) => byte === 0)).toBe(true);
});
