import fc from 'fast-check';
import { describe, expect, it } from 'vitest';

import { MODELLED } from '../invariants/table-fixture.ts';
import { begun, steps } from './commands-fixture.ts';
import { Ledger } from './ledger-fixture.ts';
import { Reference } from './reference-fixture.ts';
import { World } from './world-fixture.ts';

/** What both properties together look at. */
const total = new Ledger();

describe('the bus under a model', () => {
  it('does what the model does, step by step', async () => {
    await fc.assert(fc.asyncProperty(steps, async (commands) => {
      const world = new World();
      await fc.asyncModelRun(() => ({ model: new Reference(), real: world }), commands);
      await world.end();
      total.merge(world.ledger);
      expect(world.ledger.violations).toEqual([]);
    }), { numRuns: 300 });
  }, 60_000);

  it('keeps its promises over any interleaving of operations and callbacks', async () => {
    await fc.assert(fc.asyncProperty(begun, fc.scheduler(), async (commands, scheduler) => {
      const world = new World(() => scheduler.schedule(Promise.resolve(), 'callback'));
      await fc.scheduledModelRun(scheduler, () => ({ model: {}, real: world }), commands);
      await scheduler.waitIdle();
      await scheduler.waitFor(world.end());
      total.merge(world.ledger);
      expect(world.ledger.violations).toEqual([]);
    }), { numRuns: 300 });
  }, 60_000);

  it('looks at every invariant that it is said to look at', () => {
    expect(MODELLED.filter((invariant) => !total.looked.has(invariant))).toEqual([]);
  });
});
