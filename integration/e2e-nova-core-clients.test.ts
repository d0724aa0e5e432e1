import { syntheticTypeFile } from '@nova-stack/firmware-files';
import { createMachine, type Machine } from '@nova-stack/nova/machine';
import type { CoreDevice } from '@nova-stack/nova-core';
import { registerClient, type Session } from '@nova-stack/nova-core-api';
import type { PciDevice } from '@nova-stack/pci';
import type { FaultRule } from '@nova-stack/trace';
import { createVgpuDriver, type VgpuManager } from '@nova-stack/vgpu';
import { describe, expect, test } from 'vitest';

const MiB = 2 ** 20;
const TYPES = syntheticTypeFile({ device: 0x26b5, version: '570.144' });
const owner = (n: number): Uint8Array => new Uint8Array(16).fill(n);

interface Running {
  readonly machine: Machine;
  readonly device: PciDevice;
  readonly core: CoreDevice;
  readonly manager: VgpuManager;
}

/** Where each piece of the framebuffer is that was given away, in order. */
type Given = { readonly start: number; readonly label: string }[];

async function running(faults: FaultRule[] = [], given: Given = []): Promise<Running> {
  const machine = createMachine({
    board: 'l40', faults, sinks: [({ point, args }) => { if (point === 'nova-core.memory.allocated') given.push({ start: Number(args['start']), label: String(args['label']) }); }],
  });
  const device = machine.pci.find({ vendor: 0x10de, baseClass: 0x03 })[0]!;
  const { managers } = await createVgpuDriver({ bus: machine.auxBus });
  const core = await machine.core.probe(device);
  return { machine, device, core, manager: managers[0]! };
}

async function session(machine: Machine): Promise<Session> {
  let open: Session | undefined;
  await registerClient(machine.auxBus, {
    module: 'test', devices: ['nova-core.nova-drm'],
    hello: {
      kind: 'diagnostic', name: 'test', wants: [{ interface: 'base', major: 1, minMinor: 0, maxMinor: 0 }],
      required: ['device.info', 'memory.region', 'memory.cpu-window', 'memory.clear'], optional: [],
    },
    attached: (given) => void (open = given),
  });
  return open!;
}

/** Whether a range of VRAM is all zero. */
function isZero(machine: Machine, start: number, length: number): boolean {
  return Buffer.compare(machine.gpu.peekVram(start, length), Buffer.alloc(length)) === 0;
}

describe('device memory over the contract', () => {
  test('reads what was written, is found in VRAM, and is zero for the next owner', async () => {
    const given: Given = [];
    const { machine, core } = await running([], given);
    const { base } = await session(machine);
    const free = base.limits().limits.memoryAvailable;
    const { region, size } = await base.allocate({ size: 3_000_000 });
    expect(size % base.limits().limits.windowGranularity).toBe(0);
    const bytes = Uint8Array.from({ length: 2_500_000 }, (_, i) => (i * 7) & 0xff);
    region.write({ offset: 12_345, bytes });
    expect(Buffer.compare(region.read({ offset: 12_345, length: bytes.length }).bytes, bytes)).toBe(0);
    expect(given).toMatchObject([{ label: 'region of a client' }]);
    const { start } = given[0]!;
    expect(Buffer.compare(machine.gpu.peekVram(start + 12_345, bytes.length), bytes)).toBe(0);
    await region.clear({ offset: 20_000, length: 100 });
    expect(region.read({ offset: 20_000, length: 100 }).bytes).toEqual(new Uint8Array(100));
    expect(() => region.read({ offset: size - 1, length: 2 })).toThrow(expect.objectContaining({ code: 'Range' }));
    await region.release();
    expect(base.limits().limits.memoryAvailable).toBe(free);
    expect(isZero(machine, start, size)).toBe(true);
    await core.unbind();
  });

  test('says so when there is too little, and when the device is gone', async () => {
    const { machine, core } = await running();
    const { base } = await session(machine);
    await expect(base.allocate({ size: 2 ** 50 })).rejects.toMatchObject({ code: 'NoMemory' });
    const { region } = await base.allocate({ size: 64 });
    machine.slot.remove();
    expect(() => region.read({ offset: 0, length: 4 })).toThrow(expect.objectContaining({ code: 'DeviceLost' }));
    await expect(base.allocate({ size: 4 })).rejects.toMatchObject({ code: 'DeviceLost' });
    await core.unbind();
    expect(machine.auxBus.devices()).toEqual([]);
  });
});

describe('virtual GPUs over the contract', () => {
  test('come and go, leave zeros behind, and fill the board to the last one', async () => {
    const { machine, core, manager } = await running();
    await manager.submitTypes(TYPES, 'types');
    const all = [];
    for (let i = 0; i < 12; i++) all.push(await manager.create({ type: 'L40-4Q', owner: owner(i) }));
    expect(new Set(all.map(({ vf }) => vf)).size).toBe(12);
    await expect(manager.create({ type: 'L40-4Q', owner: owner(99) })).rejects.toMatchObject({ code: 'NoCapacity' });
    await expect(manager.create({ type: 'L40-8Q', owner: owner(99) })).rejects.toMatchObject({ code: 'NotCreatable' });
    await all[3]!.setBusMaster(true);
    await all[3]!.reset();
    await manager.closeAll();
    const eight = await manager.create({ type: 'L40-8Q', owner: owner(1) });
    await eight.close();
    expect(manager.types().find(({ name }) => name === 'NVIDIA L40-4Q')).toMatchObject({ creatable: 12 });
    expect(isZero(machine, 0, 256 * MiB)).toBe(true);
    await core.unbind();
  });

  test('refuses types for other software without naming it', async () => {
    const { core, manager } = await running();
    const other = syntheticTypeFile({ device: 0x26b5, version: '570.144', gspVersion: '580.105.08' });
    const error = await manager.submitTypes(other, 'newer').catch((thrown: unknown) => thrown as Error);
    expect(error).toMatchObject({ code: 'Incompatible', reason: 'other-release' });
    expect((error as Error).message).not.toMatch(/570|580/);
    await expect(manager.submitTypes(TYPES.subarray(0, 1000), 'cut')).rejects.toMatchObject({ code: 'BadData' });
    await core.unbind();
  });

  test('survive a task that never shows up', async () => {
    const { core, manager } = await running([{ point: 'gsp-rm.plugin.start', action: 'hang' }]);
    await manager.submitTypes(TYPES, 'types');
    await expect(manager.create({ type: 'L40-4Q', owner: owner(1) })).rejects.toMatchObject({ code: 'Timeout' });
    const again = await manager.create({ type: 'L40-4Q', owner: owner(1) });
    expect(again.vf).toBe(0);
    await core.unbind();
  });

  test.each([['unbound', false], ['removed', true]])('end with the device when it is %s', async (_, removal) => {
    const { machine, device, core, manager } = await running();
    await manager.submitTypes(TYPES, 'types');
    await manager.create({ type: 'L40-4Q', owner: owner(1) });
    if (removal) machine.slot.remove();
    await core.unbind();
    expect(machine.auxBus.devices()).toEqual([]);
    expect(device.dmaInUse()).toEqual([]);
    if (removal) return;
    const second = await machine.core.probe(device);
    expect(second.published).toEqual(['nova-core.nova-drm.1', 'nova-core.vgpu.1']);
    await second.unbind();
  });
});
