import { expect, it } from 'vitest';

import { createRealClock } from './real-clock.ts';
import { TimerQueue } from './timer-queue.ts';

/** The host's time, made up: a sleep takes what it is told and a little more. */
function hostTime(): { now(): number; sleep(duration: number): Promise<void>; readonly slept: number[] } {
  let time = 1_000_000;
  const slept: number[] = [];
  return {
    slept,
    now: () => time,
    async sleep(duration) {
      slept.push(duration);
      await Promise.resolve();
      time += duration + 3;
    },
  };
}

it('polls with the host sleeping in between, and runs device timers on the way', async () => {
  const time = hostTime();
  const clock = createRealClock(time);
  const timers = new TimerQueue();
  const fired: number[] = [];
  clock.attach({ nextDue: () => timers.nextDue(), runDue: (now) => timers.runDue(now, ({ at }) => fired.push(at)) });
  timers.arm({ at: 1_014_000, unit: 'u', event: 'e', arg: 0 });
  await clock.until(() => fired.length > 0, { bound: 1e6, reason: 'the timer' });
  expect(fired).toEqual([1_014_000]);
  expect(time.slept.map((duration) => Math.round(duration / 100) * 100)).toEqual([10_000, 4000, 6000]);
});

it('fails at the bound, not before', async () => {
  const time = hostTime();
  const clock = createRealClock(time);
  await expect(clock.until(() => false, { bound: 25_000, reason: 'nothing' })).rejects.toMatchObject({ code: 'TIMEOUT', reason: 'nothing', bound: 25_000 });
  expect(time.now()).toBeGreaterThanOrEqual(1_025_000);
  await clock.sleep(500, 'a nap');
  await clock.until(() => true, { bound: 0, reason: 'at once' });
  await expect(clock.until(() => { throw new RangeError('bad'); }, { bound: 1, reason: 'x' })).rejects.toThrow('bad');
});

it('defers a task past the running code, and pumps on accesses', async () => {
  const clock = createRealClock(hostTime());
  const log: string[] = [];
  const detach = clock.attach({ nextDue: () => (log.includes('timer') ? undefined : 0), runDue: () => log.push('timer') });
  clock.defer(() => log.push('task'));
  clock.spend(5);
  log.push('running');
  await clock.sleep(1, 'a moment');
  expect(log).toEqual(['timer', 'running', 'task']);
  detach();
});
