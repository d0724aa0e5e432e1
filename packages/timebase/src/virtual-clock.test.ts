import fc from 'fast-check';
import { describe, expect, it } from 'vitest';

import type { Nanoseconds, TimedHost } from './clock.ts';
import { TimerQueue } from './timer-queue.ts';
import { createVirtualClock, holding } from './virtual-clock.ts';

/** A device that notes when its timers fired. */
function device(log: (line: string) => void, name = 'dev'): TimedHost & { readonly timers: TimerQueue } {
  const timers = new TimerQueue();
  return {
    timers,
    nextDue: () => timers.nextDue(),
    runDue: (now) => timers.runDue(now, (timer) => log(`${name}.${timer.event}@${timer.at}/${now}`)),
  };
}

describe('virtual clock', () => {
  it('checks a predicate at once and lets no time pass when it holds', async () => {
    const clock = createVirtualClock();
    await clock.until(() => true, { bound: 0, reason: 'nothing' });
    expect(clock.now()).toBe(0);
  });

  it('tries a predicate at its period and fails at the bound with reason and bound', async () => {
    const clock = createVirtualClock();
    const tries: number[] = [];
    const wait = clock.until(() => (tries.push(clock.now()), false), { bound: 25_000, reason: 'a miracle' });
    await expect(wait).rejects.toMatchObject({ name: 'TimeoutError', code: 'TIMEOUT', reason: 'a miracle', bound: 25_000 });
    expect(tries).toEqual([0, 10_000, 20_000, 25_000]);
  });

  it('stops at a device timer on the way, so that what it changes is seen at the next try', async () => {
    const clock = createVirtualClock();
    const log: string[] = [];
    const dev = device((line) => log.push(line));
    clock.attach(dev);
    dev.timers.arm({ at: 12_345, unit: 'gfw', event: 'done', arg: 0 });
    await clock.until(() => log.length > 0, { bound: 1e9, reason: 'GFW' });
    expect(log).toEqual(['dev.done@12345/12345']);
    expect(clock.now()).toBe(20_000);
  });

  it('runs device timers that become due while accesses spend time', () => {
    const clock = createVirtualClock();
    const log: string[] = [];
    const dev = device((line) => log.push(line));
    const detach = clock.attach(dev);
    dev.timers.arm({ at: 900, unit: 'u', event: 'tick', arg: 0 });
    dev.timers.arm({ at: 5000, unit: 'u', event: 'late', arg: 0 });
    for (let i = 0; i < 5; i++) clock.spend(200);
    expect(log).toEqual(['dev.tick@900/1000']);
    detach();
    clock.spend(10_000);
    expect(log).toHaveLength(1);
  });

  it('ends a loop that polls without waiting, because accesses take time', async () => {
    const clock = createVirtualClock();
    const start = clock.now();
    while (clock.now() - start < 1_000_000) clock.spend(500);
    await clock.sleep(0, 'nothing');
    expect(clock.now()).toBe(1_000_000);
  });

  it('does not move while something is held, and moves after', async () => {
    const clock = createVirtualClock();
    let release!: () => void;
    const reading = holding(clock, new Promise<void>((resolve) => (release = resolve)));
    const done: string[] = [];
    const sleeping = clock.sleep(10, 'a nap').then(() => done.push(`slept@${clock.now()}`));
    await new Promise((resolve) => setTimeout(resolve, 5));
    expect([clock.now(), done]).toEqual([0, []]);
    release();
    await Promise.all([reading, sleeping]);
    expect(done).toEqual(['slept@10']);
  });

  it('runs deferred tasks in order, after the running code, before time moves', async () => {
    const clock = createVirtualClock();
    const log: string[] = [];
    const sleeping = clock.sleep(1, 'a moment').then(() => log.push(`sleep@${clock.now()}`));
    clock.defer(() => log.push(`first@${clock.now()}`));
    clock.defer(() => log.push(`second@${clock.now()}`));
    log.push('sync');
    await Promise.resolve().then(() => log.push('microtask'));
    await sleeping;
    expect(log).toEqual(['sync', 'microtask', 'first@0', 'second@0', 'sleep@1']);
  });

  it('lets the code that a deferred task wakes run before any waiter is asked again', async () => {
    const clock = createVirtualClock();
    const dev = device(() => clock.defer(() => wake()));
    let wake = (): void => undefined;
    clock.attach(dev);
    dev.timers.arm({ at: 10_000, unit: 'u', event: 'irq', arg: 0 });
    const irq = new Promise<void>((resolve) => (wake = resolve));
    let acknowledged = false;
    void irq.then(() => (acknowledged = true));
    await clock.until(() => acknowledged, { bound: 10_000, reason: 'the interrupt' });
    expect(clock.now()).toBe(10_000);
  });

  it('refuses a host that does not run what is due', () => {
    const clock = createVirtualClock();
    clock.attach({ nextDue: () => 5, runDue: () => undefined });
    expect(() => clock.spend(5)).toThrow(expect.objectContaining({ code: 'BAD_HOST' }));
  });

  it('tells those who wait when a device timer or a deferred task fails', async () => {
    const clock = createVirtualClock();
    const dev = device(() => { throw new RangeError('device bug'); });
    clock.attach(dev);
    dev.timers.arm({ at: 100, unit: 'u', event: 'e', arg: 0 });
    const waits = [clock.sleep(200, 'a'), clock.until(() => false, { bound: 300, reason: 'b' })];
    for (const wait of waits) await expect(wait).rejects.toThrow('device bug');
    const nap = clock.sleep(1, 'a');
    clock.defer(() => { throw new RangeError('handler bug'); });
    await expect(nap).rejects.toThrow('handler bug');
    await clock.sleep(1, 'goes on');
  });

  it('gives up when the signal is aborted, with its reason', async () => {
    const clock = createVirtualClock();
    const signal = { aborted: false, reason: new Error('device gone') };
    const waiting = clock.until(() => false, { bound: 1e9, reason: 'never', signal });
    await Promise.all([
      expect(waiting).rejects.toThrow('device gone'),
      clock.sleep(30_000, 'a while').then(() => (signal.aborted = true)),
    ]);
    expect(clock.now()).toBe(40_000);
    await expect(clock.until(() => true, { bound: 1, reason: 'x', signal })).rejects.toThrow('device gone');
  });

  it('passes on what a predicate throws', async () => {
    const clock = createVirtualClock();
    let calls = 0;
    const wait = clock.until(() => {
      if (++calls === 3) throw new RangeError('bad status');
      return false;
    }, { bound: 1e6, reason: 'x' });
    await expect(wait).rejects.toThrow('bad status');
  });

  it.each([
    [{ bound: -1, reason: 'x' }], [{ bound: 1.5, reason: 'x' }], [{ bound: Infinity, reason: 'x' }],
    [{ bound: 1, every: 0, reason: 'x' }], [{ bound: Number.MAX_SAFE_INTEGER, reason: 'x' }],
  ])('refuses %o', async (options) => {
    const clock = createVirtualClock({ start: 1 });
    await expect(clock.until(() => true, options)).rejects.toMatchObject({ code: 'BAD_TIME' });
  });

  const plan = fc.record({
    seed: fc.nat(),
    timers: fc.array(fc.record({ at: fc.nat(200_000), host: fc.nat(2) }), { maxLength: 12 }),
    waits: fc.array(fc.record({ count: fc.nat(12), bound: fc.nat(150_000), every: fc.integer({ min: 1, max: 40_000 }), cost: fc.nat(3000) }), { maxLength: 6 }),
    sleeps: fc.array(fc.nat(100_000), { maxLength: 6 }),
  });
  type Plan = typeof plan extends fc.Arbitrary<infer T> ? T : never;

  /** Everything that happens, with its time. Predicates spend time, as those that read registers do. */
  async function run({ seed, timers, waits, sleeps }: Plan): Promise<{ log: string[]; early: string[] }> {
    const clock = createVirtualClock({ seed });
    const random = clock.random.fork('test');
    const log: string[] = [];
    const early: string[] = [];
    let fired = 0;
    const hosts = [0, 1, 2].map((n) => device((line) => (fired++, log.push(line)), `dev${n}`));
    for (const host of hosts) clock.attach(host);
    timers.forEach(({ at, host }, event) => hosts[host]!.timers.arm({ at, unit: 'u', event: String(event), arg: 0 }));
    const ends = [
      ...sleeps.map(async (duration, n) => {
        const begun = clock.now();
        await clock.sleep(duration, 'nap');
        log.push(`sleep${n}@${clock.now()} ${random.u32()}`);
        if (clock.now() < begun + duration) early.push(`sleep${n}`);
      }),
      ...waits.map(async ({ count, bound, every, cost }, n) => {
        const begun: Nanoseconds = clock.now();
        try {
          await clock.until(() => (clock.spend(cost), fired >= count), { bound, every, reason: 'timers' });
          log.push(`wait${n}@${clock.now()}`);
          if (fired < count) early.push(`wait${n}`);
        } catch {
          log.push(`timeout${n}@${clock.now()}`);
          if (clock.now() < begun + bound) early.push(`timeout${n}`);
        }
      }),
    ];
    await Promise.all(ends);
    return { log, early };
  }

  it('is a pure function of program and seed, and nobody wakes early', async () => {
    await fc.assert(fc.asyncProperty(plan, async (input) => {
      const first = await run(input);
      const second = await run(input);
      expect(second).toEqual(first);
      expect(first.early).toEqual([]);
    }), { numRuns: 100 });
  });

  it('fires device timers in order of time over all hosts', async () => {
    await fc.assert(fc.asyncProperty(plan, async (input) => {
      const { log } = await run({ ...input, waits: [], sleeps: [200_001] });
      const times = log.filter((line) => line.startsWith('dev')).map((line) => Number(/@(\d+)\//.exec(line)![1]));
      expect(times).toEqual(input.timers.map(({ at }) => at).sort((a, b) => a - b));
    }), { numRuns: 50 });
  });
});
