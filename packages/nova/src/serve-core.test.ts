import { existsSync, mkdtempSync, readdirSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { createConnection } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { FrameReader, FrameWriter, readOffer, writeGreeting } from '@nova-stack/nova-core-api/wire';
import { afterAll, expect, test } from 'vitest';

import { main } from './main.ts';
import { UsageError } from './command-line.ts';
import { serveCoreDriver } from './serve-core.ts';

const folder = mkdtempSync(join(tmpdir(), 'nova-serve-core-'));
afterAll(() => { rmSync(folder, { recursive: true, force: true }); });
const socket = join(folder, 'core.sock');

/** What a client learns first. */
function offerAt(path: string): Promise<ReturnType<typeof readOffer>> {
  return new Promise((resolve, reject) => {
    const client = createConnection(path);
    const greeting = new FrameWriter();
    writeGreeting(greeting);
    client.write(greeting.finish({ type: 'offer', call: 1 }));
    client.once('data', (bytes) => {
      client.destroy();
      resolve(readOffer(new FrameReader(bytes, 'core')));
    });
    client.once('error', reject);
  });
}

test('boots, serves until it is told to end, and leaves nothing', async () => {
  let end: () => void = () => undefined;
  let ready: (line: string) => void = () => undefined;
  const ended = new Promise<void>((resolve) => { end = resolve; });
  const said = new Promise<string>((resolve) => { ready = resolve; });
  const types = join(folder, 'types');
  const status = serveCoreDriver(['--socket', socket, '--types', types, '--quiet'], { out: ready, err: ready }, ended);
  expect(await said).toBe(`ready: NVIDIA L40 on ${socket}\n`);
  expect(statSync(types).size).toBeGreaterThan(1000);
  expect((await offerAt(socket)).interfaces).toEqual({ base: [{ major: 1, minor: 2 }], vgpu: [{ major: 1, minor: 1 }, { major: 2, minor: 0 }], drm: [{ major: 1, minor: 0 }] });
  end();
  expect(await status).toBe(0);
  expect(existsSync(socket)).toBe(false);
  expect(readdirSync(folder)).toEqual(['types']);
});

test('a socket that cannot be had, and types that there are none of, end it with one line', async () => {
  const never = new Promise<never>(() => undefined);
  const run = async (...args: string[]): Promise<readonly [number, string]> => {
    let err = '';
    const status = await serveCoreDriver([...args, '--quiet'], { out: () => undefined, err: (text) => void (err += text) }, never);
    return [status, err];
  };
  const file = join(folder, 'file');
  writeFileSync(file, '');
  expect(await run('--socket', file)).toEqual([1, `nova: ${file} exists and is no socket\n`]);
  const [status, err] = await run('--socket', socket, '--board', 'rtx4090', '--types', join(folder, 'types'));
  expect(status).toBe(1);
  expect(err).toMatch(/^nova: .*the catalogue has/);
  expect(existsSync(socket)).toBe(false);
});

test.each([[[]], [['--socket']], [['--socket', socket, '--board', 'x']], [['--what']]])('%j is a wrong command line', async (args) => {
  await expect(serveCoreDriver(args, { out: () => undefined, err: () => undefined })).rejects.toBeInstanceOf(UsageError);
});

test('has a help of its own', async () => {
  let out = '';
  expect(await main(['serve-core', '--help'], { out: (text) => void (out += text), err: () => undefined })).toBe(0);
  expect(out).toMatch(/^Usage: nova serve-core --socket PATH/);
});
