import fc from 'fast-check';
import { expect, it } from 'vitest';

import { ReleaseError, ReleaseStack } from './release-stack.ts';

it('gives back last first, each once, whatever fails', async () => {
  const plan = fc.array(fc.record({ fails: fc.boolean(), later: fc.boolean() }), { maxLength: 12 });
  await fc.assert(fc.asyncProperty(plan, async (entries) => {
    const stack = new ReleaseStack();
    const order: number[] = [];
    entries.forEach(({ fails, later }, index) => stack.defer(`entry ${index}`, async () => {
      if (later) await Promise.resolve();
      order.push(index);
      if (fails) throw new Error(`failed ${index}`);
    }));
    expect(stack.labels).toEqual(entries.map((_entry, index) => `entry ${index}`));
    const failing = entries.map(({ fails }, index) => (fails ? index : -1)).filter((index) => index >= 0).reverse();
    const outcome = await stack.release().then(() => undefined, (error: unknown) => error);
    expect(order).toEqual(entries.map((_entry, index) => index).reverse());
    if (failing.length === 0) expect(outcome).toBeUndefined();
    else if (failing.length === 1) expect(outcome).toMatchObject({ message: `failed ${failing[0]!}` });
    else {
      expect(outcome).toBeInstanceOf(ReleaseError);
      expect((outcome as ReleaseError).errors.map(String)).toEqual(failing.map((index) => `Error: failed ${index}`));
    }
    expect(stack.size).toBe(0);
    await stack.release();
    expect(order).toHaveLength(entries.length);
  }));
});

it('also gives back what a release adds, and lets a second caller wait', async () => {
  const stack = new ReleaseStack();
  const order: string[] = [];
  stack.defer('first', () => void order.push('first'));
  stack.defer('second', async () => {
    await Promise.resolve();
    stack.defer('third', () => void order.push('third'));
    order.push('second');
  });
  const both = [stack.release().then(() => order.push('one')), stack.release().then(() => order.push('two'))];
  await Promise.all(both);
  expect(order).toEqual(['second', 'third', 'first', 'one', 'two']);
});

it('moves what it holds', async () => {
  const order: string[] = [];
  const building = new ReleaseStack();
  building.defer('a', () => void order.push('a'));
  const done = building.move();
  await building.release();
  expect(order).toEqual([]);
  await done.release();
  expect(order).toEqual(['a']);
});
