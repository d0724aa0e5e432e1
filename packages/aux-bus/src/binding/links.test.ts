import { expect, it } from 'vitest';

import type { AuxBus } from '../aux-bus.ts';
import { bench, client, code, free } from '../bench-fixture.ts';
import { AuxBusError } from '../errno.ts';

/** Two kinds of devices and a driver for each: `core.s.N` and `core.c.N`. */
async function pair(): Promise<{ readonly bus: AuxBus; readonly log: string[]; readonly add: (name: string) => Promise<unknown> }> {
  const { bus, log } = bench();
  for (const kind of ['s', 'c']) await bus.registerDriver(client(log, { name: kind, idTable: [{ name: `core.${kind}` }] }));
  const parent = bus.parent('p');
  return { bus, log, add: (name) => bus.publish({ parent, module: 'core', name, id: 0 }) };
}

const drivers = (bus: AuxBus): unknown => bus.devices().map(({ driver }) => driver);
const calls = (log: readonly string[]): string[] => log.filter((line) => /^(probe|remove) /.test(line)).map((line) => line.replace('state of ', ''));

it('has a consumer wait for its supplier, and let go before it', async () => {
  const { bus, log, add } = await pair();
  await add('s');
  await bus.unbind('client.s', 'core.s.0');
  // A consumer needs no more than to be initialised.
  const consumer = bus.initialize({ parent: bus.parent('p'), name: 'c', id: 0, release: free });
  bus.link(consumer, 'core.s.0');
  await consumer.add('core');
  expect(bus.waits()).toEqual([{ who: 'core.c.0', for: 'core.s.0', why: 'client.c: supplier core.s.0 is not ready' }]);
  expect(bus.devices()[1]!.suppliers).toEqual([{ supplier: 'core.s.0', state: 'dormant' }]);
  await bus.bind('client.s', 'core.s.0');
  await bus.settled();
  expect(bus.devices()[1]).toMatchObject({ driver: 'client.c', suppliers: [{ supplier: 'core.s.0', state: 'active' }] });
  log.length = 0;
  await bus.unbind('client.s', 'core.s.0');
  expect(calls(log)).toEqual(['remove core.c.0', 'remove core.s.0']);
  // Without autoprobe the consumer stays alone when the supplier comes back.
  await bus.bind('client.s', 'core.s.0');
  await bus.settled();
  expect(drivers(bus)).toEqual(['client.s', undefined]);
});

it('tries a consumer again when its supplier comes back, if it is to', async () => {
  const { bus, add } = await pair();
  await add('s');
  await add('c');
  bus.link('core.c.0', 'core.s.0', { autoprobe: true });
  await bus.unbind('client.s', 'core.s.0');
  expect(drivers(bus)).toEqual([undefined, undefined]);
  await bus.bind('client.s', 'core.s.0');
  await bus.settled();
  expect(drivers(bus)).toEqual(['client.s', 'client.c']);
});

it('drops a link with the side that it is tied to', async () => {
  for (const side of ['consumer', 'supplier'] as const) {
    const { bus, add } = await pair();
    await add('s');
    await add('c');
    bus.link('core.c.0', 'core.s.0', { autoremove: side });
    await bus.unbind('client.c', 'core.c.0');
    expect(bus.devices()[1]!.suppliers).toHaveLength(side === 'consumer' ? 0 : 1);
    await bus.unbind('client.s', 'core.s.0');
    expect(bus.devices()[1]!.suppliers).toHaveLength(0);
  }
});

it('refuses cycles, also through parents, and options that contradict each other', async () => {
  const { bus, log, add } = await pair();
  await bus.registerDriver(client(log, { name: 'upper', idTable: [{ name: 'core.upper' }], probe: async (device) => {
    await bus.publish({ parent: device.asParent, module: 'upper', name: 'lower', id: 0 });
    return '';
  } }));
  await add('s');
  await add('c');
  await add('upper');
  bus.link('core.c.0', 'core.s.0');
  for (const [consumer, supplier] of [['core.s.0', 'core.c.0'], ['core.c.0', 'core.c.0'], ['core.upper.0', 'upper.lower.0']] as const) {
    expect(() => bus.link(consumer, supplier)).toThrow(code('EINVAL'));
  }
  expect(() => bus.link('upper.lower.0', 'core.upper.0')).not.toThrow();
  for (const options of [{ stateless: true, autoprobe: true }, { stateless: true, autoremove: 'consumer' }, { autoprobe: true, autoremove: 'supplier' }] as const) {
    expect(() => bus.link('core.upper.0', 'core.s.0', options)).toThrow(code('EINVAL'));
  }
  expect(() => bus.link('core.c.0', 'core.s.9')).toThrow(code('ENODEV'));
  expect(() => bus.link({} as never, 'core.s.0')).toThrow(code('EINVAL'));
});

it('puts what gets a supplier behind it in the power order, with all that depends on it', async () => {
  const { bus, add } = await pair();
  await add('c');
  await add('other');
  await add('s');
  bus.link('core.other.0', 'core.c.0', { stateless: true });
  const link = bus.link('core.c.0', 'core.s.0', { stateless: true });
  expect(bus.powerOrder()).toEqual(['core.s.0', 'core.c.0', 'core.other.0']);
  // It is about the order alone.
  await bus.unbind('client.s', 'core.s.0');
  expect(drivers(bus)).toEqual(['client.c', undefined, undefined]);
  const again = bus.link('core.c.0', 'core.s.0', { stateless: true });
  link.remove();
  expect(bus.devices()[0]!.suppliers).toHaveLength(1);
  again.remove();
  expect(bus.devices()[0]!.suppliers).toHaveLength(0);
  expect(() => again.remove()).toThrow(code('EINVAL'));
  const managed = bus.link('core.c.0', 'core.s.0');
  expect(() => managed.remove()).toThrow(code('EINVAL'));
});

it('lets a driver ask for a supplier in probe: it waits until that is bound', async () => {
  const { bus, log, add } = await pair();
  const kept: { link?: () => void } = {};
  await bus.registerDriver(client(log, { name: 'needy', idTable: [{ name: 'core.needy' }], probe: (device) => {
    device.link('core.s.0');
    kept.link = () => device.link('core.s.0');
    return 'needy';
  } }));
  await add('needy');
  // There is no such device yet: that is a refusal. It is one that waits, once there is.
  expect(bus.explain('client.needy', 'core.needy.0')).toMatchObject({ verdict: 'refused', lastProbe: { code: 'ENODEV' } });
  bus.autoprobe = false;
  await add('s');
  await bus.probe('core.needy.0');
  expect(bus.waits()).toEqual([{ who: 'core.needy.0', for: 'core.s.0', why: 'client.needy: supplier core.s.0 is not ready' }]);
  bus.autoprobe = true;
  await bus.bind('client.s', 'core.s.0');
  await bus.settled();
  expect(drivers(bus)).toEqual(['client.needy', 'client.s']);
  expect(kept.link!).toThrow(code('EPERM'));
  log.length = 0;
  await bus.unbind('client.s', 'core.s.0');
  expect(calls(log)).toEqual(['remove needy', 'remove core.s.0']);
  expect(bus.devices()[0]!.suppliers).toEqual([]);
});

it('drops links with either device', async () => {
  const { bus, add } = await pair();
  const supplier = (await add('s')) as { withdraw(): Promise<void> };
  await add('c');
  bus.link('core.c.0', 'core.s.0');
  await supplier.withdraw();
  expect(bus.devices()).toMatchObject([{ name: 'core.c.0', driver: undefined, suppliers: [] }]);
  await expect(bus.bind('client.c', 'core.c.0')).resolves.toBeUndefined();
  await expect(bus.bind('client.c', 'core.c.0')).rejects.toBeInstanceOf(AuxBusError);
});
