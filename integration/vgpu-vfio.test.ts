// vGPUs as their guests have them, on the model: identity, memory, isolation, and how they end.
import { readFileSync } from 'node:fs';

import { syntheticTypeFile } from '@nova-stack/firmware-files';
import { createMachine, type Machine } from '@nova-stack/nova/machine';
import type { AccessSize, DeviceHost, DmaJob, PciFunction } from '@nova-stack/pci';
import { serveDevice } from '@nova-stack/vfio-user';
import { createVgpuDriver, type VgpuManager } from '@nova-stack/vgpu';
import { openVgpuFunction, type GoneReason, type VgpuFunction } from '@nova-stack/vgpu-vfio';
import fc from 'fast-check';
import { expect, test, vi } from 'vitest';

const MiB = 2 ** 20;
const ONES = 0xffff_ffff;
const owner = (n: number): Uint8Array => new Uint8Array(16).fill(n);

interface Guest {
  readonly vgpu: VgpuFunction;
  readonly fn: PciFunction;
  readonly gone: GoneReason[];
  readonly writeConfig: (offset: number, size: AccessSize, value: number) => void;
}

interface Rig {
  readonly machine: Machine;
  readonly manager: VgpuManager;
  readonly open: (vf: number) => Promise<Guest>;
  readonly end: () => Promise<void>;
  readonly unbind: () => Promise<void>;
}

/** An L40 with a vGPU of each of these types assigned, on virtual functions 0, 1, … */
async function rig(...types: string[]): Promise<Rig> {
  const machine = createMachine({ board: 'l40' });
  const managers = await createVgpuDriver({ bus: machine.auxBus });
  const [gpu] = machine.pci.find({ baseClass: 0x03 });
  const core = await machine.core.probe(gpu!);
  const [manager] = managers.managers as [VgpuManager];
  await manager.submitTypes(syntheticTypeFile({ device: 0x26b5, version: core.firmwareVersion }), 'types');
  for (const [vf, type] of types.entries()) await manager.assign({ type, owner: owner(vf + 1), vf });
  const guests: Guest[] = [];
  const unbind = async (): Promise<void> => {
    await core.unbind();
    await managers.unregister();
  };
  return {
    machine, manager, unbind,
    async open(vf) {
      const gone: GoneReason[] = [];
      const vgpu = await openVgpuFunction({ device: gpu!.sriov!.virtualFunctions[vf]!, owner: owner(vf + 1), onGone: (why) => void gone.push(why) });
      const { fn } = vgpu;
      const host: DeviceHost = { now: () => 0, start: (job: DmaJob) => void job.return(undefined), interrupt: () => undefined, line: () => undefined };
      fn.plug(host);
      fn.config.write(4, 2, 2);
      const guest: Guest = {
        vgpu, fn, gone,
        writeConfig(offset, size, value) {
          if (fn.config.write(offset, size, value) !== 'flr') return;
          fn.config.reset();
          fn.reset('flr');
        },
      };
      guests.push(guest);
      return guest;
    },
    async end() {
      for (const { vgpu } of guests) await vgpu.close();
      await unbind();
      expect(gpu!.dmaInUse()).toEqual([]);
    },
  };
}

test('a guest has its type\'s identity, its own memory and its own reset', async () => {
  const { open, end, machine } = await rig('L40-4Q', 'L40-4C');
  const [one, two] = [await open(0), await open(1)];
  const ids = ({ fn }: Guest): number[] => [fn.config.read(0, 4), fn.config.read(0x2c, 4), fn.config.read(8, 4)];
  expect([ids(one), ids(two)]).toEqual([[0x26b5_10de, 0x1772_10de, 0x0300_00a1], [0x26b5_10de, 0x178d_10de, 0x0300_00a1]]);
  expect(one.fn.bars.map(({ index, size }) => [index, size])).toEqual([[0, 256 * 1024], [1, 256 * MiB], [3, 32 * MiB]]);
  // BOOT_0 says AD102, BOOT_1 that a guest looks at it.
  expect([one.fn.read(0, 0, 4), one.fn.read(0, 4, 4)]).toEqual([0x1920_00a1, 0x2_0000]);
  for (const [guest, value] of [[one, 0x1111_1111], [two, 0x2222_2222]] as const) guest.fn.write(1, 5 * MiB, 4, value);
  expect([one.fn.read(1, 5 * MiB, 4), two.fn.read(1, 5 * MiB, 4), one.fn.read(3, 5 * MiB, 4)]).toEqual([0x1111_1111, 0x2222_2222, 0x1111_1111]);
  one.writeConfig(0x48, 2, 0x8000);
  expect([one.fn.config.read(0, 4), one.fn.read(1, 0, 4)]).toEqual([ONES, ONES]);
  await one.vgpu.settled();
  expect([ids(one)[0], one.fn.read(1, 5 * MiB, 4), two.fn.read(1, 5 * MiB, 4)]).toEqual([0x26b5_10de, 0, 0x2222_2222]);
  // What is closed is cleared before anybody else gets it.
  const { start } = machine.gpu.snapshot().virtual.memory.find(([gfid]) => gfid === 2)![1][0]!;
  expect(machine.gpu.peekVram(start + 5 * MiB, 1)[0]).toBe(0x22);
  await two.vgpu.close();
  expect(machine.gpu.peekVram(start + 5 * MiB, 1)[0]).toBe(0);
  expect([two.gone, two.fn.read(1, 5 * MiB, 4)]).toEqual([['closed'], ONES]);
  await end();
});

/** Places worth a try: the ends of memory and of BARs, the interrupt table, registers that the physical function has. */
const offsets = fc.oneof(fc.nat(0x4_0000), fc.integer({ min: 0xfff0, max: 0x1_0070 }), fc.nat(256 * MiB), fc.integer({ min: 256 * MiB - 16, max: 256 * MiB + 16 }), fc.maxSafeNat());
const sizes = fc.constantFrom<AccessSize>(1, 2, 4);
const access = fc.oneof(
  fc.record({ what: fc.constantFrom('read' as const, 'write' as const), bar: fc.constantFrom(0, 1, 3, 5), offset: offsets, size: sizes, value: fc.nat(ONES) }),
  fc.record({ what: fc.constant('block' as const), bar: fc.constantFrom(0, 1, 3), offset: offsets, length: fc.nat(5000) }),
  fc.record({ what: fc.constant('config' as const), offset: fc.integer({ min: 0, max: 0x3ff }).map((n) => 4 * n), value: fc.nat(ONES) }),
);

test('whatever two guests do, nothing changes but what is their own', async () => {
  const { machine, manager, open, end } = await rig('L40-4Q', 'L40-4Q', 'L40-4Q');
  const guests = [await open(0), await open(1)] as const;
  const others = await open(2);
  others.fn.write(1, 8, 4, 0x3333_3333);
  for (const { vgpu } of guests) await vgpu.settled();
  /** Everything but what these guests may change: their memory, and which of them is bus master, which the core was told of. */
  const state = (): object => {
    const { virtual, vram: _, config, registers, falcons, fsp, display, host, interrupts, timers, board } = machine.gpu.snapshot();
    return {
      board, config, registers, falcons, fsp, display, host, interrupts, timers, memory: virtual.memory, tables: virtual.tables, configs: virtual.configs,
      assignments: [0, 1, 2].map((vf) => manager.assignment(vf)), lent: manager.instances.length,
    };
  };
  const own = machine.gpu.snapshot().virtual.memory.filter(([gfid]) => gfid <= 2).flatMap(([, ranges]) => [...ranges]).sort((a, b) => a.start - b.start);
  /** VRAM outside of it, where anything was ever written: a sample around every border, and what the third guest wrote. */
  const borders = own.flatMap(({ start, size }) => [start - 64, start + size]).filter((at) => at >= 0 && !own.some(({ start, size }) => at >= start && at < start + size));
  const outside = (): number[] => borders.flatMap((at) => [...machine.gpu.peekVram(at, 64)]);
  const before = [JSON.stringify(plain(state())), outside(), machine.gpu.residentVram()] as const;
  await fc.assert(fc.asyncProperty(fc.array(fc.tuple(fc.nat(1), access), { maxLength: 40, size: 'max' }), async (steps) => {
    for (const [who, step] of steps) {
      const { fn, writeConfig } = guests[who]!;
      const other = guests[1 - who]!.fn;
      const [face, seen] = [other.config.state(), [other.read(1, 16, 4), other.read(0, 0x1_0000, 4)]];
      if (step.what === 'read') fn.read(step.bar, step.offset - (step.offset % step.size), step.size);
      else if (step.what === 'write') fn.write(step.bar, step.offset - (step.offset % step.size), step.size, step.size === 4 ? step.value : step.value % 2 ** (8 * step.size));
      else if (step.what === 'block') {
        fn.readBlock(step.bar, step.offset, new Uint8Array(step.length));
        fn.writeBlock(step.bar, step.offset, new Uint8Array(step.length).fill(0xa0 + who));
        // Bus mastering and resets have the core act for the guest: what they leave behind is looked at elsewhere.
      } else writeConfig(step.offset, 4, step.offset === 4 ? (step.value & ~4) >>> 0 : step.offset === 0x48 ? (step.value & ~0x8000) >>> 0 : step.value);
      expect([other.read(1, 16, 4), other.read(0, 0x1_0000, 4)]).toEqual(seen);
      expect(Buffer.compare(other.config.state(), face)).toBe(0);
    }
    await Promise.all(guests.map(({ vgpu }) => vgpu.settled()));
    expect(others.fn.read(1, 8, 4)).toBe(0x3333_3333);
  }), { numRuns: 40 });
  expect([JSON.stringify(plain(state())), outside()]).toEqual([before[0], before[1]]);
  for (const { gone, vgpu } of guests) expect([gone, vgpu.state]).toEqual([[], 'running']);
  await end();
});

/** Bytes as text, so that all of it can be compared as one. */
function plain(value: unknown): unknown {
  if (value instanceof Uint8Array || value instanceof Uint32Array) return Buffer.from(value.buffer, value.byteOffset, value.byteLength).toString('base64');
  if (value instanceof Map) return [...(value as Map<unknown, unknown>)].map(plain);
  if (typeof value === 'bigint') return String(value);
  if (Array.isArray(value)) return value.map(plain);
  return typeof value === 'object' && value !== null ? Object.fromEntries(Object.entries(value).map(([key, one]) => [key, plain(one)])) : value;
}

test('the core leaves: guests lose their functions, and everything is given back', async () => {
  const { open, unbind, machine } = await rig('L40-8Q', 'L40-8Q');
  const [one, two] = [await open(0), await open(1)];
  one.writeConfig(4, 2, 6);
  await unbind();
  for (const { gone, vgpu, fn } of [one, two]) {
    expect([gone, vgpu.state, fn.config.read(0, 4), fn.read(0, 0, 4)]).toEqual([['revoked'], 'gone', ONES, ONES]);
    await vgpu.close();
  }
  const [gpu] = machine.pci.find({ baseClass: 0x03 });
  expect([gpu!.dmaInUse(), gpu!.sriov!.numVfs]).toEqual([[], 0]);
});

test('the GPU is pulled out: guests lose their functions', async () => {
  const { open, unbind, machine } = await rig('L40-8Q');
  const guest = await open(0);
  machine.slot.remove();
  expect(guest.fn.read(0, 0, 4)).toBe(ONES);
  await unbind();
  expect([guest.gone.length, guest.vgpu.state, guest.fn.config.read(0, 4)]).toEqual([1, 'gone', ONES]);
  await guest.vgpu.close();
});

test('the README of vgpu-vfio does what it says', async () => {
  const print = vi.spyOn(console, 'log').mockImplementation(() => undefined);

  // A modelled GPU with its core, and the manager that assigns a virtual function.
  const machine = createMachine({ board: 'l40' });
  const managers = await createVgpuDriver({ bus: machine.auxBus });
  const [gpu] = machine.pci.find({ baseClass: 0x03 });
  const core = await machine.core.probe(gpu!);
  const [manager] = managers.managers;
  await manager!.submitTypes(syntheticTypeFile({ device: 0x26b5, version: core.firmwareVersion }), 'types');
  const owner = Uint8Array.from({ length: 16 }, (_, i) => i);
  const { vf } = await manager!.assign({ type: 'L40-4Q', owner });

  // The driver of that virtual function, and what its guest finds.
  const vgpu = await openVgpuFunction({ device: gpu!.sriov!.virtualFunctions[vf]!, owner, onGone: (why) => console.log(why) });
  console.log(vgpu.fn.config.read(0, 4).toString(16), vgpu.fn.config.read(0x2c, 4).toString(16)); // 26b510de 177210de
  console.log(vgpu.fn.bars.map(({ index, size }) => `${index}: ${size / 2 ** 20} MiB`).join(', ')); // 0: 0.25 MiB, 1: 256 MiB, 3: 32 MiB

  // For QEMU: -device '{"driver":"vfio-user-pci","socket":{"type":"unix","path":"/tmp/readme-vgpu.sock"}}'
  const server = await serveDevice({ device: vgpu.fn, path: '/tmp/readme-vgpu.sock' });
  await server.close();

  await vgpu.close(); // prints closed; the memory is cleared, the virtual function stays assigned
  await manager!.unassign(vf, owner);
  await core.unbind();
  await managers.unregister();

  const printed = print.mock.calls.map((line) => line.join(' '));
  print.mockRestore();
  expect(printed).toEqual(['26b510de 177210de', '0: 0.25 MiB, 1: 256 MiB, 3: 32 MiB', 'closed']);
  const read = (path: string): string => readFileSync(new URL(path, import.meta.url), 'utf8');
  const readme = read('../packages/vgpu-vfio/README.md');
  for (const line of printed) expect(readme).toContain(line);
  const [, code] = /```ts\n(.*?)```/s.exec(readme)!;
  const here = read(import.meta.url).replaceAll(/^ {2}/gm, '');
  for (const line of code!.split('\n').filter((line) => !line.startsWith('import'))) expect(here).toContain(line);
});
