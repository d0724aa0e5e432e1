import { isDeepStrictEqual } from 'node:util';

import { createGspRm } from '@nova-stack/gsp-rm';
import { createGpu } from '@nova-stack/hw-model';
import { BOARDS } from '@nova-stack/hw-model/boards';
import { createMachine, type Machine } from '@nova-stack/nova/machine';
import type { PciDevice } from '@nova-stack/pci';
import type { TraceEvent } from '@nova-stack/trace';
import fc from 'fast-check';
import { expect, test } from 'vitest';

interface Run {
  readonly events: readonly string[];
}

/** Between two steps of the driver: `at` counts the driver's own trace points. */
type Meddle = (machine: Machine) => void;

/** A boot and an unload, with something done to the model between two steps. */
async function run(at: number, meddle: Meddle): Promise<Run> {
  const events: string[] = [];
  const driver = { steps: 0 };
  const machine: Machine = createMachine({
    board: 'l40',
    sinks: [({ at: time, point, args }: TraceEvent) => {
      if (point === 'pci.slot.replaced') return;
      events.push(`${time} ${point} ${JSON.stringify(args, (_, value: unknown) => (typeof value === 'bigint' ? `${value}n` : value))}`);
      if (point.startsWith('nova-core.') && driver.steps++ === at) meddle(machine);
    }],
  });
  const [device] = machine.pci.find({ vendor: 0x10de, baseClass: 0x03 }) as [PciDevice];
  const core = await machine.core.probe(device);
  await core.unbind();
  return { events };
}

/** The GPU under the driver becomes another object, which has nothing of the first but its snapshot. */
const replace: Meddle = ({ gpu, slot, trace }) => {
  const fresh = createGpu({ board: BOARDS.l40, firmware: createGspRm(), trace });
  fresh.restore(structuredClone(gpu.snapshot()));
  slot.replace(fresh);
};

test('a GPU restored from a snapshot between any two driver steps goes on identically', async () => {
  const plain = await run(-1, () => undefined);
  const steps = plain.events.filter((event) => event.includes(' nova-core.')).length;
  expect(steps).toBeGreaterThan(30);
  await fc.assert(fc.asyncProperty(fc.nat(steps - 1), async (at) => {
    expect(await run(at, replace)).toEqual(plain);
  }), { numRuns: 25 });
}, 60_000);

test('a snapshot is plain data, and equal states give equal snapshots', async () => {
  const states: unknown[] = [];
  // The structured clone algorithm refuses whatever is not plain data.
  for (let i = 0; i < 2; i++) await run(40, ({ gpu }) => { states.push(structuredClone(gpu.snapshot())); });
  expect(states).toHaveLength(2);
  expect(isDeepStrictEqual(states[0], states[1])).toBe(true);
});
