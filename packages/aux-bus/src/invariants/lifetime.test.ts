import { expect, it } from 'vitest';

import { bench, client, code, free, gate } from '../bench-fixture.ts';
import type { ParentDevice } from '../device/parent.ts';
import type { InitializedDevice } from '../device/spec.ts';
import { AuxBusError } from '../errno.ts';

it('26: release runs once per initialised device, after the last put, and never after a failed init', async () => {
  const { bus } = bench();
  let released = 0;
  const spec = { parent: bus.parent('p'), name: 'client', id: 0, release: () => released++ };
  expect(() => bus.initialize({ ...spec, name: undefined as never })).toThrow(code('EINVAL'));
  expect(released).toBe(0);
  const device = bus.initialize(spec);
  const registered = await device.add('core');
  const put = device.get();
  const ref = registered.retain();
  await registered.delete();
  device.uninit();
  put();
  expect(released).toBe(0);
  ref.put();
  expect(released).toBe(1);
  expect(() => ref.put()).toThrow(code('EINVAL'));
  expect(released).toBe(1);
});

it('27: references are 1 after init, 3 after add, 1 after delete, and what others took', async () => {
  const { bus, log } = bench();
  const device = bus.initialize({ parent: bus.parent('p'), name: 'client', id: 0, release: free });
  const counts: number[] = [device.references];
  await bus.registerDriver(client(log, { probe: () => (counts.push(device.references), '') }));
  const registered = await device.add('core');
  counts.push(device.references);
  const put = device.get();
  counts.push(device.references);
  await registered.delete();
  counts.push(device.references);
  put();
  counts.push(device.references);
  // In the first probe: the registrant, the bus, and add itself; the parent does not list it yet.
  expect(counts).toEqual([1, 3, 3, 4, 2, 1]);
});

it('28: after delete a device is not found, bound or called, and its name is free although others refer to it', async () => {
  const { bus, log } = bench();
  await bus.registerDriver(client(log));
  const device = bus.initialize({ parent: bus.parent('p'), name: 'client', id: 0, release: free });
  const registered = await device.add('core');
  device.get();
  await registered.delete();
  log.length = 0;
  for (const call of [bus.bind('client', 'core.client.0'), bus.unbind('client', 'core.client.0'), bus.probe('core.client.0')]) await expect(call).rejects.toEqual(code('ENODEV'));
  expect(() => bus.explain('client', 'core.client.0')).toThrow(code('ENODEV'));
  expect(log).toEqual([]);
  await bus.publish({ parent: bus.parent('p'), module: 'core', name: 'client', id: 0 });
  expect(bus.devices()).toHaveLength(1);
});

it('29: a failed add and uninit give one release, whatever failed; delete is never needed', async () => {
  const { bus } = bench([{ point: 'aux-bus.add', nth: 2, action: 'fail' }]);
  const gone = bus.parent('gone');
  await gone.unbind();
  const cases = [
    ['EEXIST', bus.parent('p'), 'core'], ['ENOMEM', bus.parent('p'), 'core'], ['ENODEV', gone, 'other'], ['EINVAL', bus.parent('p'), undefined],
  ] as const;
  // The fault plan counts adds: this one is the first that it sees.
  const first = await bus.publish({ parent: bus.parent('p'), module: 'core', name: 'client', id: 0 });
  for (const [why, parent, module] of [cases[1], cases[0], cases[2], cases[3]]) {
    let released = 0;
    const device = bus.initialize({ parent, name: 'client', id: 0, release: () => released++ });
    await expect(device.add(module as string)).rejects.toEqual(code(why));
    await expect((device as InitializedDevice & { delete(): Promise<void> }).delete()).rejects.toEqual(code('EINVAL'));
    expect([device.references, released]).toEqual([1, 0]);
    device.uninit();
    expect(released).toBe(1);
  }
  await first.withdraw();
});

/** A driver that publishes a device below its own. */
async function family(order: string[]): Promise<{ readonly tools: ReturnType<typeof bench>; readonly scope: ParentDevice; readonly upper: InitializedDevice; readonly lower: InitializedDevice }> {
  const tools = bench();
  const { bus, log } = tools;
  const slot: { lower?: InitializedDevice; scope?: ParentDevice } = {};
  await bus.registerDriver(client(log, { name: 'lower', idTable: [{ name: 'upper.lower' }], remove: () => void order.push(`remove lower, upper is ${bus.devices()[0]?.phase}`) }));
  await bus.registerDriver(client(log, { name: 'upper', idTable: [{ name: 'core.upper' }], remove: () => void order.push('remove upper'), probe: async (device) => {
    slot.scope = device.asParent;
    slot.lower = bus.initialize({ parent: device.asParent, name: 'lower', id: 0, release: () => order.push('release lower') });
    await slot.lower.add('upper');
    order.push(`lower is ${bus.devices()[1]!.phase} while upper is ${bus.devices()[0]!.phase}`);
    return 'upper';
  } }));
  const upper = bus.initialize({ parent: bus.parent('p'), name: 'upper', id: 0, release: () => order.push('release upper') });
  await upper.add('core');
  return { tools, scope: slot.scope!, lower: slot.lower!, upper };
}

it('30: a parent is released after the delete of every child', async () => {
  const order: string[] = [];
  const { upper, tools, lower } = await family(order);
  expect(upper.references).toBe(4);
  await tools.bus.unbind('client.upper', 'core.upper.0');
  expect(upper.references).toBe(3);
  lower.uninit();
  expect(order.at(-1)).toBe('release lower');
});

it('31: the parent of a bound child is bound, or inside its own probe or remove', async () => {
  const order: string[] = [];
  const { tools } = await family(order);
  await tools.bus.unbind('client.upper', 'core.upper.0');
  expect(order).toEqual(['lower is bound while upper is probing', 'remove lower, upper is unbinding', 'remove upper']);
});

it('32: when the unbinding of a parent is over it has no children of that binding, also after a failed probe', async () => {
  const order: string[] = [];
  const { tools: { bus, log }, scope } = await family(order);
  expect(bus.devices()[0]!.children).toEqual(['upper.lower.0']);
  await bus.unbind('client.upper', 'core.upper.0');
  expect([scope.children, bus.devices().map(({ name }) => name)]).toEqual([[], ['core.upper.0']]);
  await bus.registerDriver(client(log, { name: 'fails', idTable: [{ name: 'core.upper' }], probe: async (device) => {
    await bus.publish({ parent: device.asParent, module: 'upper', name: 'lower', id: 1 });
    throw new AuxBusError('EIO', 'after publishing');
  } }));
  expect(bus.devices().map(({ name, driver }) => [name, driver])).toEqual([['core.upper.0', undefined]]);
});

it('33: no add succeeds on a parent whose removal has begun', async () => {
  const { bus, log } = bench();
  const [slow, started] = [gate(), gate()];
  const answers: unknown[] = [];
  const slot: { scope?: ParentDevice } = {};
  const add = (parent: ParentDevice): Promise<unknown> => bus.publish({ parent, module: 'core', name: 'late', id: 0 }).then(() => answers.push('added'), (error: unknown) => answers.push((error as AuxBusError).code));
  await bus.registerDriver(client(log, { probe: (device) => ((slot.scope = device.asParent), 'it'), remove: async (device) => {
    await add(device.asParent);
    started.open();
    await slow.wait;
  } }));
  const parent = bus.parent('p');
  await bus.publish({ parent, module: 'core', name: 'client', id: 0 });
  const leaving = parent.unbind();
  await started.wait;
  await add(parent);
  await add(slot.scope!);
  slow.open();
  await leaving;
  await add(parent);
  await add(slot.scope!);
  expect(answers).toEqual(['ENODEV', 'ENODEV', 'ENODEV', 'ENODEV', 'ENODEV']);
});
