import fc from 'fast-check';
import { expect, it } from 'vitest';

import { TimerQueue } from './timer-queue.ts';
import type { TimerRecord } from './timers.ts';

const timer = fc.record({ at: fc.nat(20), unit: fc.constantFrom('a', 'b'), event: fc.constantFrom('x', 'y'), arg: fc.nat() });

it('gives timers back in order of time, equals in the order in which they were armed', () => {
  fc.assert(fc.property(fc.array(timer), (timers) => {
    const queue = new TimerQueue();
    for (const record of timers) queue.arm(record);
    const fired: TimerRecord[] = [];
    queue.runDue(20, (record) => fired.push(record));
    expect(fired).toEqual(timers.toSorted((a, b) => a.at - b.at));
    expect(queue.nextDue()).toBeUndefined();
  }));
});

it('agrees with a plain list over any sequence of arming, disarming and running', () => {
  const step = fc.oneof(
    fc.record({ op: fc.constant('arm' as const), timer }),
    fc.record({ op: fc.constant('disarm' as const), unit: fc.constantFrom('a', 'b'), event: fc.option(fc.constantFrom('x', 'y'), { nil: undefined }) }),
    fc.record({ op: fc.constant('run' as const), now: fc.nat(20) }),
  );
  fc.assert(fc.property(fc.array(step), (steps) => {
    const state: TimerRecord[] = [];
    const queue = new TimerQueue(state);
    let model: TimerRecord[] = [];
    for (const one of steps) {
      if (one.op === 'arm') {
        queue.arm(one.timer);
        model = [...model, one.timer].sort((a, b) => a.at - b.at);
      } else if (one.op === 'disarm') {
        const keep = model.filter(({ unit, event }) => !(unit === one.unit && (one.event === undefined || event === one.event)));
        expect(queue.disarm(one.unit, one.event)).toBe(model.length - keep.length);
        model = keep;
      } else {
        const fired: TimerRecord[] = [];
        queue.runDue(one.now, (record) => fired.push(record));
        expect(fired).toEqual(model.filter(({ at }) => at <= one.now));
        model = model.filter(({ at }) => at > one.now);
      }
      expect(state).toEqual(model);
      expect(queue.nextDue()).toBe(model[0]?.at);
    }
  }));
});

it('takes over restored records in any order', () => {
  const queue = new TimerQueue([{ at: 5, unit: 'u', event: 'late', arg: 0 }, { at: 1, unit: 'u', event: 'early', arg: 0 }]);
  expect(queue.take(9)?.event).toBe('early');
  expect(queue.take(4)).toBeUndefined();
});

it('refuses a time that is none', () => {
  expect(() => new TimerQueue().arm({ at: NaN, unit: 'u', event: 'e', arg: 0 })).toThrow(expect.objectContaining({ code: 'BAD_TIME' }));
});
