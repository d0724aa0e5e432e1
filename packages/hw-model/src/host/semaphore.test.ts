import { REDUCTIONS as R, SEM_OPERATIONS as OP } from '@nova-stack/gpu-regs';
import { expect, test } from 'vitest';
import { fc } from '@fast-check/vitest';

import { HostFault } from './fault.ts';
import { reduced, satisfied } from './semaphore.ts';

const ALL = 0xffff_ffffn;

// Rows follow the tables of NVIDIA's dev_pbdma.ref.txt (SEM_EXECUTE), worked out by hand.
test.each<[string, number, bigint, bigint, boolean]>([
  ['equal', OP.acquire, 5n, 5n, true], ['not equal', OP.acquire, 6n, 5n, false],
  ['unsigned', OP.acquireStrictGeq, ALL, 5n, true], ['below', OP.acquireStrictGeq, 4n, 5n, false],
  ['half a range ahead', OP.acquireCircularGeq, 0x8000_0004n, 5n, true], ['further is behind', OP.acquireCircularGeq, 0x8000_0005n, 5n, false],
  ['gone round', OP.acquireCircularGeq, 1n, ALL, true], ['behind', OP.acquireCircularGeq, 4n, 5n, false],
  ['a bit in common', OP.acquireAnd, 6n, 2n, true], ['none', OP.acquireAnd, 4n, 2n, false],
  ['a bit in neither', OP.acquireNor, 0n, 0n, true], ['all in one of them', OP.acquireNor, 0xffff_0000n, 0xffffn, false],
])('an acquire: %s', (_, operation, value, payload, done) => {
  expect(satisfied({ operation, payload, wide: false }, value)).toBe(done);
});

test('an acquire of 64 bits goes round at 64', () => {
  expect(satisfied({ operation: OP.acquireCircularGeq, payload: 2n ** 64n - 1n, wide: true }, 3n)).toBe(true);
  expect(satisfied({ operation: OP.acquireCircularGeq, payload: 3n, wide: true }, 2n ** 64n - 1n)).toBe(false);
  expect(satisfied({ operation: OP.acquireNor, payload: ALL, wide: true }, 0n)).toBe(true);
});

test.each<[string, number, boolean, bigint, bigint, bigint]>([
  ['least, signed', R.min, false, ALL, 1n, ALL], ['least, unsigned', R.min, true, ALL, 1n, 1n],
  ['most, signed', R.max, false, ALL, 1n, 1n], ['most, unsigned', R.max, true, ALL, 1n, ALL],
  ['xor', R.xor, true, 6n, 3n, 5n], ['and', R.and, true, 6n, 3n, 2n], ['or', R.or, true, 6n, 3n, 7n],
  ['add, gone round', R.add, true, ALL, 2n, 1n], ['add, signed', R.add, false, 3n, ALL, 2n],
  ['up', R.inc, true, 2n, 4n, 3n], ['up to the payload', R.inc, true, 3n, 4n, 4n], ['and round', R.inc, true, 4n, 4n, 0n],
  ['down', R.dec, true, 2n, 4n, 1n], ['round at zero', R.dec, true, 0n, 4n, 4n], ['and above the payload', R.dec, true, 9n, 4n, 4n],
])('a reduction: %s', (_, operation, unsigned, old, payload, value) => {
  expect(reduced({ operation, unsigned, payload, wide: false }, old)).toBe(value);
});

test.each<[number, boolean, boolean]>([[R.inc, true, true], [R.dec, true, true], [R.add, false, true], [R.inc, false, false], [8, true, false]])(
  'reduction %i has no form that is unsigned %s and wide %s', (operation, unsigned, wide) => {
    expect(() => reduced({ operation, unsigned, payload: 1n, wide }, 1n)).toThrow(HostFault);
  });

test('a counter that goes up meets every value up to its payload', () => {
  fc.assert(fc.property(fc.bigInt({ min: 0n, max: 50n }), (payload) => {
    let value = 0n;
    const seen: bigint[] = [];
    for (let i = 0n; i <= payload; i++) {
      seen.push(value);
      value = reduced({ operation: R.inc, unsigned: true, payload, wide: false }, value);
    }
    expect([value, new Set(seen).size]).toEqual([0n, Number(payload) + 1]);
  }));
});
