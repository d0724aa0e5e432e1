import { describe, expect, it } from 'vitest';

import { bench, client, code, free, gate } from './bench-fixture.ts';
import type { BoundDevice } from './binding/context.ts';
import { endpointKey } from './endpoint.ts';
import { AuxBusError } from './errno.ts';

describe('binding', () => {
  it.each(['driver first', 'device first'])('gives the same with %s', async (order) => {
    const { bus, log } = bench();
    const parent = bus.parent('0000:01:00.0');
    const device = (): Promise<unknown> => bus.publish({ parent, module: 'core', name: 'client', id: 0 });
    const driver = (): Promise<unknown> => bus.registerDriver(client(log));
    for (const step of order === 'driver first' ? [driver, device] : [device, driver]) await step();
    expect(bus.devices()).toEqual([expect.objectContaining({ name: 'core.client.0', modalias: 'auxiliary:core.client', parent: '0000:01:00.0', driver: 'client', deferred: undefined })]);
    expect(log).toEqual(['ADD_DEVICE core.client.0', 'BIND_DRIVER core.client.0 client', 'probe core.client.0', 'BOUND_DRIVER core.client.0 client']);
  });

  it('tries drivers in the order in which they were registered, until one takes the device', async () => {
    const { bus, log, points } = bench();
    await bus.registerDriver(client(log, { name: 'no', probe: () => { throw new AuxBusError('ENODEV', 'not mine'); } }));
    await bus.registerDriver(client(log, { name: 'broken', probe: () => { throw new TypeError('oops'); } }));
    await bus.registerDriver(client(log, { name: 'yes' }));
    await bus.registerDriver(client(log, { name: 'late' }));
    await bus.publish({ parent: bus.parent('p'), module: 'core', name: 'client', id: 7 });
    expect(log.filter((line) => line.startsWith('DRIVER_NOT_BOUND'))).toEqual(['DRIVER_NOT_BOUND core.client.7 client.no ENODEV', 'DRIVER_NOT_BOUND core.client.7 client.broken EIO']);
    expect(bus.devices()[0]!.driver).toBe('client.yes');
    expect(points.filter((point) => point === 'aux-bus.probe.failed')).toHaveLength(1);
    expect(bus.explain('client.broken', 'core.client.7')).toMatchObject({
      matches: true, entries: [{ entry: 'core.client', verdict: 'match' }],
      lastProbe: { code: 'EIO', message: 'Probe of core.client.7 by client.broken failed: oops', attempts: 1 },
    });
  });

  it('lets go in order: remove, private data, managed resources last first, then the driver', async () => {
    const { bus, log } = bench();
    let kept: BoundDevice<unknown> | undefined;
    const driver = await bus.registerDriver(client(log, {
      probe: (device) => {
        kept = device as unknown as BoundDevice<unknown>;
        device.defer('first', () => void log.push('release first'));
        device.defer('second', () => void log.push('release second'));
        return 'it';
      },
    }));
    const published = await bus.publish({ parent: bus.parent('p'), module: 'core', name: 'client', id: 0 });
    log.length = 0;
    await bus.unbind('client', 'core.client.0');
    expect(log).toEqual(['UNBIND_DRIVER core.client.0 client', 'remove it', 'release second', 'release first', 'UNBOUND_DRIVER core.client.0 client']);
    expect(kept!.bound).toBe(false);
    expect(() => kept!.defer('x', free)).toThrow(code('ENODEV'));
    expect(() => kept!.endpoint(endpointKey('x'))).toThrow(code('ENODEV'));
    // Nothing rebinds by itself.
    expect(bus.devices()[0]!.driver).toBeUndefined();
    await bus.bind('client', 'core.client.0');
    expect(bus.devices()[0]!.driver).toBe('client');
    log.length = 0;
    await published.withdraw();
    await published.withdraw();
    expect(log).toEqual(['DEL_DEVICE core.client.0', 'UNBIND_DRIVER core.client.0 client', 'remove it', 'release second', 'release first', 'UNBOUND_DRIVER core.client.0 client', 'REMOVED_DEVICE core.client.0']);
    await driver.unregister();
    expect([bus.devices(), bus.drivers()]).toEqual([[], []]);
  });

  it('gives managed resources back after a failed probe and goes on when remove or a release fails', async () => {
    const { bus, log, points } = bench();
    await bus.registerDriver(client(log, { name: 'a', probe: (device) => {
      device.defer('x', () => void log.push('release x'));
      throw new AuxBusError('ENXIO', 'absent');
    } }));
    await bus.registerDriver(client(log, { name: 'b', remove: () => { throw new Error('stuck'); }, probe: (device) => {
      device.defer('y', () => void log.push('release y'));
      device.defer('z', () => Promise.reject(new Error('jammed')));
      return 's';
    } }));
    const published = await bus.publish({ parent: bus.parent('p'), module: 'core', name: 'client', id: 0 });
    await published.withdraw();
    expect(log.filter((line) => line.startsWith('release'))).toEqual(['release x', 'release y']);
    expect(points.filter((point) => point.endsWith('.failed'))).toEqual(['aux-bus.remove.failed', 'aux-bus.release.failed']);
    expect(bus.devices()).toEqual([]);
  });

  it('lets the devices of a driver go last bound first, and waits for a probe under way', async () => {
    const { bus, log } = bench();
    const slow = gate();
    const driver = await bus.registerDriver(client(log, { probe: async ({ name, id }) => {
      if (id === 2) await slow.wait;
      return name;
    } }));
    const parent = bus.parent('p');
    await bus.publish({ parent, module: 'core', name: 'client', id: 0 });
    await bus.publish({ parent, module: 'core', name: 'client', id: 1 });
    await bus.unbind('client', 'core.client.0');
    await bus.bind('client', 'core.client.0');
    const adding = bus.publish({ parent, module: 'core', name: 'client', id: 2 });
    await Promise.resolve();
    log.length = 0;
    const leaving = driver.unregister().then(() => log.push('unregistered'));
    slow.open();
    await Promise.all([adding, leaving]);
    expect(log.filter((line) => line.startsWith('remove') || line === 'unregistered')).toEqual([
      'remove core.client.2', 'remove core.client.0', 'remove core.client.1', 'unregistered',
    ]);
    expect(bus.devices().map(({ driver: name }) => name)).toEqual([undefined, undefined, undefined]);
  });

  it('does not let a driver leave while it lets go of a device that is being deleted', async () => {
    const { bus, log } = bench();
    const [slow, started] = [gate(), gate()];
    const driver = await bus.registerDriver(client(log, { remove: async () => {
      started.open();
      await slow.wait;
      log.push('removed it');
    } }));
    const published = await bus.publish({ parent: bus.parent('p'), module: 'core', name: 'client', id: 0 });
    const withdrawing = published.withdraw();
    await started.wait;
    expect(bus.devices()).toEqual([]);
    const leaving = driver.unregister().then(() => log.push('unregistered'));
    await Promise.resolve();
    slow.open();
    await Promise.all([withdrawing, leaving]);
    expect(log.filter((line) => line === 'removed it' || line === 'unregistered')).toEqual(['removed it', 'unregistered']);
  });

  it('probes no device whose deletion has begun', async () => {
    const { bus, log } = bench();
    const [slow, started] = [gate(), gate()];
    await bus.registerDriver(client(log, { name: 'slow', probe: async () => {
      started.open();
      await slow.wait;
      throw new AuxBusError('ENODEV', 'not mine');
    } }));
    const parent = bus.parent('p');
    const initialized = bus.initialize({ parent, name: 'client', id: 0, release: free });
    const adding = initialized.add('core');
    await started.wait;
    // Both wait for the probe that runs: the deletion first, then the other driver.
    const deleting = parent.unbind();
    const registering = bus.registerDriver(client(log, { name: 'eager' }));
    slow.open();
    await Promise.all([adding, deleting, registering]);
    expect(log.filter((line) => line.startsWith('probe'))).toEqual([]);
    expect(log.at(-1)).toBe('REMOVED_DEVICE core.client.0');
    initialized.uninit();
  });

  it('probes nothing by itself with autoprobe off; by hand still', async () => {
    const { bus, log } = bench();
    bus.autoprobe = false;
    await bus.registerDriver(client(log));
    await bus.publish({ parent: bus.parent('p'), module: 'core', name: 'client', id: 0 });
    expect(log).toEqual(['ADD_DEVICE core.client.0']);
    await bus.probe('core.client.0');
    expect(bus.devices()[0]!.driver).toBe('client');
    await expect(bus.probe('core.client.1')).rejects.toEqual(code('ENODEV'));
  });

  it('tells bound devices of a shutdown, last added first, without removing them', async () => {
    const { bus, log } = bench();
    await bus.registerDriver(client(log, { shutdown: (_device, state) => void log.push(`shutdown ${state}`) }));
    const parent = bus.parent('p');
    for (const id of [0, 1]) await bus.publish({ parent, module: 'core', name: 'client', id });
    await bus.publish({ parent, module: 'core', name: 'other', id: 0 });
    log.length = 0;
    await bus.shutdown();
    expect(log).toEqual(['shutdown state of core.client.1', 'shutdown state of core.client.0']);
  });
});

describe('deferral', () => {
  it('tries a device again after another one was bound, until it is taken', async () => {
    const { bus, log } = bench();
    let ready = 0;
    await bus.registerDriver(client(log, { name: 'late', idTable: [{ name: 'core.late' }], probe: () => {
      if (ready < 2) throw new AuxBusError('EPROBE_DEFER', 'needs two suppliers');
      return 'late';
    } }));
    await bus.registerDriver(client(log, { probe: () => (ready++, 's') }));
    const parent = bus.parent('p');
    await bus.publish({ parent, module: 'core', name: 'late', id: 0 });
    expect(bus.devices()[0]!.deferred).toBe('client.late: needs two suppliers');
    await bus.publish({ parent, module: 'core', name: 'client', id: 0 });
    await bus.settled();
    expect(bus.devices()[0]!.driver).toBeUndefined();
    await bus.publish({ parent, module: 'core', name: 'client', id: 1 });
    await bus.settled();
    expect(bus.devices()[0]).toMatchObject({ driver: 'client.late', deferred: undefined });
    expect(bus.explain('client.late', 'core.late.0').lastProbe).toMatchObject({ code: 'OK', attempts: 3 });
  });

  it('loses no wake-up that comes while the probe that then defers is running', async () => {
    const { bus, log } = bench();
    const slow = gate();
    let calls = 0;
    await bus.registerDriver(client(log, { name: 'late', idTable: [{ name: 'core.late' }], probe: async () => {
      if (calls++ > 0) return 'late';
      await slow.wait;
      throw new AuxBusError('EPROBE_DEFER', 'not yet');
    } }));
    await bus.registerDriver(client(log));
    const parent = bus.parent('p');
    const adding = bus.publish({ parent, module: 'core', name: 'late', id: 0 });
    await bus.publish({ parent, module: 'core', name: 'client', id: 0 });
    slow.open();
    await adding;
    await bus.settled();
    expect(bus.devices()[0]!.driver).toBe('client.late');
  });

  it('answers EAGAIN to a bind by hand, which does not wait', async () => {
    const { bus, log } = bench();
    bus.autoprobe = false;
    await bus.registerDriver(client(log, { probe: () => { throw new AuxBusError('EPROBE_DEFER', 'not yet'); } }));
    await bus.publish({ parent: bus.parent('p'), module: 'core', name: 'client', id: 0 });
    await expect(bus.bind('client', 'core.client.0')).rejects.toEqual(code('EAGAIN'));
    expect(bus.devices()[0]!.deferred).toBeUndefined();
  });
});
