import fc from 'fast-check';
import { expect, test } from 'vitest';
import { fromBytes, toBytes } from './plain-bytes.ts';

/** What a state is made of. */
const plain = fc.letrec((tie) => ({
  value: fc.oneof(
    { maxDepth: 4 }, fc.integer(), fc.boolean(), fc.string({ unit: 'grapheme' }), fc.bigInt(), fc.constant(null), fc.uint8Array({ maxLength: 20 }),
    fc.array(tie('value'), { maxLength: 4 }), fc.dictionary(fc.string({ minLength: 1, unit: 'grapheme-ascii' }).filter((key) => !key.startsWith('$') && key !== '__proto__'), tie('value'), { maxKeys: 4, noNullPrototype: true }),
    fc.array(fc.tuple(fc.oneof(fc.integer(), fc.string()), tie('value')), { maxLength: 4 }).map((entries) => new Map(entries)),
  ),
})).value;

test('plain data comes back as it was', () => {
  fc.assert(fc.property(plain, (value) => {
    expect(fromBytes(toBytes(value))).toEqual(value);
  }));
});

test('what is undefined stays so', () => {
  expect(fromBytes(toBytes({ a: undefined, b: [1, undefined] }))).toEqual({ a: undefined, b: [1, undefined] });
});
