import { readFileSync } from 'node:fs';

import { createVirtualClock } from '@nova-stack/timebase';
import { expect, it, vi } from 'vitest';

import { createBus, createConfigSpace, msi, pcie, type BarSpec, type DeviceHost, type PciFunction } from './index.ts';

it('does what its README shows', async () => {
  const print = vi.spyOn(console, 'log').mockImplementation(() => undefined);

  // The device's side: an adder. Writing an address to register 0 makes it add the two numbers that lie there.
  const bars: readonly BarSpec[] = [{ index: 0, kind: 'mem32', prefetchable: false, size: 4096 }];
  const registers = new Uint32Array(1024);
  let host: DeviceHost;
  const adder: PciFunction = {
    config: createConfigSpace({
      vendor: 0x1234, device: 0x5678, revision: 1, classCode: { base: 0x12, sub: 0, interface: 0 },
      subsystemVendor: 0, subsystem: 0, bars, capabilities: [msi(), pcie()],
    }),
    bars,
    plug: (given) => (host = given),
    read: (_bar, offset) => registers[offset >> 2]!,
    write(_bar, offset, _size, address) {
      if (offset !== 0) return;
      host.start((function* () {
        const pair = new Uint8Array(2);
        if (yield { op: 'read', address, into: pair }) registers[1] = pair[0]! + pair[1]!;
        host.interrupt(0);
      })());
    },
    readBlock: () => undefined,
    writeBlock: () => undefined,
    reset: () => void registers.fill(0),
    nextDue: () => undefined,
    runDue: () => undefined,
  };

  // The driver's side.
  const clock = createVirtualClock();
  const bus = createBus({ clock });
  bus.plug(adder);
  const [device] = bus.find({ vendor: 0x1234 });
  device!.enable();
  device!.setBusMaster(true);
  const bar = device!.mapBar(0);
  const numbers = device!.allocDma(2, { label: 'numbers' });
  numbers.bytes.set([20, 22]);

  let done = false;
  device!.enableInterrupts(() => (done = true));
  bar.write32(0, numbers.address);
  await clock.until(() => done, { bound: 1_000_000, reason: 'the sum' });
  console.log(device!.name, bar.read32(4)); // 0000:01:00.0 42

  expect(print.mock.calls).toEqual([['0000:01:00.0', 42]]);
  print.mockRestore();
});

it('shows in its README what is tested here', () => {
  const read = (path: string): string => readFileSync(new URL(path, import.meta.url), 'utf8');
  const [, code] = /```ts\n(.*?)```/s.exec(read('../README.md'))!;
  const here = read(import.meta.url).replaceAll(/^ {2}/gm, '');
  for (const line of code!.replace('@nova-stack/pci', './index.ts').split('\n')) expect(here).toContain(line);
});
