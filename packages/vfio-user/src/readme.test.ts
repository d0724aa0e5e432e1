import { readFileSync } from 'node:fs';

import { createConfigSpace, msi, pcie, type PciFunction } from '@nova-stack/pci';
import { expect, test, vi } from 'vitest';

import { serveDevice } from './index.ts';

test('does what its README shows', async () => {
  const print = vi.spyOn(console, 'log').mockImplementation(() => undefined);

  const bars = [{ index: 0, kind: 'mem32', prefetchable: false, size: 4096 }] as const;
  const registers = new Uint32Array(1024).fill(0x1234abcd);
  const device: PciFunction = {
    config: createConfigSpace({
      vendor: 0x1234, device: 0x5678, revision: 1, classCode: { base: 0x12, sub: 0, interface: 0 },
      subsystemVendor: 0, subsystem: 0, bars, capabilities: [msi(), pcie()],
    }),
    bars,
    plug: () => undefined,
    read: (_bar, offset) => registers[offset >> 2]!,
    write: (_bar, offset, _size, value) => void (registers[offset >> 2] = value),
    readBlock: () => undefined,
    writeBlock: () => undefined,
    reset: () => undefined,
    nextDue: () => undefined,
    runDue: () => undefined,
  };

  const server = await serveDevice({ device, path: '/tmp/readme-device.sock' });
  console.log(server.connected); // false
  await server.close();

  expect(print.mock.calls).toEqual([[false]]);
  print.mockRestore();
});

test('shows in its README what is tested here', () => {
  const read = (path: string): string => readFileSync(new URL(path, import.meta.url), 'utf8');
  const [, code] = /```ts\n(.*?)```/s.exec(read('../README.md'))!;
  const here = read(import.meta.url).replaceAll(/^ {2}/gm, '');
  for (const line of code!.split('\n').filter((each) => !each.startsWith('import'))) expect(here).toContain(line);
});
