import { createGspRm } from '@nova-stack/gsp-rm';
import { createGpu } from '@nova-stack/hw-model';
import { BOARDS } from '@nova-stack/hw-model/boards';
import { createMachine, type Machine } from '@nova-stack/nova/machine';
import type { CoreDevice } from '@nova-stack/nova-core';
import { registerClient, type Hello, type Session } from '@nova-stack/nova-core-api';
import type { PciDevice } from '@nova-stack/pci';
import { describe, expect, test } from 'vitest';

interface Two {
  readonly machine: Machine;
  /** Takes the second GPU out. */
  readonly removeSecond: () => void;
  readonly cores: readonly CoreDevice[];
  readonly devices: readonly PciDevice[];
}

/** Two boards with the same chip on one bus, one core driver. */
async function two(): Promise<Two> {
  const machine = createMachine({ board: 'l40' });
  const slot = machine.pci.plug(createGpu({ board: BOARDS.rtx4090, firmware: createGspRm(), trace: machine.trace, seed: 2 }));
  const devices = machine.pci.find({ vendor: 0x10de, baseClass: 0x03 });
  expect(devices).toHaveLength(2);
  const cores = await Promise.all(devices.map((device) => machine.core.probe(device)));
  return { machine, cores, devices, removeSecond: () => { slot.remove(); } };
}

const HELLO: Omit<Hello, 'epoch'> = {
  kind: 'drm', name: 'test', wants: [{ interface: 'base', major: 1, minMinor: 0, maxMinor: 1 }], required: ['device.info', 'memory.region', 'memory.cpu-window'], optional: [],
};

describe('one client driver on two GPUs', () => {
  test('has a session with each, matched to the right one', async () => {
    const { machine, cores } = await two();
    const sessions = new Map<string, Session>();
    await registerClient(machine.auxBus, { module: 'test', devices: ['nova-core.nova-drm'], hello: HELLO, attached: (session, device) => void sessions.set(device, session) });
    expect([...sessions.keys()].sort()).toEqual(['nova-core.nova-drm.0', 'nova-core.nova-drm.1']);
    const told = [...sessions].sort(([a], [b]) => (a < b ? -1 : 1)).map(([, { base }]) => base.deviceInfo().info);
    expect(told.map(({ name }) => name)).toEqual(['NVIDIA L40', 'NVIDIA GeForce RTX 4090']);
    expect(new Set(told.map(({ uuid }) => Buffer.from(uuid).toString('hex'))).size).toBe(2);
    expect(new Set(told.map(({ pci }) => pci.bus * 32 + pci.device)).size).toBe(2);
    // Only one of them can host virtual GPUs.
    expect(machine.auxBus.devices().map(({ name }) => name).sort()).toEqual(['nova-core.nova-drm.0', 'nova-core.nova-drm.1', 'nova-core.vgpu.0']);
    for (const core of cores) await core.unbind();
  });

  test('loses one when it leaves, and nothing of the other', async () => {
    const { machine, cores, devices, removeSecond } = await two();
    const sessions: Session[] = [];
    await registerClient(machine.auxBus, { module: 'test', devices: ['nova-core.nova-drm'], hello: HELLO, attached: (session) => void sessions.push(session) });
    const regions = await Promise.all(sessions.map(async ({ base }, i) => {
      const { region } = await base.allocate({ size: 8192 });
      region.write({ offset: 100, bytes: Uint8Array.of(i + 1, 7) });
      return region;
    }));
    const before = sessions[0]!.base.limits();
    removeSecond();
    expect(() => regions[1]!.read({ offset: 100, length: 2 })).toThrow(expect.objectContaining({ code: 'DeviceLost' }));
    await cores[1]!.unbind();
    expect(sessions[1]!.state).toBe('Detached');
    expect(regions[0]!.read({ offset: 100, length: 2 }).bytes).toEqual(Uint8Array.of(1, 7));
    expect(sessions[0]!.base.limits()).toEqual(before);
    expect(sessions[0]!.state).toBe('Attached');
    await cores[0]!.unbind();
    expect(devices.map((device) => device.dmaInUse())).toEqual([[], []]);
  });
});

test('clients of different versions and kinds share one GPU, each with what it agreed on', async () => {
  const machine = createMachine({ board: 'l40' });
  const sessions = new Map<string, Session>();
  const client = (name: string, device: string, wants: Hello['wants']): Promise<unknown> => registerClient(machine.auxBus, {
    module: name, devices: [device], hello: { ...HELLO, kind: 'diagnostic', name, wants, optional: ['vgpu.types.list', 'vgpu.types.submit', 'vgpu.instance.basic'] }, attached: (session) => void sessions.set(name, session),
  });
  await client('old', 'nova-core.nova-drm', [{ interface: 'base', major: 1, minMinor: 0, maxMinor: 0 }]);
  await client('new', 'nova-core.vgpu', [{ interface: 'base', major: 1, minMinor: 1, maxMinor: 4 }, { interface: 'vgpu', major: 1, minMinor: 0, maxMinor: 9 }, { interface: 'vgpu', major: 2, minMinor: 0, maxMinor: 0, optional: true }]);
  const core = await machine.core.probe(machine.pci.find({ vendor: 0x10de, baseClass: 0x03 })[0]!);
  expect(sessions.get('old')!.agreement.interfaces).toEqual({ base: { major: 1, minor: 0, deprecated: false } });
  expect(sessions.get('new')!.agreement.interfaces).toEqual({ base: { major: 1, minor: 2, deprecated: false }, vgpu: { major: 2, minor: 0, deprecated: false } });
  expect(sessions.get('old')!.vgpu).toBeUndefined();
  expect(sessions.get('new')!.vgpu2!.querySupport().enabled).toBe(true);
  // What one holds the other does not see but in what is left.
  const { memoryAvailable } = sessions.get('new')!.base.limits().limits;
  const { region, size } = await sessions.get('old')!.base.allocate({ size: 1 });
  expect(sessions.get('new')!.base.limits().limits.memoryAvailable).toBe(memoryAvailable - size);
  await region.release();
  await core.unbind();
});
