import { expect, it } from 'vitest';

import { code, gate } from '../bench-fixture.ts';
import { Revocable } from './revocable.ts';

it('lends its value until it is revoked, waits for who has it, and disposes of it once', async () => {
  const order: string[] = [];
  const it = new Revocable('it', { n: 1 }, ({ n }) => void order.push(`disposed ${n}`));
  expect([it.access(({ n }) => n), it.tryAccess(({ n }) => n + 1), it.revoked, it.uses]).toEqual([1, 2, false, 0]);
  const slow = gate();
  const using = it.use(async ({ n }) => {
    await slow.wait;
    order.push(`used ${n}`);
    return n;
  });
  expect(it.uses).toBe(1);
  const revoking = [it.revoke(), it.revoke()];
  expect(it.revoked).toBe(true);
  expect(() => it.access(() => 0)).toThrow(code('ENODEV'));
  await expect(it.use(() => Promise.resolve(0))).rejects.toEqual(code('ENODEV'));
  expect(it.tryAccess(() => 0)).toBeUndefined();
  slow.open();
  // Both wait until the value is gone; one of them did it.
  expect(await Promise.all([using, ...revoking])).toEqual([1, true, false]);
  expect(order).toEqual(['used 1', 'disposed 1']);
});

it('survives users that fail', async () => {
  const it = new Revocable('it', 1);
  expect(() => it.access(() => {
    throw new Error('mine');
  })).toThrow('mine');
  await expect(it.use(() => Promise.reject(new Error('mine')))).rejects.toThrow('mine');
  expect(it.uses).toBe(0);
  expect(await it.revoke()).toBe(true);
});
