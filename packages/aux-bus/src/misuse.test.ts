import { describe, expect, it } from 'vitest';

import { bench, client, code, free } from './bench-fixture.ts';
import type { AuxBusError } from './errno.ts';

describe('misuse', () => {
  it('1-3: a device without parent, name or release is not initialised', () => {
    const { bus } = bench();
    const parent = bus.parent('p');
    const spec = { parent, name: 'client', id: 0, release: free };
    for (const missing of ['parent', 'name', 'release']) {
      expect(() => bus.initialize({ ...spec, [missing]: undefined }), missing).toThrow(code('EINVAL'));
    }
  });

  it('5, 10: a failed add leaves no trace and only the first reference', async () => {
    const { bus, log } = bench();
    await bus.publish({ parent: bus.parent('p'), module: 'core', name: 'client', id: 0 });
    let freed = 0;
    const twin = bus.initialize({ parent: bus.parent('q'), name: 'client', id: 0, release: () => freed++ });
    log.length = 0;
    await expect(twin.add('core')).rejects.toEqual(code('EEXIST'));
    expect([log, twin.references, freed]).toEqual([[], 1, 0]);
    await expect(twin.add('core')).rejects.toEqual(code('EINVAL'));
    twin.uninit();
    expect(freed).toBe(1);
    expect(() => twin.uninit()).toThrow(code('EINVAL'));
    expect(() => twin.get()).toThrow(code('ENODEV'));
  });

  it('7, 8, 12, 13: add twice, add after delete, uninit too early; references count', async () => {
    const { bus } = bench();
    let freed = 0;
    const device = bus.initialize({ parent: bus.parent('p'), name: 'client', id: 0, release: () => freed++ });
    expect(device.references).toBe(1);
    const registered = await device.add('core');
    expect(device.references).toBe(3);
    await expect(device.add('core')).rejects.toEqual(code('EBUSY'));
    expect(() => device.uninit()).toThrow(code('EINVAL'));
    const put = device.get();
    await registered.delete();
    expect(device.references).toBe(2);
    await expect(device.add('core')).rejects.toEqual(code('EINVAL'));
    device.uninit();
    expect(freed).toBe(0);
    // The name is free although somebody still refers to the old device.
    await bus.publish({ parent: bus.parent('p'), module: 'core', name: 'client', id: 0 });
    put();
    expect(freed).toBe(1);
    expect(put).toThrow(code('EINVAL'));
  });

  it('9: a module name is needed, and text without a slash', async () => {
    const { bus } = bench();
    for (const [module, name, id] of [[undefined, 'a', 0], ['a/b', 'c', 0], ['a', 'b', -1], ['a', 'b', 2 ** 32], ['a', 'b', 0.5]] as const) {
      const device = bus.initialize({ parent: bus.parent('p'), name, id, release: free });
      await expect(device.add(module as string)).rejects.toEqual(code('EINVAL'));
      expect(device.references).toBe(1);
      device.uninit();
    }
  });

  it('14, 15: a callback that takes away its own device or driver is refused', async () => {
    const { bus, log } = bench();
    const answers: unknown[] = [];
    const note = (work: Promise<unknown>): void => void work.catch((error: unknown) => answers.push((error as AuxBusError).code));
    const slot: { driver?: { unregister(): Promise<void> }; device?: { delete(): Promise<void> } } = {};
    slot.driver = await bus.registerDriver(client(log, { remove: () => {
      note(slot.device!.delete());
      note(slot.driver!.unregister());
      note(bus.unbind('client', 'core.client.0'));
    } }));
    const initialized = bus.initialize({ parent: bus.parent('p'), name: 'client', id: 0, release: free });
    slot.device = await initialized.add('core');
    await bus.unbind('client', 'core.client.0');
    expect(answers).toEqual(['EDEADLK', 'EDEADLK', 'EDEADLK']);
    await slot.device.delete();
    initialized.uninit();
  });

  it('16-18: drivers need probe, table and a name of their own', async () => {
    const { bus, log } = bench();
    await expect(bus.registerDriver({ ...client(log), probe: undefined } as never)).rejects.toEqual(code('EINVAL'));
    await expect(bus.registerDriver({ ...client(log), idTable: undefined } as never)).rejects.toEqual(code('EINVAL'));
    await expect(bus.registerDriver({ ...client(log), module: '' })).rejects.toEqual(code('EINVAL'));
    await expect(bus.registerDriver({ ...client(log), idTable: [{ name: 'x'.repeat(40) }] })).rejects.toThrow('at most 39');
    const driver = await bus.registerDriver(client(log));
    await expect(bus.registerDriver(client(log))).rejects.toEqual(code('EBUSY'));
    await driver.unregister();
    await expect(driver.unregister()).rejects.toEqual(code('EINVAL'));
  });

  it('refuses to bind what does not match, is bound, or is unknown', async () => {
    const { bus, log } = bench();
    await bus.registerDriver(client(log));
    await bus.registerDriver(client(log, { name: 'other', idTable: [{ name: 'core.other' }] }));
    await bus.publish({ parent: bus.parent('p'), module: 'core', name: 'client', id: 0 });
    await expect(bus.bind('client', 'core.client.0')).rejects.toEqual(code('EBUSY'));
    await expect(bus.unbind('client.other', 'core.client.0')).rejects.toEqual(code('ENODEV'));
    await bus.unbind('client', 'core.client.0');
    log.length = 0;
    await expect(bus.bind('client.other', 'core.client.0')).rejects.toEqual(code('ENODEV'));
    await expect(bus.bind('client', 'core.client.1')).rejects.toEqual(code('ENODEV'));
    await expect(bus.bind('nobody', 'core.client.0')).rejects.toEqual(code('ENOENT'));
    expect(log).toEqual([]);
  });
});

describe('what a file of the bus answers', () => {
  it('takes one line end after a name, and no file where the driver wants none', async () => {
    const { bus, log } = bench();
    const slot: { inProbe?: unknown } = {};
    await bus.publish({ parent: bus.parent('p'), module: 'core', name: 'client', id: 0 });
    await bus.registerDriver(client(log, { probe: async () => ((slot.inProbe = await bus.unbind('client', 'core.client.0').catch((error: unknown) => error)), '') }));
    // The files of a driver come after it was tried on all devices.
    expect(slot.inProbe).toEqual(code('ENOENT'));
    await bus.unbind('client', 'core.client.0\n');
    await expect(bus.unbind('client', 'core.client.0\n\n')).rejects.toEqual(code('ENODEV'));
    await bus.registerDriver(client(log, { name: 'fixed', suppressBind: true }));
    for (const call of [bus.bind('client.fixed', 'core.client.0'), bus.unbind('client.fixed', 'core.client.0')]) await expect(call).rejects.toEqual(code('ENOENT'));
    expect(bus.devices()[0]!.driver).toBe('client.fixed');
  });

  it('sends uevents by hand, and refuses unknown ones', async () => {
    const { bus } = bench();
    const sent: unknown[] = [];
    await bus.publish({ parent: bus.parent('p'), module: 'core', name: 'client', id: 0 });
    bus.listen((event) => event.kind === 'uevent' && sent.push(event.env));
    bus.uevent('core.client.0', 'change');
    expect(sent).toEqual([{ ACTION: 'change', DEVPATH: '/devices/p/core.client.0', SUBSYSTEM: 'auxiliary', MODALIAS: 'auxiliary:core.client', SYNTH_UUID: '0', SEQNUM: '2' }]);
    expect(() => bus.uevent('core.client.0', 'dance' as never)).toThrow(code('EINVAL'));
    expect(() => bus.uevent('core.client.1', 'add')).toThrow(code('ENODEV'));
  });

  it('says that memory for a name has run out, and leaves nothing', async () => {
    const { bus, log } = bench([{ point: 'aux-bus.register', action: 'fail' }]);
    await expect(bus.registerDriver(client(log))).rejects.toEqual(code('ENOMEM'));
    expect(bus.drivers()).toEqual([]);
    await bus.registerDriver(client(log));
  });
});

describe('more misuse', () => {
  it('4, 13: what is never given back is listed, with who is to blame', async () => {
    const { bus } = bench();
    const given = bus.initialize({ parent: bus.parent('p'), name: 'given', id: 0, release: free });
    const kept = bus.initialize({ parent: bus.parent('p'), name: 'kept', id: 0, release: free });
    await (await kept.add('core')).delete();
    kept.get();
    expect(bus.unreleased()).toEqual([{ name: 'given', state: 'initialized', references: 1 }, { name: 'core.kept.0', state: 'deleted', references: 2 }]);
    given.uninit();
    kept.uninit();
    expect(bus.unreleased()).toEqual([{ name: 'core.kept.0', state: 'deleted', references: 1 }]);
  });

  it('refuses sleep callbacks where nobody calls them', async () => {
    const { bus, log } = bench();
    await expect(bus.registerDriver({ ...client(log), suspend: free } as never)).rejects.toThrow('suspend where nobody calls it');
  });

  it('refuses what a callback would wait for for ever', async () => {
    const { bus, log } = bench();
    const answers: unknown[] = [];
    const note = (work: Promise<unknown>): void => void work.catch((error: unknown) => answers.push((error as AuxBusError).code));
    await bus.registerDriver(client(log, { probe: () => {
      for (const call of [bus.blockProbing(), bus.suspend(), bus.shutdown(), bus.bind('client.other', 'core.client.0')]) note(call);
      return '';
    } }));
    await bus.registerDriver(client(log, { name: 'other' }));
    await bus.publish({ parent: bus.parent('p'), module: 'core', name: 'client', id: 0 });
    expect(answers).toEqual(['EDEADLK', 'EDEADLK', 'EDEADLK', 'EDEADLK']);
    await bus.suspend();
    await bus.resume();
    await bus.shutdown();
  });

  it('does not take the parent of another bus', () => {
    const [one, other] = [bench().bus, bench().bus];
    expect(() => one.initialize({ parent: other.parent('p'), name: 'client', id: 0, release: free })).toThrow(code('EINVAL'));
  });

  it('keeps the name of a driver until it has let go of everything', async () => {
    const { bus, log } = bench();
    const slot: { again?: unknown } = {};
    const driver = await bus.registerDriver(client(log, { remove: async () => {
      slot.again = await bus.registerDriver(client(log)).catch((error: unknown) => error);
    } }));
    await bus.publish({ parent: bus.parent('p'), module: 'core', name: 'client', id: 0 });
    await driver.unregister();
    expect(slot.again).toEqual(code('EBUSY'));
    await bus.registerDriver(client(log));
  });

  it('does not probe without power', async () => {
    const { bus, log, points } = bench();
    await bus.registerDriver(client(log));
    await bus.publish({ parent: bus.parent('p'), module: 'core', name: 'client', id: 0, powerDomain: { attach: () => Promise.reject(new Error('no power')), detach: () => void log.push('off') } });
    expect(log).toEqual(['ADD_DEVICE core.client.0', 'BIND_DRIVER core.client.0 client', 'DRIVER_NOT_BOUND core.client.0 client EIO']);
    expect(points).toContain('aux-bus.probe.failed');
  });

  it('warns of a child that is published while its parent is asleep', async () => {
    const { bus, points } = bench();
    const parent = bus.parent('p', { suspend: free });
    await bus.suspend();
    await bus.publish({ parent, module: 'core', name: 'client', id: 0 });
    expect(points).toContain('aux-bus.child.late');
    await bus.resume();
  });
});
