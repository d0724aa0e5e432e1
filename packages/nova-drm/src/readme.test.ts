import { createMemoryBus, createMemoryCore } from '@nova-stack/nova-core-api/testing';
import { readFileSync } from 'node:fs';
import { expect, it, vi } from 'vitest';

import { createNovaDrm, drm_nova_gem_create, drm_nova_gem_info, IOCTL } from './index.ts';

it('does what its README shows', async () => {
  const print = vi.spyOn(console, 'log').mockImplementation(() => undefined);

  // A core without a device; a real one publishes itself in the same way.
  const { bus, plug } = createMemoryBus();
  const plugged = await plug(createMemoryCore({ memory: 64 * 2 ** 20 }));

  const driver = await createNovaDrm({ bus });
  const file = driver.devices[0]!.open();

  // An ioctl is its number and its bytes, as on Linux.
  const create = drm_nova_gem_create.create({ size: 10_000n });
  console.log(await file.ioctl(IOCTL.NOVA_GEM_CREATE, create)); // 0
  const { handle } = drm_nova_gem_create.read(create);

  const info = drm_nova_gem_info.create({ handle });
  await file.ioctl(IOCTL.NOVA_GEM_INFO, info);
  console.log(handle, drm_nova_gem_info.read(info).size); // 1 12288n

  const buffer = file.buffer(handle);
  buffer.write(4095, Uint8Array.of(1, 2, 3));
  console.log(buffer.read(4094, 5).join()); // 0,1,2,3,0

  console.log(await file.ioctl(IOCTL.NOVA_GEM_INFO, drm_nova_gem_info.create({ handle: 7 }))); // -2

  await file.close(); // every handle is given back
  await driver.unregister();
  await plugged.unplug();

  const printed = print.mock.calls;
  print.mockRestore();
  expect(printed).toEqual([[0], [1, 12288n], ['0,1,2,3,0'], [-2]]);
});

it('shows in its README what is tested here', () => {
  const read = (path: string): string => readFileSync(new URL(path, import.meta.url), 'utf8');
  const [, code] = /```ts\n(.*?)```/s.exec(read('../README.md'))!;
  const here = read(import.meta.url).replaceAll(/^ {2}/gm, '');
  for (const line of code!.replace('@nova-stack/nova-drm', './index.ts').split('\n')) expect(here).toContain(line);
});
