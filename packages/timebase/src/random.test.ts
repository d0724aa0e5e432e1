import fc from 'fast-check';
import { expect, it } from 'vitest';

import { createRandom, restoreRandom } from './random.ts';

const seed = fc.integer({ min: 0, max: 2 ** 32 - 1 });

it('gives the same numbers for the same seed, and goes on from a saved state', () => {
  fc.assert(fc.property(seed, fc.nat(50), (start, drawn) => {
    const one = createRandom(start);
    const two = createRandom(start);
    for (let i = 0; i < drawn; i++) expect(two.u32()).toBe(one.u32());
    const three = restoreRandom(structuredClone(one.state()));
    expect([...three.bytes(9), three.fork('x').u32()]).toEqual([...one.bytes(9), one.fork('x').u32()]);
  }));
});

it('forks by label, whatever was drawn before', () => {
  fc.assert(fc.property(seed, fc.nat(20), (start, drawn) => {
    const one = createRandom(start);
    const two = createRandom(start);
    for (let i = 0; i < drawn; i++) one.u32();
    expect(one.fork('vram').u32()).toBe(two.fork('vram').u32());
    expect(one.fork('vram').bytes(16)).not.toEqual(one.fork('vran').bytes(16));
  }));
});

it('stays below the limit and favours nobody', () => {
  fc.assert(fc.property(seed, fc.integer({ min: 1, max: 2 ** 32 }), (start, limit) => {
    const value = createRandom(start).below(limit);
    expect(value >= 0 && value < limit && Number.isInteger(value)).toBe(true);
  }));
  const random = createRandom(7);
  const counts = new Array<number>(6).fill(0);
  for (let i = 0; i < 60_000; i++) counts[random.below(6)]!++;
  for (const count of counts) expect(Math.abs(count - 10_000)).toBeLessThan(500);
});

it('refuses seeds and limits outside 32 bits', () => {
  expect(() => createRandom(-1)).toThrow(expect.objectContaining({ code: 'BAD_RANDOM' }));
  expect(() => createRandom(1).below(0)).toThrow('from 1 to 2^32');
  expect(() => restoreRandom({ key: 1, words: [0, 0, 0.5, 0] })).toThrow('expected integers');
});
