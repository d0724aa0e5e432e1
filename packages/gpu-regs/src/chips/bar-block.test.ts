import fc from 'fast-check';
import { expect, it } from 'vitest';

import { barBlockAddress, barBlockValues, CHIPS } from '../index.ts';

it.each(['tu102', 'ad102', 'gh100', 'gb202'] as const)('%s: both registers name the instance block that they were told', (chip) => {
  for (const block of CHIPS[chip].family.barBlocks) {
    fc.assert(fc.property(fc.nat(2 ** 28 - 1), (page) => {
      const { low, high } = barBlockValues(block, page * 0x1000);
      expect(barBlockAddress(block, low, high)).toBe(page * 0x1000);
    }));
  }
});

it('puts the address where manuals have it', () => {
  const [bar1, bar2] = CHIPS.gb202.family.barBlocks;
  expect([bar1.low.address, bar1.high?.address, bar2.low.address, bar2.high?.address]).toEqual([0xb80f60, 0xb80f64, 0xb80f70, 0xb80f74]);
  expect(barBlockValues(bar1, 0x7_1234_5000)).toEqual({ low: 0x1234_5200, high: 7 });
  expect(barBlockValues(CHIPS.ad102.family.barBlocks[0], 0x7_1234_5000)).toEqual({ low: 0x8071_2345, high: 0 });
});
