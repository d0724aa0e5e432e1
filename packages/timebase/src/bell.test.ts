import { expect, it } from 'vitest';

import { createBell } from './bell.ts';
import { createRealClock } from './real-clock.ts';
import { createVirtualClock } from './virtual-clock.ts';

const WAIT = { bound: 1e9, every: 1e8, reason: 'the bell' } as const;

it('a wait of a virtual clock looks when the bell rings, not at its period', async () => {
  const clock = createVirtualClock();
  const wake = createBell();
  let ready = false;
  const waiting = clock.until(() => ready, { ...WAIT, wake });
  await clock.sleep(1234, 'a moment');
  ready = true;
  wake.ring();
  await waiting;
  expect(clock.now()).toBe(1234);
  // Nobody listens any more: nothing happens.
  wake.ring();
});

it('a bell that rings too early is one more look, and the period and the bound stay', async () => {
  const clock = createVirtualClock();
  const wake = createBell();
  const looks: number[] = [];
  const waiting = clock.until(() => (looks.push(clock.now()), false), { bound: 2e8, every: 1e8, reason: 'nothing', wake });
  await clock.sleep(5e7, 'a moment');
  wake.ring();
  await expect(waiting).rejects.toMatchObject({ code: 'TIMEOUT' });
  expect(looks).toEqual([0, 5e7, 15e7, 2e8]);
});

it('a wait of a real clock is woken from its sleep', async () => {
  let now = 0;
  // Sleeps end only when the test lets them.
  const sleeping: (() => void)[] = [];
  const clock = createRealClock({ now: () => now, sleep: () => new Promise((resolve) => sleeping.push(resolve)) });
  const wake = createBell();
  let ready = false;
  const waiting = clock.until(() => ready, { ...WAIT, wake });
  await Promise.resolve();
  now = 77;
  ready = true;
  wake.ring();
  await waiting;
  expect(sleeping).toHaveLength(1);
});

it('listeners come and go while it rings', () => {
  const bell = createBell();
  const heard: string[] = [];
  const leaveA = bell.listen(() => { heard.push('a'); leaveA(); });
  bell.listen(() => heard.push('b'));
  bell.ring();
  bell.ring();
  expect(heard).toEqual(['a', 'b', 'b']);
});
