import { readFileSync } from 'node:fs';

import { expect, it, vi } from 'vitest';

import { registerClient, type Region } from './index.ts';
import { createMemoryBus, createMemoryCore } from './testing.ts';

it('does what its README shows', async () => {
  const print = vi.spyOn(console, 'log').mockImplementation(() => undefined);

  // A core without a device; a real one publishes itself in the same way.
  const { bus, plug } = createMemoryBus();
  const plugged = await plug(createMemoryCore({ memory: 64 * 2 ** 20 }));

  const client = await registerClient<Region>(bus, {
    module: 'my-client',
    devices: ['nova-core.nova-drm'],
    hello: {
      kind: 'diagnostic', name: 'my-client',
      wants: [{ interface: 'base', major: 1, minMinor: 0, maxMinor: 0 }],
      required: ['device.info', 'memory.region', 'memory.cpu-window'],
      optional: ['device.events'],
    },
    async attached(session, device) {
      const { info } = session.base.deviceInfo();
      console.log(`${device}: ${info.memoryTotal} bytes, base ${session.agreement.interfaces.base?.major}`);
      const { region, size } = await session.base.allocate({ size: 5000 });
      region.write({ offset: 10, bytes: Uint8Array.of(1, 2, 3) });
      console.log(size, region.read({ offset: 9, length: 5 }).bytes.join());
      return region;
    },
    detaching: (region) => region.release(),
  });

  await plugged.unplug();
  await client.unregister();

  const printed = print.mock.calls.map((line) => line.join(' '));
  print.mockRestore();
  expect(printed).toEqual(['nova-core.nova-drm.0: 67108864 bytes, base 1', '8192 0,1,2,3,0']);
  for (const line of printed) expect(readFileSync(new URL('../README.md', import.meta.url), 'utf8')).toContain(`\`${line}\``);
});

it('shows in its README what is tested here', () => {
  const read = (path: string): string => readFileSync(new URL(path, import.meta.url), 'utf8');
  const [, code] = /```ts\n(.*?)```/s.exec(read('../README.md'))!;
  const here = read(import.meta.url).replaceAll(/^ {2}/gm, '');
  const local = code!.replace('@nova-stack/nova-core-api/testing', './testing.ts').replace('@nova-stack/nova-core-api', './index.ts');
  for (const line of local.split('\n')) expect(here).toContain(line);
});
