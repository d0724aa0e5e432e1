import { chmodSync, mkdirSync, mkdtempSync, readdirSync, rmSync, statSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';

import { afterAll, expect, test } from 'vitest';

import { listenAt } from './socket-file.ts';

const outside = mkdtempSync(join(tmpdir(), 'vfio-socket-'));
afterAll(() => { rmSync(outside, { recursive: true, force: true }); });

test('a socket is made within its folder, and for its owner alone', async () => {
  const folder = join(outside, 'own');
  mkdirSync(folder);
  chmodSync(folder, 0o700);
  const before = readdirSync(outside);
  const made: string[] = [];
  const listening = await listenAt(join(folder, 'gpu.sock'), async (path) => {
    made.push(dirname(dirname(path)));
    // Nothing appears beside the folder, where others may look, or where we may not write.
    expect(readdirSync(outside)).toEqual(before);
    const server = createServer();
    await new Promise<void>((resolve) => server.listen(path, resolve));
    return { close: () => new Promise<void>((resolve) => server.close(() => { resolve(); })) };
  });
  expect(made).toEqual([folder]);
  expect(readdirSync(folder)).toEqual(['gpu.sock']);
  expect(statSync(join(folder, 'gpu.sock')).mode & 0o777).toBe(0o600);
  await listening.close();
  expect(readdirSync(folder)).toEqual([]);
});
