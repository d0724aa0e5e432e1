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
