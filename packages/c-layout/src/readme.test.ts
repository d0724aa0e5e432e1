import { readFileSync } from 'node:fs';

import { expect, test, vi } from 'vitest';

import { array, dataView, struct } from './index.ts';

test('does what its README shows', () => {
  const print = vi.spyOn(console, 'log').mockImplementation(() => undefined);

  // struct { u32 magic; u16 kind; u64 address; char name[8]; u32 sizes[2]; }
  const header = struct('header', { magic: 'u32', kind: 'u16', address: 'u64', name: array('char', 8), sizes: array('u32', 2) });
  console.log(header.size, header.offsets.address); // 32 8

  const bytes = header.create({ magic: 0x1234, address: 0x1_0000_0000n, sizes: [1, 2] });
  console.log(header.read(bytes).address); // 4294967296n

  const view = header.view(dataView(bytes)); // reads and writes the bytes in place
  view.kind = 7;
  console.log(header.read(bytes).kind); // 7

  expect(print.mock.calls).toEqual([[32, 8], [4294967296n], [7]]);
  print.mockRestore();
});

test('shows in its README what is tested here', () => {
  const read = (path: string): string => readFileSync(new URL(path, import.meta.url), 'utf8');
  const [, code] = /```ts\n(.*?)```/s.exec(read('../README.md'))!;
  const here = read(import.meta.url).replaceAll(/^ {2}/gm, '');
  for (const line of code!.replace('@nova-stack/c-layout', './index.ts').split('\n')) expect(here).toContain(line);
});
