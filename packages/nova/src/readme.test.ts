import { readFileSync } from 'node:fs';

import { expect, test, vi } from 'vitest';

import { createMachine } from './machine.ts';

test('does what its README shows', async () => {
  const print = vi.spyOn(console, 'log').mockImplementation(() => undefined);

  const machine = createMachine({ board: 'l40' });
  const [device] = machine.pci.find({ vendor: 0x10de });

  const gpu = await machine.core.probe(device!);
  console.log(gpu.name, gpu.firmwareVersion, machine.auxBus.devices().length); // NVIDIA L40 570.144 2

  await gpu.unbind();
  console.log(device!.dmaInUse().length); // 0

  expect(print.mock.calls).toEqual([['NVIDIA L40', '570.144', 2], [0]]);
  print.mockRestore();
});

test('shows in its README what is tested here', () => {
  const read = (path: string): string => readFileSync(new URL(path, import.meta.url), 'utf8');
  const [, code] = /```ts\n(.*?)```/s.exec(read('../README.md'))!;
  const here = read(import.meta.url).replaceAll(/^ {2}/gm, '');
  for (const line of code!.replace('@nova-stack/nova/machine', './machine.ts').split('\n')) expect(here).toContain(line);
});
