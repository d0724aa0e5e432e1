// What any layout promises, declared or generated: bytes and values come back as they went.
import { runInThisContext } from 'node:vm';

import fc from 'fast-check';
import { expect, test } from 'vitest';

import { FLEXIBLE } from '../field.ts';
import type { Layout } from '../layout.ts';
import { layouts, type AnyLayout } from './declaration-fixture.ts';
import { flatFields } from './index.ts';
import { twinsBy } from './twin-fixture.ts';

const generate = twinsBy(runInThisContext);

const bytesFor = (layout: AnyLayout, seed: Uint8Array): Uint8Array<ArrayBuffer> => Uint8Array.from({ length: layout.size }, (_, i) => (seed[i % seed.length]! * (i + 1)) ^ (i >> 4));
const cases = fc.record({ layout: layouts, twin: fc.boolean(), seed: fc.uint8Array({ minLength: 16, maxLength: 16 }) }).map(({ layout, twin, seed }) => ({ layout: twin ? generate(layout) : layout, bytes: bytesFor(layout, seed) }));
const viewOf = (bytes: Uint8Array): DataView => new DataView(bytes.buffer);

/** Bytes of truth values other than 0 and 1 are read as true, and several not-a-numbers as one: those do not come back. */
function isExact(layout: Layout<unknown>): boolean {
  return flatFields(layout).every(({ element, truth }) => truth !== true && (typeof element !== 'string' ? element.kind === 'union' || isExact(element) : !['bool', 'f32', 'f64'].includes(element)));
}

test('a value that was read writes the bytes that it was read from', () => {
  fc.assert(fc.property(cases, ({ layout, bytes }) => {
    fc.pre(isExact(layout));
    const copy = bytes.slice();
    // Padding differs, and stays as it is.
    layout.encode(viewOf(copy), 0, layout.decode(viewOf(bytes)));
    expect(copy).toEqual(bytes);
    const zeros = new Uint8Array(layout.size);
    layout.encode(viewOf(zeros), 0, layout.decode(viewOf(bytes)));
    expect(layout.decode(viewOf(zeros))).toEqual(layout.decode(viewOf(bytes)));
  }), { numRuns: 300 });
});

test('a value that was written is read again', () => {
  fc.assert(fc.property(cases, ({ layout, bytes }) => {
    // Truth values on the bytes of another field may have been read from what they do not write.
    fc.pre(layout.validate(layout.decode(viewOf(bytes))) === undefined);
    const value = layout.decode(viewOf(bytes));
    expect(layout.read(layout.create(value))).toEqual(value);
  }), { numRuns: 300 });
});

test('a truth value of any bytes but zeros is true, and is written as 1', () => {
  fc.assert(fc.property(cases, ({ layout, bytes }) => {
    const value = layout.decode(viewOf(bytes));
    for (const { name, offset, size, element, dims, truth } of flatFields(layout)) {
      if (dims.length > 0 || (truth !== true && element !== 'bool')) continue;
      expect(value[name]).toBe(bytes.subarray(offset, offset + size).some((byte) => byte !== 0));
      const copy = viewOf(bytes.slice());
      (layout.view(copy) as Record<string, unknown>)[name] = true;
      expect(copy.getUint8(offset)).toBe(1);
    }
  }), { numRuns: 300 });
});

test('a view shows what is read', () => {
  const plain = (shown: unknown): unknown => {
    if (shown instanceof Uint8Array || typeof shown !== 'object' || shown === null) return shown;
    if (Symbol.iterator in shown) return [...(shown as Iterable<unknown>)].map(plain);
    const out: Record<string, unknown> = {};
    for (const name in shown) if (!name.startsWith('$v')) out[name] = plain((shown as Record<string, unknown>)[name]);
    return out;
  };
  /** Unions are bytes in a value and their members in a view; flexible arrays are in views alone. */
  const comparable = (layout: Layout<unknown>): boolean => flatFields(layout).every(({ element, dims }) => dims[0] !== FLEXIBLE && (typeof element === 'string' || (element.kind === 'struct' && comparable(element))));
  fc.assert(fc.property(cases, ({ layout, bytes }) => {
    fc.pre(comparable(layout));
    expect(plain(layout.view(viewOf(bytes)))).toEqual(layout.decode(viewOf(bytes)));
  }), { numRuns: 300 });
});

test('a flexible array shows what is there, and no more', () => {
  fc.assert(fc.property(cases, fc.nat(20), ({ layout, bytes }, spare) => {
    const open = flatFields(layout).find(({ dims }) => dims[0] === FLEXIBLE);
    fc.pre(open !== undefined);
    const whole = new Uint8Array(layout.size + spare);
    whole.set(bytes);
    const shown = (layout.view(viewOf(whole)) as Record<string, ArrayLike<unknown>>)[open.name]!;
    const one = typeof open.element === 'string' ? ({ u8: 1, u32: 4 } as Record<string, number>)[open.element]! : open.element.size;
    expect(shown.length).toBe(Math.floor((whole.length - open.offset) / one));
    expect(layout.decode(viewOf(whole))[open.name]).toHaveLength(0);
  }), { numRuns: 200 });
});
