import fc from 'fast-check';
import { describe, expect, test } from 'vitest';

import { createFence, type Signal } from './fence.ts';
import { JobQueue } from './job-queue.ts';
import { Syncobj } from './syncobj.ts';

const tick = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

describe('a timeline', () => {
  test('is the same as a list of points, whatever signals in whichever order', () => {
    const step = fc.oneof(
      fc.record({ what: fc.constant('add' as const), by: fc.nat(3) }), fc.record({ what: fc.constant('signal' as const), by: fc.nat(9) }),
      fc.record({ what: fc.constant('replace' as const), by: fc.nat(1) }),
    );
    fc.assert(fc.property(fc.array(step, { maxLength: 40, size: 'max' }), (steps) => {
      const object = new Syncobj(false);
      /** What must hold: points with the signals of all that came before. */
      let points: { at: bigint; needs: Signal[] }[] = [];
      let open: Signal[] = [];
      const done = (needs: readonly Signal[]): boolean => needs.every(({ fence }) => fence.signalled);
      for (const { what, by } of steps) {
        if (what === 'add') {
          const signal = createFence();
          open.push(signal);
          const last = points.at(-1);
          const at = (last?.at ?? 0n) + BigInt(by);
          points.push({ at, needs: [...(last?.needs ?? []), signal] });
          object.add(at, signal.fence);
        } else if (what === 'signal') {
          const [signal] = open.splice(by % Math.max(1, open.length), 1);
          signal?.signal();
        } else {
          points = [];
          open = [];
          object.replace(by === 0 ? undefined : createFence().fence);
          if (by === 1) object.replace(undefined);
        }
        const reached = points.filter(({ needs }) => done(needs)).at(-1)?.at ?? 0n;
        expect(object.query(false)).toBe(reached);
        expect(object.query(true)).toBe(points.at(-1)?.at ?? 0n);
        for (let at = 1n; at <= (points.at(-1)?.at ?? 0n) + 1n; at++) {
          const point = points.find((one) => one.at >= at);
          expect(object.find(at)?.signalled).toBe(point && done(point.needs));
        }
        expect(object.find(0n)?.signalled).toBe(points.length === 0 ? undefined : done(points.at(-1)!.needs));
      }
    }), { numRuns: 300 });
  });
});

describe('a queue', () => {
  test('signals every job once, after what it waits for and after those before it, and a kill ends exactly those that are left', async () => {
    await fc.assert(fc.asyncProperty(
      fc.array(fc.record({ waits: fc.array(fc.nat(5), { maxLength: 3 }), fails: fc.boolean() }), { maxLength: 10 }), fc.array(fc.nat(5), { maxLength: 6 }), fc.option(fc.nat(6)),
      async (jobs, order, killAt) => {
        const inFences = Array.from({ length: 6 }, () => createFence());
        const queue = new JobQueue();
        const log: number[] = [];
        const ran = new Set<number>();
        const outs = jobs.map(({ waits, fails }, i) => {
          const fence = queue.push({
            waits: waits.map((n) => inFences[n]!.fence),
            run: () => {
              for (const n of waits) expect(inFences[n]!.fence.signalled).toBe(true);
              ran.add(i);
              if (fails) throw new Error('broken');
            },
          });
          fence.onSignal(() => log.push(i));
          return fence;
        });
        const alive = new Set<number>();
        for (const [step, n] of order.entries()) {
          if (step === killAt) break;
          inFences[n]!.signal();
          await tick();
        }
        for (const [i, fence] of outs.entries()) if (fence.signalled) alive.add(i);
        if (killAt !== null) {
          queue.kill('ENODEV');
          expect(() => queue.push({ waits: [] })).toThrow(expect.objectContaining({ code: 'ENODEV' }));
        }
        for (const signal of inFences) signal.signal('EIO');
        await queue.idle();
        await tick();
        expect(log).toEqual(jobs.map((_, i) => i));
        for (const [i, fence] of outs.entries()) {
          const killed = killAt !== null && !alive.has(i);
          expect(fence.error).toBe(killed ? 'ENODEV' : jobs[i]!.fails ? 'EIO' : undefined);
          expect(ran.has(i)).toBe(!killed);
        }
      },
    ), { numRuns: 200 });
  });
});
