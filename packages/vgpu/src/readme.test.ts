import { createMemoryBus, createMemoryCore, memoryTypes } from '@nova-stack/nova-core-api/testing';
import { readFileSync } from 'node:fs';
import { expect, it, vi } from 'vitest';

import { createVgpuDriver } from './index.ts';

it('does what its README shows', async () => {
  const print = vi.spyOn(console, 'log').mockImplementation(() => undefined);

  // A core without a device, and a type file as that core understands it.
  const { bus, plug } = createMemoryBus();
  const plugged = await plug(createMemoryCore({ memory: 64 * 2 ** 20 }));
  const typeFile = memoryTypes([{ typeId: 1, name: 'ACME M8-4Q', profileSize: 4 * 2 ** 20 }]);

  const driver = await createVgpuDriver({ bus });
  const [manager] = driver.managers;

  // The core decides on every type; data for another release is refused as Incompatible.
  for (const { name, accepted, reason } of await manager!.submitTypes(typeFile, 'my types')) console.log(name, accepted, reason);

  // Whoever it is for is 16 bytes of the caller's choice.
  const owner = Uint8Array.from({ length: 16 }, (_, i) => i);
  const vgpu = await manager!.create({ type: 'M8-4Q', owner, label: 'my guest' });
  await vgpu.setBusMaster(true);
  console.log(vgpu.vf, vgpu.state, vgpu.identity.memory);
  await vgpu.reset(); // its memory reads zero
  await vgpu.close(); // cleared, and the virtual function is free again
  console.log(vgpu.state);

  await driver.unregister();
  await plugged.unplug();

  const printed = print.mock.calls.map((line) => line.join(' '));
  print.mockRestore();
  expect(printed).toEqual(['ACME M8-4Q true none', '0 Active 4194304', 'Unassigned']);
  for (const line of printed) expect(readFileSync(new URL('../README.md', import.meta.url), 'utf8')).toContain(`\`${line}\``);
});

it('shows in its README what is tested here', () => {
  const read = (path: string): string => readFileSync(new URL(path, import.meta.url), 'utf8');
  const [, code] = /```ts\n(.*?)```/s.exec(read('../README.md'))!;
  const here = read(import.meta.url).replaceAll(/^ {2}/gm, '');
  for (const line of code!.replace('@nova-stack/vgpu', './index.ts').split('\n')) expect(here).toContain(line);
});
