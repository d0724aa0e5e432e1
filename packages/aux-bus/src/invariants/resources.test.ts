import fc from 'fast-check';
import { expect, it } from 'vitest';

import { bench, client, code, free } from '../bench-fixture.ts';
import type { BoundDevice, DeviceRef, Managed } from '../binding/context.ts';
import { endpoint, endpointKey } from '../endpoint.ts';
import { AuxBusError, type Errno } from '../errno.ts';

const KEY = endpointKey<{ readonly version: number }>('contract');

it('34: resources are released in exact reverse order, each once, on failed probe, unbind and delete', async () => {
  await fc.assert(fc.asyncProperty(fc.array(fc.constantFrom('defer', 'manage', 'irq'), { maxLength: 8 }), fc.constantFrom('fails', 'unbind', 'delete'), async (kinds, end) => {
    const { bus, log } = bench();
    const order: number[] = [];
    await bus.registerDriver(client(log, { probe: (device) => {
      kinds.forEach((kind, index) => {
        if (kind === 'irq') device.addIrq(index);
        else if (kind === 'manage') device.manage('value', index, (value) => void order.push(value));
        else device.defer('action', () => void order.push(index));
      });
      if (end === 'fails') throw new AuxBusError('EIO', 'as told');
      return '';
    } }));
    const device = await bus.publish({ parent: bus.parent('p'), module: 'core', name: 'client', id: 0 });
    if (end === 'unbind') await bus.unbind('client', 'core.client.0');
    if (end !== 'fails') await device.withdraw();
    expect(order).toEqual([...kinds.keys()].filter((index) => kinds[index] !== 'irq').reverse());
  }));
});

it('35: unbinding is remove, private data, resources, driver pointer, power, in this order', async () => {
  const { bus, log } = bench();
  const order: unknown[] = [];
  const look = (what: string): void => {
    const { heldBy, driverData } = bus.devices()[0]!;
    order.push([what, heldBy, driverData]);
  };
  await bus.registerDriver(client(log, { probe: (device) => (device.defer('x', () => look('resource')), 'data'), remove: () => look('remove') }));
  await bus.publish({ parent: bus.parent('p'), module: 'core', name: 'client', id: 0, powerDomain: { attach: () => look('power on'), detach: () => look('power off') } });
  await bus.unbind('client', 'core.client.0');
  expect(order).toEqual([['power on', 'client', false], ['remove', 'client', true], ['resource', 'client', false], ['power off', undefined, false]]);
});

it('36: a release that throws does not keep the others from running, nor a remove, nor a power domain', async () => {
  const { bus, log, points } = bench();
  const order: string[] = [];
  const fail = (what: string) => (): never => {
    order.push(what);
    throw new Error(what);
  };
  await bus.registerDriver(client(log, { remove: fail('remove'), probe: (device) => {
    device.defer('a', () => void order.push('a'));
    device.defer('b', fail('b'));
    device.manage('c', 0, fail('c'));
    return '';
  } }));
  await bus.publish({ parent: bus.parent('p'), module: 'core', name: 'client', id: 0, powerDomain: { attach: free, detach: fail('power off') } });
  await bus.unbind('client', 'core.client.0');
  expect(order).toEqual(['remove', 'c', 'b', 'a', 'power off']);
  expect(points.filter((point) => point.endsWith('.failed'))).toEqual(['aux-bus.remove.failed', 'aux-bus.release.failed', 'aux-bus.release.failed']);
});

it('37: a resource cannot be tied to a device that is not bound', async () => {
  const { bus, log } = bench();
  let kept: BoundDevice<unknown> | undefined;
  await bus.registerDriver(client(log, { probe: (device) => ((kept = device as unknown as BoundDevice<unknown>), '') }));
  await bus.publish({ parent: bus.parent('p'), module: 'core', name: 'client', id: 0 });
  await bus.unbind('client', 'core.client.0');
  for (const attach of [() => kept!.defer('x', free), () => kept!.manage('x', 0), () => kept!.addIrq(1), () => kept!.group()]) expect(attach).toThrow(code('ENODEV'));
  // The next probe finds nothing in its way.
  await bus.bind('client', 'core.client.0');
  expect(bus.devices()[0]!.resources).toEqual([]);
});

it('38: after unbind every handle that was kept fails with ENODEV, and the resource sees no access', async () => {
  const { bus, log } = bench();
  let accesses = 0;
  const kept: { device?: BoundDevice<unknown>; ref?: DeviceRef; resource?: Managed<() => number>; data?: Managed<{ readonly version: number }> } = {};
  await bus.registerDriver(client(log, { probe: (device) => {
    kept.device = device as unknown as BoundDevice<unknown>;
    kept.ref = device.retain();
    kept.resource = device.manage('counter', () => ++accesses);
    kept.data = device.endpointHandle(KEY);
    return '';
  } }));
  await bus.publish({ parent: bus.parent('p'), module: 'core', name: 'client', id: 0, endpoint: endpoint(KEY, { version: 1 }) });
  const uses = [
    () => kept.device!.endpoint(KEY), () => kept.device!.asParent, () => kept.device!.defer('x', free),
    () => kept.ref!.withBound((device) => device.endpoint(KEY).version), () => kept.resource!.access((count) => count()), () => kept.data!.access(({ version }) => version),
    () => kept.resource!.with(kept.device!)(),
  ];
  for (const use of uses) expect(use).not.toThrow();
  expect(accesses).toBe(2);
  await bus.unbind('client', 'core.client.0');
  for (const use of uses) expect(use).toThrow(code('ENODEV'));
  await expect(kept.resource!.use((count) => Promise.resolve(count()))).rejects.toEqual(code('ENODEV'));
  expect([accesses, kept.resource!.tryAccess((count) => count()), kept.ref!.bound, kept.device!.bound]).toEqual([2, undefined, false, false]);
  // A new binding does not bring them back; the reference leads to it.
  await bus.bind('client', 'core.client.0');
  expect(kept.ref!.withBound((device) => device.endpoint(KEY).version)).toBe(1);
  kept.ref!.put();
});

it('39: an access that began before revocation ends on a live resource, and unbind waits for it', async () => {
  await fc.assert(fc.asyncProperty(fc.integer({ min: 1, max: 4 }), fc.scheduler(), async (users, scheduler) => {
    const { bus, log } = bench();
    const resource = { live: true };
    const slot: { managed?: Managed<typeof resource> } = {};
    await bus.registerDriver(client(log, { probe: (device) => ((slot.managed = device.manage('it', resource, (one) => void (one.live = false))), '') }));
    await bus.publish({ parent: bus.parent('p'), module: 'core', name: 'client', id: 0 });
    const seen: boolean[] = [];
    let unbound = false;
    const using = Array.from({ length: users }, () => scheduler.schedule(Promise.resolve(), 'begin').then(() => slot.managed!.use(async ({ live: before }) => {
      await scheduler.schedule(Promise.resolve(), 'work');
      seen.push(before, resource.live, !unbound);
    })).catch((error: unknown) => seen.push((error as AuxBusError).code === 'ENODEV')));
    const unbinding = scheduler.schedule(Promise.resolve(), 'unbind').then(() => bus.unbind('client', 'core.client.0')).then(() => (unbound = true));
    await scheduler.waitFor(Promise.all([...using, unbinding]));
    expect(seen.every(Boolean)).toBe(true);
    expect(resource.live).toBe(false);
  }));
});

it('40: what proves that one device is bound never opens what belongs to another', async () => {
  const { bus, log } = bench();
  const managed: Managed<number>[] = [];
  const answers: (Errno | number)[] = [];
  await bus.registerDriver(client(log, { probe: (device) => {
    managed.push(device.manage('number', device.id));
    for (const one of managed) {
      try {
        answers.push(one.with(device));
      } catch (error) {
        answers.push((error as AuxBusError).code);
      }
    }
    return '';
  } }));
  for (const id of [0, 1, 2]) await bus.publish({ parent: bus.parent('p'), module: 'core', name: 'client', id });
  expect(answers).toEqual([0, 'EINVAL', 1, 'EINVAL', 'EINVAL', 2]);
});

it('41: registration data opens with its own key alone, and is dropped after the unbind and before the last put', async () => {
  const { bus, log } = bench();
  const order: string[] = [];
  const data = { version: 1 };
  const answers: unknown[] = [];
  const ask = (work: () => unknown): void => {
    try {
      answers.push(work());
    } catch (error) {
      answers.push((error as AuxBusError).code);
    }
  };
  await bus.registerDriver(client(log, { remove: () => void order.push('remove'), probe: (device) => {
    device.defer('x', () => void order.push('resources'));
    ask(() => device.endpoint(KEY) === data);
    ask(() => device.endpoint(endpointKey('contract')));
    return '';
  } }));
  const device = bus.initialize({ parent: bus.parent('p'), name: 'client', id: 0, endpoint: endpoint(KEY, data, () => void order.push('drop')), release: () => order.push('release') });
  const registered = await device.add('core');
  await bus.publish({ parent: bus.parent('p'), module: 'core', name: 'client', id: 1 });
  expect(answers).toEqual([true, 'EINVAL', 'ENOENT', 'ENOENT']);
  await registered.delete();
  expect(order).toEqual(['remove', 'resources', 'drop']);
  device.uninit();
  expect(order).toEqual(['remove', 'resources', 'drop', 'release']);
  // A device that never came so far drops it as well.
  order.length = 0;
  bus.initialize({ parent: bus.parent('p'), name: 'client', id: 9, endpoint: endpoint(KEY, data, () => void order.push('drop')), release: () => order.push('release') }).uninit();
  expect(order).toEqual(['drop', 'release']);
});
