import fc from 'fast-check';
import { expect, it } from 'vitest';

import type { AuxBus } from '../aux-bus.ts';
import { bench, client, code, gate, type Bench } from '../bench-fixture.ts';
import { AuxBusError, type Errno } from '../errno.ts';

const publish = (bus: AuxBus, id: number, name = 'client'): Promise<{ withdraw(): Promise<void> }> => bus.publish({ parent: bus.parent('p'), module: 'core', name, id });
const refuse = (why: Errno) => (): never => {
  throw new AuxBusError(why, 'as told');
};

it('7: a device has at most one driver, and that driver alone lists it', async () => {
  const { bus, log } = bench();
  await bus.registerDriver(client(log, { name: 'a' }));
  await bus.registerDriver(client(log, { name: 'b' }));
  await publish(bus, 0);
  await expect(bus.bind('client.b', 'core.client.0')).rejects.toEqual(code('EBUSY'));
  await expect(bus.unbind('client.b', 'core.client.0')).rejects.toEqual(code('ENODEV'));
  expect(bus.devices()[0]).toMatchObject({ driver: 'client.a', heldBy: 'client.a', phase: 'bound' });
});

it('8: probe is called on a device that is registered, live, unbound and matches, and on no other', async () => {
  const { bus, log } = bench();
  const seen: unknown[] = [];
  await bus.registerDriver(client(log, { probe: ({ name }) => (seen.push(bus.devices().find((one) => one.name === name)?.phase), name) }));
  const device = await publish(bus, 0);
  await publish(bus, 0, 'other');
  await bus.probe('core.client.0');
  await device.withdraw();
  await expect(bus.probe('core.client.0')).rejects.toEqual(code('ENODEV'));
  expect(seen).toEqual(['probing']);
});

it('9: the order of registrations does not matter when each device has one willing driver', async () => {
  await fc.assert(fc.asyncProperty(fc.shuffledSubarray([0, 1, 2, 3, 4, 5], { minLength: 6 }), async (order) => {
    const { bus, log } = bench();
    const all = [
      () => bus.registerDriver(client(log, { name: 'a', idTable: [{ name: 'core.a' }] })),
      () => bus.registerDriver(client(log, { name: 'b', idTable: [{ name: 'core.b' }] })),
      () => bus.registerDriver(client(log, { name: 'none', idTable: [{ name: 'core.a' }, { name: 'core.b' }], probe: refuse('ENODEV') })),
      () => publish(bus, 0, 'a'), () => publish(bus, 1, 'a'), () => publish(bus, 0, 'b'),
    ];
    for (const index of order) await all[index]!();
    expect(bus.devices().map(({ name, driver }) => `${name} ${driver}`).sort()).toEqual(['core.a.0 client.a', 'core.a.1 client.a', 'core.b.0 client.b']);
  }), { numRuns: 60 });
});

it('10: of several willing drivers the one that was registered first is bound', async () => {
  await fc.assert(fc.asyncProperty(fc.array(fc.boolean(), { minLength: 1, maxLength: 5 }), async (willing) => {
    const { bus, log } = bench();
    for (const [index, yes] of willing.entries()) await bus.registerDriver(client(log, { name: `${index}`, ...(!yes && { probe: refuse('EIO') }) }));
    await publish(bus, 0);
    expect(bus.devices()[0]!.driver).toBe(willing.includes(true) ? `client.${willing.indexOf(true)}` : undefined);
  }));
});

it('11: a failed probe leaves no driver, no data, no resources, no power and no links', async () => {
  const { bus, log } = bench();
  await bus.registerDriver(client(log, { name: 'supplier', idTable: [{ name: 'core.supplier' }] }));
  await publish(bus, 0, 'supplier');
  await bus.registerDriver(client(log, { probe: (device) => {
    device.defer('x', () => void log.push('released'));
    device.addIrq(7);
    device.link('core.supplier.0');
    expect(bus.devices()[1]).toMatchObject({ heldBy: 'client', irqs: [7], resources: ['x', 'irq 7'], suppliers: [{ supplier: 'core.supplier.0', state: 'consumer probe' }] });
    throw new AuxBusError('EIO', 'no');
  } }));
  await bus.publish({ parent: bus.parent('p'), module: 'core', name: 'client', id: 0, powerDomain: { attach: () => void log.push('power on'), detach: () => void log.push('power off') } });
  expect(bus.devices()[1]).toMatchObject({ driver: undefined, heldBy: undefined, driverData: false, resources: [], irqs: [], suppliers: [] });
  expect(log.filter((line) => !line.includes(' core'))).toEqual(['power on', 'released', 'power off']);
});

it('12: add succeeds whatever becomes of the probe', async () => {
  for (const answer of ['ENODEV', 'ENXIO', 'EIO', 'EPROBE_DEFER', 'EEXIST', 'EINVAL'] as const) {
    const { bus, log } = bench();
    await bus.registerDriver(client(log, { probe: refuse(answer) }));
    await expect(publish(bus, 0)).resolves.toMatchObject({ name: 'core.client.0' });
  }
});

it('13: every remove follows a successful probe, and in the end there are as many', async () => {
  await fc.assert(fc.asyncProperty(fc.array(fc.constantFrom('bind', 'unbind', 'probe'), { maxLength: 12 }), fc.infiniteStream(fc.boolean()), async (steps, succeeds) => {
    const { bus } = bench();
    const trace: string[] = [];
    const driver = await bus.registerDriver({ module: 'client', idTable: [{ name: 'core.client' }], remove: () => void trace.push('r'), probe: () => {
      if (succeeds.next().value) trace.push('p');
      else refuse('EIO')();
    } });
    await publish(bus, 0);
    for (const step of steps) await (step === 'probe' ? bus.probe('core.client.0') : bus[step]('client', 'core.client.0')).catch(() => undefined);
    await driver.unregister();
    expect(trace.join('')).toMatch(/^(pr)*$/);
  }));
});

it('14: probe, remove, shutdown and sleep of one device never overlap', async () => {
  const { bus } = bench();
  let inside = 0;
  const callback = async (): Promise<void> => {
    expect(inside++).toBe(0);
    await new Promise((resolve) => setImmediate(resolve));
    inside--;
  };
  await bus.registerDriver({ module: 'client', idTable: [{ name: 'core.client' }], probe: callback, remove: callback, shutdown: callback, pm: { suspend: callback, resume: callback } });
  const device = await publish(bus, 0);
  await Promise.all([bus.suspend().then(() => bus.resume()), bus.unbind('client', 'core.client.0'), bus.bind('client', 'core.client.0').catch(() => undefined), bus.shutdown(), device.withdraw()]);
  expect(inside).toBe(0);
});

async function slowDriver({ bus, log }: Bench): Promise<{ readonly open: () => void; readonly leaving: Promise<unknown> }> {
  const [slow, started] = [gate(), gate()];
  const driver = await bus.registerDriver(client(log, { probe: async () => {
    started.open();
    await slow.wait;
    log.push('probed');
    return 'it';
  } }));
  void publish(bus, 0);
  await started.wait;
  return { open: () => slow.open(), leaving: driver.unregister().then(() => log.push('unregistered')) };
}

it('15: when unregistering a driver is over, none of its callbacks runs or will run', async () => {
  const one = bench();
  const { open, leaving } = await slowDriver(one);
  const name = one.bus.registerDriver(client(one.log));
  await expect(name).rejects.toEqual(code('EBUSY'));
  open();
  await leaving;
  await one.bus.probe('core.client.0');
  expect(one.log.filter((line) => !line.includes('core'))).toEqual(['probed', 'remove it', 'unregistered']);
});

it('16: unregistering a driver removes its devices in the reverse of the order in which they were bound', async () => {
  await fc.assert(fc.asyncProperty(fc.shuffledSubarray([0, 1, 2, 3, 4], { minLength: 5 }), async (order) => {
    const { bus, log } = bench();
    bus.autoprobe = false;
    const driver = await bus.registerDriver(client(log));
    for (const id of [0, 1, 2, 3, 4]) await publish(bus, id);
    for (const id of order) await bus.bind('client', `core.client.${id}`);
    log.length = 0;
    await driver.unregister();
    expect(log.filter((line) => line.startsWith('remove'))).toEqual([...order].reverse().map((id) => `remove state of core.client.${id}`));
  }));
});

it('17: after an unbind nothing binds again by itself', async () => {
  const { bus, log } = bench();
  await bus.registerDriver(client(log));
  await publish(bus, 0);
  await bus.unbind('client', 'core.client.0');
  await publish(bus, 1);
  await bus.settled();
  expect(bus.devices().map(({ driver }) => driver)).toEqual([undefined, 'client']);
  expect(bus.explain('client', 'core.client.0').verdict).toBe('let go');
});

it('18: ENODEV and ENXIO are never reported as errors, other failures exactly once', async () => {
  for (const [answer, reports] of [['ENODEV', 0], ['ENXIO', 0], ['EPROBE_DEFER', 0], ['EIO', 1], ['EINVAL', 1]] as const) {
    const { bus, log, points } = bench();
    await bus.registerDriver(client(log, { probe: refuse(answer) }));
    await publish(bus, 0);
    expect(points.filter((point) => point === 'aux-bus.probe.failed')).toHaveLength(reports);
  }
});

it('19: with autoprobe off neither add nor registering a driver probes; bind does', async () => {
  const { bus, log } = bench();
  bus.autoprobe = false;
  await publish(bus, 0);
  await bus.registerDriver(client(log));
  await publish(bus, 1);
  expect(log.filter((line) => line.startsWith('probe'))).toEqual([]);
  expect(bus.explain('client', 'core.client.1')).toMatchObject({ verdict: 'never tried', text: 'client and core.client.1 match and were never tried on each other: autoprobe is off' });
  await bus.bind('client', 'core.client.1');
  expect(log.filter((line) => line.startsWith('probe'))).toEqual(['probe core.client.1']);
});

it('20: binding by hand what does not match is ENODEV, and nothing is probed, bound or not', async () => {
  const { bus, log } = bench();
  await bus.registerDriver(client(log));
  await bus.registerDriver(client(log, { name: 'other', idTable: [{ name: 'core.other' }] }));
  await publish(bus, 0);
  await publish(bus, 1);
  await bus.unbind('client', 'core.client.1');
  log.length = 0;
  for (const id of [0, 1]) await expect(bus.bind('client.other', `core.client.${id}`)).rejects.toEqual(code('ENODEV'));
  expect(log).toEqual([]);
});

it('21: binding by hand what defers is EAGAIN, and the list of those that wait stays as it is', async () => {
  const { bus, log } = bench();
  bus.autoprobe = false;
  await bus.registerDriver(client(log, { probe: refuse('EPROBE_DEFER') }));
  for (const id of [0, 1]) await publish(bus, id);
  await bus.probe('core.client.1');
  const before = bus.waits();
  expect(before).toEqual([{ who: 'core.client.1', for: 'another binding', why: 'client: as told' }]);
  for (const id of [0, 1]) await expect(bus.bind('client', `core.client.${id}`)).rejects.toEqual(code('EAGAIN'));
  expect(bus.waits()).toEqual(before);
});
