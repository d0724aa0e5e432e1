import { expect, test } from 'vitest';

import { registerClient, type ClientDriverOptions } from './client-driver.ts';
import type { Session } from './session.ts';
import { createMemoryBus, createMemoryCore } from './testing.ts';

const HELLO: ClientDriverOptions<unknown>['hello'] = {
  kind: 'diagnostic', name: 'test', required: ['device.info'], optional: ['memory.region'], wants: [{ interface: 'base', major: 1, minMinor: 0, maxMinor: 0 }],
};

test('a client gets a session with every core, and lets go before it ends', async () => {
  const { bus, plug } = createMemoryBus();
  const cores = [createMemoryCore({ memory: 2 ** 20 }), createMemoryCore({ memory: 2 ** 21, epoch: 7n })] as const;
  const log: string[] = [];
  const first = await plug(cores[0]);
  const client = await registerClient<Session>(bus, {
    module: 'client', devices: ['nova-core.vgpu'], hello: HELLO,
    attached: async (session, device) => {
      log.push(`${device}: ${session.base.deviceInfo().info.memoryTotal}`);
      await session.base.allocate({ size: 1 });
      return session;
    },
    detaching: (session) => void log.push(`detaching ${session.state}`),
  });
  const second = await plug(cores[1]);
  expect(log).toEqual(['nova-core.vgpu.0: 1048576', 'nova-core.vgpu.1: 2097152']);
  expect(cores[0].lent().regions).toBe(1);

  await first.unplug();
  expect(cores[0].lent().regions).toBe(0);
  await second.tearOut();
  expect(cores[1].lent().regions).toBe(0);
  expect(log.slice(2)).toEqual(['detaching Attached', 'detaching Lost']);
  await client.unregister();
});

test('a client that does not fit stays without the device, and the bus knows why', async () => {
  const { bus, plug } = createMemoryBus();
  const core = createMemoryCore({ interfaces: { base: [{ major: 2, minor: 0, required: true }] } });
  const plugged = await plug(core);
  await registerClient(bus, { module: 'client', devices: ['nova-core.vgpu'], hello: HELLO, attached: () => undefined });
  expect(plugged.refusal('client', plugged.names[1]!)).toMatch(/base: the core insists on a version/);
  expect(core.published.sessions).toBe(0);
});

test('a client that fails after the handshake leaves no session behind', async () => {
  const { bus, plug } = createMemoryBus();
  const core = createMemoryCore();
  const plugged = await plug(core);
  await registerClient(bus, { module: 'client', devices: ['nova-core.vgpu'], hello: HELLO, attached: () => { throw new Error('no luck'); } });
  expect(plugged.refusal('client', plugged.names[1]!)).toMatch('no luck');
  expect(core.published.sessions).toBe(0);
});

test('several clients of different versions share a device', async () => {
  const { bus, plug } = createMemoryBus();
  const core = createMemoryCore({ interfaces: { base: [{ major: 1, minor: 0 }], vgpu: [{ major: 1, minor: 1 }] } });
  await plug(core);
  const seen: unknown[] = [];
  for (const [module, device, minor] of [['old', 'nova-drm', 0], ['new', 'vgpu', 1]] as const) {
    await registerClient(bus, {
      module, devices: [`nova-core.${device}`],
      hello: { ...HELLO, wants: [...HELLO.wants, { interface: 'vgpu', major: 1, minMinor: 0, maxMinor: minor }] },
      attached: ({ agreement, vgpu }) => void seen.push([agreement.interfaces.vgpu!.minor, 'submitTypes' in vgpu!]),
    });
  }
  expect(seen).toEqual([[0, false], [1, true]]);
  expect(core.published.sessions).toBe(2);
});
