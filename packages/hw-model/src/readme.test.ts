import { readFileSync } from 'node:fs';

import { createBus } from '@nova-stack/pci';
import { createVirtualClock } from '@nova-stack/timebase';
import { expect, it, vi } from 'vitest';

import { createGpu } from './index.ts';
import type { Firmware } from './port.ts';

it('does what its README shows', () => {
  const print = vi.spyOn(console, 'log').mockImplementation(() => undefined);

  // Firmware that answers every start with the length of what was loaded, and halts.
  const firmware: Firmware = (hardware) => ({
    falconStarted({ engine, loadedImem }) {
      hardware.setMailbox(engine, 0, loadedImem.length * 256);
      hardware.halt(engine);
    },
    engineReset: () => undefined,
    doorbell: () => undefined,
    timer: () => undefined,
    vfDoorbell: () => undefined,
    deviceReset: () => undefined,
    snapshot: () => undefined,
    restore: () => undefined,
  });

  const gpu = createGpu({ board: 'l40', firmware });
  const bus = createBus({ clock: createVirtualClock() });
  bus.plug(gpu);

  const [device] = bus.find({ vendor: 0x10de });
  device!.enable();
  const bar0 = device!.mapBar(0);
  console.log(bar0.read32(0xa00).toString(16)); // 192a1000: AD102, revision A1

  // One block into the GSP falcon's IMEM through port 0, then a start
  bar0.write32(0x110180, 0x1100_0000);
  for (let word = 0; word < 64; word++) bar0.write32(0x110184, word);
  bar0.write32(0x110100, 2);
  console.log(bar0.read32(0x110100), bar0.read32(0x110040)); // 16 256: halted, one block

  // The card has 48 GiB and costs what was touched.
  const bar1 = device!.mapBar(1);
  bar1.write32(47 * 2 ** 30, 0xcafe);
  console.log(gpu.peekVram(47 * 2 ** 30, 2), gpu.residentVram()); // Uint8Array [ 254, 202 ] 262144

  expect(print.mock.calls).toEqual([['192a1000'], [16, 256], [Uint8Array.of(254, 202), 262144]]);
  print.mockRestore();
});

it('shows in its README what is tested here', () => {
  const read = (path: string): string => readFileSync(new URL(path, import.meta.url), 'utf8');
  const [, code] = /```ts\n(.*?)```/s.exec(read('../README.md'))!;
  const here = read(import.meta.url).replaceAll(/^ {2}/gm, '');
  const local = code!.replace('@nova-stack/hw-model/port', './port.ts').replace('@nova-stack/hw-model', './index.ts');
  for (const line of local.split('\n')) expect(here).toContain(line);
});
