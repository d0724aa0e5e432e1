import { readFileSync } from 'node:fs';

import { expect, it, vi } from 'vitest';

import { createVirtualClock, TimerQueue } from './index.ts';

it('does what its README shows', async () => {
  const print = vi.spyOn(console, 'log').mockImplementation(() => undefined);

  const clock = createVirtualClock({ seed: 1 });

  // A device keeps its timers as plain records; the clock runs them when they are due.
  const timers = new TimerQueue();
  let ready = false;
  clock.attach({
    nextDue: () => timers.nextDue(),
    runDue: (now) => timers.runDue(now, ({ event }) => (ready = event === 'ready')),
  });
  timers.arm({ at: 4_000_000, unit: 'boot-rom', event: 'ready', arg: 0 });

  // A driver waits, never longer than a bound. No real time passes.
  await clock.until(() => ready, { bound: 30_000_000, reason: 'boot ROM' });
  console.log(clock.now()); // 4000000

  expect(print.mock.calls).toEqual([[4_000_000]]);
  print.mockRestore();
});

it('shows in its README what is tested here', () => {
  const read = (path: string): string => readFileSync(new URL(path, import.meta.url), 'utf8');
  const [, code] = /```ts\n(.*?)```/s.exec(read('../README.md'))!;
  const here = read(import.meta.url).replaceAll(/^ {2}/gm, '');
  for (const line of code!.replace('@nova-stack/timebase', './index.ts').split('\n')) expect(here).toContain(line);
});
