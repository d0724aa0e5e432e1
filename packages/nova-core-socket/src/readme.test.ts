import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { createMemoryCore } from '@nova-stack/nova-core-api/testing';
import { expect, test, vi } from 'vitest';

import { COMPILERS, INCLUDES } from './c-client-fixture.ts';
import { serveCore } from './index.ts';

const README = readFileSync(new URL('../README.md', import.meta.url), 'utf8');

test('does what its README shows', async () => {
  const print = vi.spyOn(console, 'log').mockImplementation(() => undefined);
  const folder = mkdtempSync(join(tmpdir(), 'nova-core-socket-'));
  const path = join(folder, 'readme-core.sock');

  // Any core: this one has no device; a real one's endpoint comes from the auxiliary bus.
  const { endpoint } = createMemoryCore();
  const server = await serveCore({ endpoint, path });
  console.log(server.connections); // 0
  await server.close();

  const printed = print.mock.calls.map((line) => line.join(' '));
  print.mockRestore();
  rmSync(folder, { recursive: true });
  expect(printed).toEqual(['0']);
  const [, code] = /```ts\n(.*?)```/s.exec(README)!;
  const here = readFileSync(new URL(import.meta.url), 'utf8').replaceAll(/^ {2}/gm, '');
  for (const line of code!.replace('@nova-stack/nova-core-socket', './index.ts').replace("path: '/tmp/readme-core.sock'", 'path').split('\n')) expect(here).toContain(line);
});

test.skipIf(COMPILERS.length === 0)('its C compiles', () => {
  const [, code] = /```c\n#include "nova_core_socket.h"\n(.*?)```/s.exec(README)!;
  const program = `#include "nova_core_socket.h"\n#include <stddef.h>\nint main(void) {\n${code!}return rc; }\n`;
  const { stderr, status } = spawnSync(COMPILERS[0]!, ['-std=c11', '-Wall', '-Wextra', '-Wpedantic', '-Werror', ...INCLUDES, '-x', 'c', '-fsyntax-only', '-'], { input: program, encoding: 'utf8' });
  expect([status, stderr]).toEqual([0, '']);
});
