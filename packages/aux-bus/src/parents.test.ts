import { describe, expect, it } from 'vitest';

import { bench, client, code, gate } from './bench-fixture.ts';
import type { BoundDevice } from './binding/context.ts';
import { endpoint, endpointKey } from './endpoint.ts';
import type { AuxBusError } from './errno.ts';

describe('registration data', () => {
  const KEY = endpointKey<{ readonly version: number }>('core contract');

  it('reaches the driver under the right key, and is refused under another or when there is none', async () => {
    const { bus, log } = bench();
    const seen: unknown[] = [];
    const ask = <S>(device: BoundDevice<S>, key: typeof KEY): void => {
      try {
        seen.push(device.endpoint(key).version);
      } catch (error) {
        seen.push((error as AuxBusError).code);
      }
    };
    await bus.registerDriver(client(log, { probe: (device) => {
      ask(device, KEY);
      ask(device, endpointKey('core contract'));
      return '';
    } }));
    const parent = bus.parent('p');
    await bus.publish({ parent, module: 'core', name: 'client', id: 0, endpoint: endpoint(KEY, { version: 1 }) });
    await bus.publish({ parent, module: 'core', name: 'client', id: 1 });
    expect(seen).toEqual([1, 'EINVAL', 'ENOENT', 'ENOENT']);
  });
});

describe('parents', () => {
  it('withdraw what is still published, last first, when they are unbound, and take nothing more', async () => {
    const { bus, log, points } = bench();
    await bus.registerDriver(client(log));
    const parent = bus.parent('p');
    const published = await Promise.all([0, 1].map((id) => bus.publish({ parent, module: 'core', name: 'client', id })));
    await bus.publish({ parent: bus.parent('q'), module: 'core', name: 'client', id: 9 });
    expect(parent.children).toEqual(['core.client.0', 'core.client.1']);
    log.length = 0;
    const leaving = parent.unbind();
    await expect(bus.publish({ parent, module: 'core', name: 'client', id: 2 })).rejects.toEqual(code('ENODEV'));
    await leaving;
    expect(log.filter((line) => line.startsWith('remove '))).toEqual(['remove state of core.client.1', 'remove state of core.client.0']);
    expect(points.filter((point) => point === 'aux-bus.child.forced')).toHaveLength(2);
    expect(bus.devices().map(({ name }) => name)).toEqual(['core.client.9']);
    // The registrant's own clean-up comes late and does no harm.
    for (const one of published) await one.withdraw();
    expect(parent.children).toEqual([]);
  });

  it('remember no device that was withdrawn', async () => {
    const { bus, points } = bench();
    const parent = bus.parent('p');
    for (let id = 0; id < 3; id++) await (await bus.publish({ parent, module: 'core', name: 'client', id })).withdraw();
    await parent.unbind();
    expect(points).not.toContain('aux-bus.child.forced');
  });

  it('wait for a child whose probe is under way', async () => {
    const { bus, log } = bench();
    const slow = gate();
    const started = gate();
    await bus.registerDriver(client(log, { probe: async () => (started.open(), await slow.wait, 's') }));
    const parent = bus.parent('p');
    const adding = bus.publish({ parent, module: 'core', name: 'client', id: 0 });
    await started.wait;
    const leaving = parent.unbind();
    slow.open();
    await Promise.all([adding, leaving]);
    expect(log.slice(-3)).toEqual(['remove s', 'UNBOUND_DRIVER core.client.0 client', 'REMOVED_DEVICE core.client.0']);
  });
});
