// Many GPUs in one process: none knows of another, and each holds on to as much as any.
import { createAuxBus } from '@nova-stack/aux-bus';
import { syntheticPack, type FirmwareSource } from '@nova-stack/firmware-files';
import { createGspRm } from '@nova-stack/gsp-rm';
import { createGpu, type Gpu } from '@nova-stack/hw-model';
import { BOARDS, type BoardName } from '@nova-stack/hw-model/boards';
import { createNovaCore, type CoreDevice } from '@nova-stack/nova-core';
import { createBus } from '@nova-stack/pci';
import { createVirtualClock } from '@nova-stack/timebase';
import { noTrace } from '@nova-stack/trace';
import { expect, test } from 'vitest';

const COUNT = 64;
/** Below 4 GiB there is room for the registers of 61 GPUs on a bus. */
const ON_A_BUS = 32;
const MiB = 2 ** 20;

/** Bytes of all arrays in a value, each buffer's part once. */
function bytesOf(value: unknown, seen = new Set<unknown>()): number {
  if (typeof value !== 'object' || value === null || seen.has(value)) return 0;
  seen.add(value);
  if (ArrayBuffer.isView(value)) return value.byteLength;
  const parts: Iterable<unknown> = value instanceof Map ? [...value.values()] : Object.values(value);
  let sum = 0;
  for (const part of parts) sum += bytesOf(part, seen);
  return sum;
}

const pack: FirmwareSource = syntheticPack({ chip: 'ad102', version: '570.144' });

test(`${COUNT} GPUs boot in one process; each takes a bounded part of its memory, all the same`, async () => {
  const gpus: Gpu[] = [];
  const cores: CoreDevice[] = [];
  for (let first = 0; first < COUNT; first += ON_A_BUS) {
    const clock = createVirtualClock({ seed: 1 });
    const pci = createBus({ clock });
    const core = createNovaCore({ clock, trace: noTrace, auxBus: createAuxBus(), firmware: pack });
    for (let i = 0; i < ON_A_BUS; i++) {
      const gpu = createGpu({ board: 'rtx4090', firmware: createGspRm(), seed: first + i + 1 });
      pci.plug(gpu);
      gpus.push(gpu);
    }
    for (const device of pci.find({ vendor: 0x10de, baseClass: 0x03 })) cores.push(await core.probe(device));
  }
  expect(cores).toHaveLength(COUNT);

  const taken = gpus.map((gpu) => ({ vram: gpu.residentVram(), all: bytesOf(gpu.snapshot()) }));
  const [one] = taken;
  // Of 24 GiB of video memory, what was touched: image, bootloader, tables.
  expect(one!.vram).toBeLessThanOrEqual(2 * MiB);
  expect(one!.all).toBeLessThanOrEqual(4 * MiB);
  expect(taken.filter(({ vram, all }) => vram !== one!.vram || all !== one!.all)).toEqual([]);
  expect(new Set(gpus.map(({ facts }) => Buffer.from(facts.uuid).toString('hex'))).size).toBe(COUNT);

  // One goes down; the others do not notice.
  await cores[0]!.unbind();
  expect(gpus[0]!.read(0, 0x1fa828, 4)).toBe(0);
  for (const gpu of gpus.slice(1)) expect(gpu.read(0, 0x1fa828, 4)).not.toBe(0);
  await Promise.all(cores.slice(1).map((core) => core.unbind()));
  for (const gpu of gpus) expect(gpu.residentVram()).toBeLessThanOrEqual(one!.vram);
});

test('a GPU of every board that there is costs a few MiB before its boot, whatever its video memory', () => {
  for (const name of Object.keys(BOARDS) as BoardName[]) {
    const gpu = createGpu({ board: name, firmware: createGspRm() });
    expect([name, gpu.residentVram()]).toEqual([name, 0]);
    expect(bytesOf(gpu.snapshot()), name).toBeLessThanOrEqual(4 * MiB);
  }
});
