import { readFileSync } from 'node:fs';

import { expect, test, vi } from 'vitest';

import { emitC, emitRust } from './emit/index.ts';
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

  const packet = struct('packet', { length: 'u16', address: 'u64', data: array('u8', 6) }, { packed: true });
  console.log(emitC([packet]).includes('} __attribute__((packed));')); // true
  console.log(emitRust([packet]).includes('#[repr(C, packed)]')); // true

  expect(print.mock.calls).toEqual([[32, 8], [4294967296n], [7], [true], [true]]);
  print.mockRestore();
});

test('shows in its README what is tested here', () => {
  const read = (path: string): string => readFileSync(new URL(path, import.meta.url), 'utf8');
  const here = read(import.meta.url).replaceAll(/^ {2}/gm, '');
  const snippets = [...read('../README.md').matchAll(/```ts\n(.*?)```/gs)].flatMap(([, code]) => code!.split('\n').filter((line) => !line.startsWith('import ')));
  expect(snippets.length).toBeGreaterThan(10);
  for (const line of snippets) expect(here).toContain(line);
});
