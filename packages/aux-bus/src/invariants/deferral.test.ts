import fc from 'fast-check';
import { expect, it } from 'vitest';

import type { AuxBus } from '../aux-bus.ts';
import { bench, client, gate } from '../bench-fixture.ts';
import { AuxBusError } from '../errno.ts';

const publish = (bus: AuxBus, name: string, id = 0): Promise<{ withdraw(): Promise<void> }> => bus.publish({ parent: bus.parent('p'), module: 'core', name, id });
const later = (): never => {
  throw new AuxBusError('EPROBE_DEFER', 'not yet', { waitsFor: 'core.client.9' });
};

it('22: a device that waits is tried again after every later successful bind, in the order of waiting', async () => {
  await fc.assert(fc.asyncProperty(fc.integer({ min: 1, max: 5 }), fc.integer({ min: 0, max: 5 }), async (waiting, binds) => {
    const { bus, log } = bench();
    const tried: string[] = [];
    await bus.registerDriver(client(log, { name: 'late', idTable: [{ name: 'core.late' }], probe: ({ name }) => (tried.push(name), later()) }));
    await bus.registerDriver(client(log));
    const names = Array.from({ length: waiting }, (_one, id) => `core.late.${id}`);
    for (let id = 0; id < waiting; id++) await publish(bus, 'late', id);
    for (let id = 0; id < binds; id++) {
      await publish(bus, 'client', id);
      await bus.settled();
    }
    expect(tried).toEqual(Array.from({ length: binds + 1 }, () => names).flat());
  }), { numRuns: 40 });
});

it('23: a success while a probe runs that then defers has it tried again', async () => {
  await fc.assert(fc.asyncProperty(fc.scheduler(), async (scheduler) => {
    const { bus, log } = bench();
    let there = false;
    await bus.registerDriver(client(log, { name: 'late', idTable: [{ name: 'core.late' }], probe: async () => {
      const found = there;
      await scheduler.schedule(Promise.resolve(), 'late probe');
      return found ? 'late' : later();
    } }));
    await bus.registerDriver(client(log, { probe: async () => {
      await scheduler.schedule(Promise.resolve(), 'client probe');
      there = true;
      return 's';
    } }));
    await scheduler.waitFor(Promise.all([publish(bus, 'late'), publish(bus, 'client')]));
    await scheduler.waitFor(bus.settled());
    expect(bus.devices().map(({ driver }) => driver)).toEqual(['client.late', 'client']);
  }));
});

it('24: without new successes the trying again ends, also when a driver publishes before it defers', async () => {
  const { bus, log } = bench();
  let probes = 0;
  await bus.registerDriver(client(log, { name: 'child', idTable: [{ name: 'core.child' }] }));
  await bus.registerDriver(client(log, { name: 'late', idTable: [{ name: 'core.late' }], probe: () => (probes++, later()) }));
  for (const id of [0, 1, 2]) await publish(bus, 'late', id);
  await publish(bus, 'child', 0);
  await bus.settled();
  expect(probes).toBe(6);
  // What it publishes is bound, and would wake it for ever.
  await bus.registerDriver(client(log, { name: 'loop', idTable: [{ name: 'core.loop' }], probe: async (device) => {
    await bus.publish({ parent: device.asParent, module: 'core', name: 'child', id: 100 });
    return later();
  } }));
  await publish(bus, 'loop');
  await bus.settled();
  expect(bus.explain('client.loop', 'core.loop.0')).toMatchObject({ verdict: 'refused', lastProbe: { code: 'EINVAL', attempts: 1 } });
  expect(bus.devices().some(({ name }) => name === 'core.child.100')).toBe(false);
});

it('25: deletion or success takes a device off the list of those that wait, and its reason with it', async () => {
  const { bus, log } = bench();
  let ready = false;
  await bus.registerDriver(client(log, { probe: () => (ready ? 's' : later()) }));
  const devices = [await publish(bus, 'client', 0), await publish(bus, 'client', 1)];
  expect(bus.waits()).toEqual([0, 1].map((id) => ({ who: `core.client.${id}`, for: 'core.client.9', why: 'client: not yet' })));
  await devices[0]!.withdraw();
  expect(bus.waits().map(({ who }) => who)).toEqual(['core.client.1']);
  ready = true;
  // Nothing is tried again meanwhile that would notice by itself.
  bus.autoprobe = false;
  await bus.bind('client', 'core.client.1');
  expect(bus.waits()).toEqual([]);
  expect(bus.devices()[0]!.deferred).toBeUndefined();

  // Also while its probe is under way, and then defers.
  bus.autoprobe = true;
  const [slow, started] = [gate(), gate()];
  await bus.registerDriver(client(log, { name: 'slow', idTable: [{ name: 'core.slow' }], probe: async () => {
    started.open();
    await slow.wait;
    return later();
  } }));
  const adding = publish(bus, 'slow');
  await started.wait;
  const parent = bus.tree().at(-1)!.name;
  expect(parent).toBe('p');
  const deleting = adding.then((device) => device.withdraw());
  slow.open();
  await deleting;
  expect(bus.waits()).toEqual([]);
});
