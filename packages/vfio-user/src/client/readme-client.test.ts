import { readFileSync } from 'node:fs';
import { join } from 'node:path';

import { afterAll, expect, test, vi } from 'vitest';

import { connectWith } from './connect.ts';
import { Threads } from './thread-fixture.ts';

const threads = new Threads();
afterAll(async () => threads.remove());

test('does what the README shows of the client', async () => {
  const print = vi.spyOn(console, 'log').mockImplementation(() => undefined);
  const path = join(threads.folder, 'readme-device.sock');
  await threads.start(threads.bundle('copy-server-fixture'), { path });
  const worker = threads.bundle('worker');
  const connectDevice = async (options: { readonly path: string }): ReturnType<typeof connectWith> => connectWith(worker, { ...options, path });

  // /tmp/readme-device.sock is served by another process, as above.
  const remote = await connectDevice({ path: '/tmp/readme-device.sock' });
  const { device } = remote;
  device.enable();
  console.log(device.name, device.mapBar(0).read32(0).toString(16)); // 0000:01:00.0 1234abcd
  await remote.close();

  // This device's registers begin with zeros.
  expect(print.mock.calls).toEqual([['0000:01:00.0', '0']]);
  print.mockRestore();
});

test('shows in the README what is tested here', () => {
  const read = (path: string): string => readFileSync(new URL(path, import.meta.url), 'utf8');
  const code = read('../../README.md').split('## The client')[1]!.split('```')[1]!;
  const here = read('./readme-client.test.ts').replaceAll(/^ {2}/gm, '');
  for (const line of code.split('\n').slice(1).filter((each) => !each.startsWith('import'))) expect(here).toContain(line);
});
