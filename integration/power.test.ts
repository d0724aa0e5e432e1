import { BOARDS, type BoardName } from '@nova-stack/hw-model/boards';
import { registerClient, type Session } from '@nova-stack/nova-core-api';
import { FIRST_VA, type CoreDevice } from '@nova-stack/nova-core';
import { createMachine, type Machine } from '@nova-stack/nova/machine';
import type { PciDevice } from '@nova-stack/pci';
import type { FaultRule, TraceEvent } from '@nova-stack/trace';
import { describe, expect, test } from 'vitest';

interface World {
  readonly machine: Machine;
  readonly device: PciDevice;
  readonly gpu: CoreDevice;
  readonly events: readonly TraceEvent[];
  readonly faults: FaultRule[];
}

async function up(board: BoardName, version = '570.144'): Promise<World> {
  const events: TraceEvent[] = [];
  const faults: FaultRule[] = [];
  const machine = createMachine({ board, version, faults, sinks: [(event) => void events.push(event)] });
  const device = machine.pci.find({ vendor: 0x10de, baseClass: 0x03 })[0]!;
  return { machine, device, gpu: await machine.core.probe(device), events, faults };
}

interface Attached {
  readonly session: () => Session;
  readonly sessions: () => number;
  readonly heard: string[];
}

/** A client that takes whatever devices come. */
async function client(machine: Machine): Promise<Attached> {
  const open: Session[] = [];
  const heard: string[] = [];
  await registerClient(machine.auxBus, {
    module: 'test', devices: ['nova-core.nova-drm'],
    hello: {
      kind: 'diagnostic', name: 'test', wants: [{ interface: 'base', major: 1, minMinor: 1, maxMinor: 1 }],
      required: ['device.info', 'device.events', 'memory.region', 'memory.cpu-window', 'memory.clear', 'device.suspend-notify'], optional: [],
    },
    attached: (given) => void open.push(given),
    onEvent: () => (event) => {
      heard.push(event.kind === 'session.lost' ? `${event.kind} ${event.payload.cause}` : event.kind);
    },
  });
  return { session: () => open.at(-1)!, sessions: () => open.length, heard };
}

/** What a sleeping machine does to a card: power goes, and comes back. */
function losePower({ gpu }: Machine): void {
  gpu.config.reset();
  gpu.reset('power-on');
}

const settle = (machine: Machine): Promise<void> => machine.clock.sleep(1e6, 'whatever comes');
const pattern = (length: number, seed: number): Uint8Array => Uint8Array.from({ length }, (_, i) => (i * seed + (i >> 8)) & 0xff);

const CASES: readonly (readonly [BoardName, string])[] = [
  ['rtx4090', '570.144'], ['rtx4090', '535.113.01'], ['rtx4090', '580.105.08'], ['a10', '570.144'], ['rtx2080ti', '570.144'], ['rtx2080ti', '535.113.01'],
];

describe('suspend and resume', () => {
  test.each(CASES)('%s with %s: memory, sessions and the firmware are there again after a sleep without power', async (board, version) => {
    const { machine, device, gpu } = await up(board, version);
    const { session, sessions, heard } = await client(machine);
    const { region } = await session().base.allocate({ size: 3_000_000 });
    const bytes = pattern(2_500_000, 7);
    region.write({ offset: 4096, bytes });
    const inUse = device.dmaInUse().length;
    for (let round = 0; round < 2; round++) {
      await gpu.suspend();
      expect(gpu.state).toBe('suspended');
      losePower(machine);
      await gpu.resume();
      expect([gpu.state, device.dmaInUse().length]).toEqual(['running', inUse]);
      expect(Buffer.compare(region.read({ offset: 4096, length: bytes.length }).bytes, bytes)).toBe(0);
    }
    await region.clear({ offset: 4096, length: 100 });
    expect(region.read({ offset: 4096, length: 100 }).bytes).toEqual(new Uint8Array(100));
    await settle(machine);
    expect(heard).toEqual(['device.quiesce', 'device.resumed', 'device.quiesce', 'device.resumed']);
    expect(sessions()).toBe(1);
    // Interrupts work again.
    machine.provoke.raise({ event: 'osError', xid: 13, text: 'after the sleep', channel: { runlist: 0, id: 0 } });
    await settle(machine);
    expect(heard.at(-1)).toBe('device.fault');
    await gpu.unbind();
    expect([device.dmaInUse(), machine.auxBus.devices()]).toEqual([[], []]);
    await (await machine.core.probe(device)).unbind();
  }, 60_000);

  test('while it sleeps nothing new is done, what is given back is cleared later, and nothing reaches the card', async () => {
    const { machine, gpu } = await up('a10');
    const { session } = await client(machine);
    const { base } = session();
    const { region, size } = await base.allocate({ size: 64 });
    const other = await base.allocate({ size: 64 });
    region.write({ offset: 0, bytes: pattern(64, 3) });
    other.region.write({ offset: 0, bytes: pattern(64, 5) });
    const free = base.limits().limits.memoryAvailable;
    await gpu.suspend();
    await expect(gpu.suspend()).rejects.toMatchObject({ code: 'STATE', step: 'suspend' });
    await expect(base.allocate({ size: 64 })).rejects.toMatchObject({ code: 'Busy' });
    expect(() => region.read({ offset: 0, length: 4 })).toThrow(expect.objectContaining({ code: 'Busy' }));
    await expect(region.clear({ offset: 0, length: 4 })).rejects.toMatchObject({ code: 'Busy' });
    await region.release();
    losePower(machine);
    await gpu.resume();
    expect(base.limits().limits.memoryAvailable).toBe(free + size);
    expect(other.region.read({ offset: 0, length: 64 }).bytes).toEqual(pattern(64, 5));
    const again = await base.allocate({ size: 64 });
    expect(again.region.read({ offset: 0, length: 64 }).bytes).toEqual(new Uint8Array(64));
    await expect(gpu.resume()).rejects.toMatchObject({ code: 'STATE', step: 'resume' });
    await gpu.unbind();
  });

  test('memory of the sleep that was changed is refused, and a reset gets the device going', async () => {
    const { machine, device, gpu } = await up('a10');
    const { sessions, heard } = await client(machine);
    await gpu.suspend();
    const kept = device.dmaInUse().find(({ label }) => label === 'kept firmware')!;
    machine.pci.memory.perform({ op: 'write', address: kept.address + 0x10_0000, from: Uint8Array.of(1, 2, 3, 4) });
    losePower(machine);
    await expect(gpu.resume()).rejects.toMatchObject({ code: 'FALCON_FAILED', step: 'booter-load' });
    expect(gpu.state).toBe('failed');
    await gpu.reset();
    await settle(machine);
    expect([gpu.state, sessions(), heard]).toEqual(['running', 2, ['device.quiesce', 'session.lost failed']]);
    await gpu.unbind();
    expect(device.dmaInUse()).toEqual([]);
  });

  test('a device that sleeps can be unbound, reset or pulled out', async () => {
    for (const way of ['unbind', 'reset', 'remove'] as const) {
      const { machine, device, gpu } = await up('a10');
      await gpu.suspend();
      if (way === 'remove') machine.slot.remove();
      if (way === 'reset') await gpu.reset();
      if (way === 'remove') await expect(gpu.resume()).rejects.toMatchObject({ code: 'DEVICE_LOST' });
      await gpu.unbind();
      expect([gpu.state, device.dmaInUse(), machine.auxBus.devices()]).toEqual(['gone', [], []]);
      if (way !== 'remove') await (await machine.core.probe(device)).unbind();
    }
  });
});

describe('a firmware that dies', () => {
  test.each(['crash', 'hang'] as const)('%s: calls end in time and typed, sessions are lost, a reset brings everything back', async (how) => {
    const { machine, device, gpu, events } = await up('a10');
    const { session, sessions, heard } = await client(machine);
    const { base } = session();
    const { region } = await base.allocate({ size: 64 });
    machine.provoke[how]();
    const from = machine.clock.now();
    const failures: unknown[] = [];
    for (let i = 0; i < 3; i++) failures.push(await base.allocate({ size: 64 }).catch((error: unknown) => (error as { code: string }).code));
    expect(failures.at(-1)).toBe('DeviceLost');
    // A halted core is seen at once, silence after a call that may take 30 s and one more.
    expect(machine.clock.now() - from).toBeLessThan(how === 'crash' ? 0.1e9 : 36e9);
    expect(gpu.state).toBe('failed');
    await region.release().catch(() => undefined);
    await settle(machine);
    expect(heard.at(-1)).toBe('session.lost failed');
    const report = gpu.crashReport();
    expect(report.firmware.died).toMatch(how === 'crash' ? /halted, mailbox 0xdead/ : /does not answer/);
    const before = machine.clock.now();
    await gpu.reset();
    expect(machine.clock.now() - before).toBeLessThan(2e9);
    await settle(machine);
    expect([gpu.state, sessions()]).toEqual(['running', 2]);
    const fresh = await session().base.allocate({ size: 64 });
    expect(fresh.region.read({ offset: 0, length: 64 }).bytes).toEqual(new Uint8Array(64));
    await gpu.unbind();
    expect([device.dmaInUse(), machine.auxBus.devices()]).toEqual([[], []]);
    expect(events.some(({ point }) => point === 'nova-core.reset.done')).toBe(true);
  });

  test.each(['crash', 'hang'] as const)('%s: unbind is bounded, and the next probe finds a device that boots', async (how) => {
    const { machine, device, gpu } = await up('a10');
    machine.provoke[how]();
    const from = machine.clock.now();
    await gpu.unbind().catch(() => undefined);
    expect(machine.clock.now() - from).toBeLessThan(12e9);
    expect([device.dmaInUse(), machine.auxBus.devices()]).toEqual([[], []]);
    await (await machine.core.probe(device)).unbind();
  });
});

describe('reset', () => {
  test('while busy: what is under way ends, and everybody finds a new device', async () => {
    const { machine, device, gpu } = await up('a10');
    const { session, sessions, heard } = await client(machine);
    machine.provoke.hang();
    const { base } = session();
    const calls = [1, 2, 3].map(() => base.allocate({ size: 64 }).catch((error: unknown) => (error as { code: string }).code));
    const from = machine.clock.now();
    await Promise.all([gpu.reset(), gpu.reset()]);
    expect(machine.clock.now() - from).toBeLessThan(2e9);
    for (const code of await Promise.all(calls)) expect(['Timeout', 'DeviceLost', 'Busy', 'DeviceError']).toContain(code);
    await settle(machine);
    expect([gpu.state, sessions(), heard]).toEqual(['running', 2, ['session.lost reset']]);
    await gpu.unbind();
    expect([device.dmaInUse(), machine.auxBus.devices()]).toEqual([[], []]);
  });

  test('of a device that does not come back: declared lost, everything released, and another reset may help', async () => {
    const { machine, device, gpu, faults } = await up('a10');
    faults.push({ point: 'hw-model.gfw', action: 'stuck', nth: 'every' });
    await expect(gpu.reset()).rejects.toMatchObject({ code: 'TIMEOUT', step: 'firmware-boot' });
    expect([gpu.state, device.dmaInUse(), machine.auxBus.devices()]).toEqual(['lost', [], []]);
    faults.length = 0;
    await gpu.reset();
    expect(gpu.state).toBe('running');
    await gpu.unbind();
    await expect(gpu.reset()).rejects.toMatchObject({ code: 'STATE' });
  });

  test('a suspend that cannot be begun leaves everything as it was', async () => {
    const { machine, gpu, device } = await up('a10');
    const { session, heard } = await client(machine);
    const { region } = await session().base.allocate({ size: 64 });
    const alloc = device.allocDma.bind(device);
    device.allocDma = (size, options) => {
      if (options.label === 'suspend metadata') throw new Error('no memory');
      return alloc(size, options);
    };
    const inUse = device.dmaInUse().length;
    await expect(gpu.suspend()).rejects.toMatchObject({ code: 'PCI', step: 'suspend' });
    await settle(machine);
    expect([gpu.state, heard, device.dmaInUse().length]).toEqual(['running', ['device.quiesce', 'device.resumed'], inUse]);
    region.write({ offset: 0, bytes: Uint8Array.of(1) });
    await region.release();
    await gpu.unbind();
  });
});

test('no board is left out', () => { expect(CASES.map(([board]) => BOARDS[board].chip)).toEqual(expect.arrayContaining(['ad102', 'ga102', 'tu102'])); });

test.each(CASES)('a channel of the driver on %s with %s works after a sleep as before, and what it had mapped is still there', async (board, version) => {
  const { machine, gpu, device, events } = await up(board, version);
  const queue = await gpu.openCopyQueue();
  const memory = device.allocDma(8192, { label: 'test' });
  const video = { aperture: 'vram', readOnly: false, volatile: false, privileged: false, kind: undefined } as const;
  await queue.space.map(FIRST_VA, memory.address, 8192, { ...video, aperture: 'coherent' });
  await queue.wait(await queue.copy(FIRST_VA, FIRST_VA + 4096, 64));
  await gpu.suspend();
  losePower(machine);
  await gpu.resume();
  memory.bytes.set(pattern(4096, 3));
  await queue.wait(await queue.copy(FIRST_VA, FIRST_VA + 4096, 4096));
  expect([...memory.bytes.subarray(4096)]).toEqual([...memory.bytes.subarray(0, 4096)]);
  expect(events.filter(({ point }) => point === 'hw-model.host.fault')).toEqual([]);
  await queue.close();
  memory.free();
  await gpu.unbind();
});
