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

it('gives one back before its turn, or forgets it, once', async () => {
  const order: string[] = [];
  const stack = new ReleaseStack();
  const [a, b, c] = ['a', 'b', 'c'].map((name) => stack.defer(name, () => void order.push(name)));
  expect([await a!.release(), await a!.release(), b!.forget(), b!.forget()]).toEqual([true, false, true, false]);
  const moved = stack.move();
  expect(c!.forget()).toBe(true);
  await moved.release();
  expect(order).toEqual(['a']);
});

it('gives a group back at once, with the groups inside it', async () => {
  const order: string[] = [];
  const stack = new ReleaseStack();
  const hold = (name: string): void => void stack.defer(name, () => void order.push(name));
  hold('before');
  const outer = stack.group();
  hold('outer 1');
  const inner = stack.group();
  hold('inner');
  inner.close();
  hold('outer 2');
  outer.close();
  hold('after');
  await outer.release();
  expect(order).toEqual(['outer 2', 'inner', 'outer 1']);
  await inner.release();
  await stack.release();
  expect(order.slice(3)).toEqual(['after', 'before']);
});
