import fc from 'fast-check';
import { expect, test } from 'vitest';

import { AddressOrder } from './address-order.ts';

test('does what a sorted list does, however short its runs are', () => {
  const step = fc.record({ take: fc.boolean(), address: fc.nat(80) });
  fc.assert(fc.property(fc.array(step, { maxLength: 200 }), fc.integer({ min: 2, max: 9 }), (steps, limit) => {
    const order = new AddressOrder<{ readonly address: number }>(limit);
    let list: { readonly address: number }[] = [];
    for (const { take, address } of steps) {
      const there = list.find((item) => item.address === address);
      if (take && there) {
        order.remove(there);
        list = list.filter((item) => item !== there);
      } else if (!take && !there) {
        const item = { address };
        order.insert(item);
        list = [...list, item].sort((a, b) => a.address - b.address);
      }
      expect(order.size).toBe(list.length);
      for (const at of [-1, address - 1, address, address + 1, 81]) {
        expect(order.before(at)).toBe(list.filter((item) => item.address <= at).at(-1));
        expect(order.after(at)).toBe(list.find((item) => item.address > at));
      }
    }
    expect(order.clear()).toEqual(list);
    expect([order.size, order.before(100), order.after(-1)]).toEqual([0, undefined, undefined]);
  }));
});
