// The driver in this process, the GPU in another one: `nova serve`, as built, and `nova boot --device`.
import { randomBytes } from 'node:crypto';
import { spawn, type ChildProcess } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

import { messagesOf, readTrace } from '@nova-stack/gsp-rpc/trace';
import { connectMachine, main } from '@nova-stack/nova';
import { FIRST_VA } from '@nova-stack/nova-core';
import { afterAll, afterEach, describe, expect, test } from 'vitest';

const NOVA = fileURLToPath(new URL('../../packages/nova/bin/nova.js', import.meta.url));

const MIB = 2 ** 20;
const RANDOM = 5 * MIB;
const dir = mkdtempSync(join(tmpdir(), 'nova-remote-'));
afterAll(() => { rmSync(dir, { recursive: true, force: true }); });
const servers: ChildProcess[] = [];
const ended = async (server: ChildProcess): Promise<unknown> => new Promise((resolve) => {
  if (server.exitCode !== null || server.signalCode !== null) resolve(undefined);
  else server.once('exit', resolve);
});
afterEach(async () => {
  for (const server of servers.splice(0)) {
    server.kill();
    await ended(server);
  }
});

let sockets = 0;
async function serve(...args: string[]): Promise<{ readonly socket: string; readonly server: ChildProcess }> {
  const socket = join(dir, `${sockets++}.sock`);
  const server = spawn(process.execPath, [NOVA, 'serve', '--socket', socket, '--quiet', ...args], { stdio: ['ignore', 'pipe', 'inherit'] });
  servers.push(server);
  await new Promise<void>((resolve, reject) => {
    let said = '';
    server.stdout.on('data', (text: Buffer) => {
      said += text.toString();
      if (said.includes('ready:')) resolve();
    });
    server.once('exit', () => { reject(new Error(`nova serve ended: ${said}`)); });
  });
  return { socket, server };
}

async function nova(args: readonly string[], seen: (text: string) => void = () => undefined): Promise<{ readonly status: number; readonly out: string; readonly err: string }> {
  let out = '';
  let err = '';
  const status = await main(args, {
    out: (text) => {
      out += text;
      seen(text);
    },
    err: (text) => void (err += text),
  });
  return { status, out, err };
}

describe('nova boot --device', () => {
  test('boots a GPU of another process, with both clients and a vGPU, unloads it, boots it again, and another time', async () => {
    const { socket } = await serve('--board', 'l40');
    const trace = join(dir, 'trace.jsonl');
    const { status, out, err } = await nova(['boot', '--device', socket, '--vgpu', 'L40-8Q', '--trace', trace]);
    expect([status, err]).toEqual([0, '']);
    expect(out).toMatch(/0000:01:00\.0 is 0x10de:0x26b5 on /);
    expect(out).toMatch(/buffer 1: 4\.88 KiB written and read back/);
    expect(out).toMatch(/NVIDIA L40-8Q on virtual function 0, .*: opened, reset, closed/);
    expect(out).toMatch(/second boot +done, everything released/);
    expect(readFileSync(trace, 'utf8')).not.toContain('vfio-user.remote.error');
    const again = await nova(['boot', '--device', socket, '--vgpu', 'none']);
    expect([again.status, again.err]).toEqual([0, '']);
  }, 60_000);

  test('hears with --record what the firmware hears in its own process', async () => {
    const [ours, theirs] = [join(dir, 'driver.rpc'), join(dir, 'firmware.rpc')];
    const { socket, server } = await serve('--board', 'l40', '--record', theirs);
    const { status, err } = await nova(['boot', '--device', socket, '--vgpu', 'L40-8Q', '--record', ours]);
    expect([status, err]).toEqual([0, '']);
    server.kill('SIGINT');
    await ended(server);
    const said = (file: string, direction: string): unknown[] => messagesOf(readTrace(readFileSync(file)).entries)
      .filter((each) => each.direction === direction)
      .map(({ function: fn, result, sequence, payload }) => [fn, result, sequence, Buffer.from(payload).toString('base64')]);
    for (const direction of ['command', 'status']) {
      expect(said(ours, direction).length).toBeGreaterThan(20);
      expect(said(ours, direction)).toEqual(said(theirs, direction));
    }
  }, 60_000);

  test.each(['535.113.01', '580.105.08'])('boots %s on a board without virtual functions', async (version) => {
    const { socket } = await serve('--board', 'rtx4090');
    const { status, out, err } = await nova(['boot', '--device', socket, '--firmware-version', version]);
    expect([status, err]).toEqual([0, '']);
    expect(out).toContain(`running firmware is ${version}`);
    expect(out).toMatch(/vGPU +none/);
  }, 60_000);

  test('a server that is killed in the middle is a GPU that left the bus', async () => {
    const { socket, server } = await serve();
    const { status, err } = await nova(['boot', '--device', socket], (text) => {
      if (text.includes('FWSEC frts done')) server.kill('SIGKILL');
    });
    expect(status).toBe(1);
    expect(err).toMatch(/^nova: .*0000:01:00\.0 left the bus/);
    expect(err.trimEnd().split('\n')).toHaveLength(1);
  }, 60_000);

  test('nobody there is one clear line', async () => {
    const { status, err } = await nova(['boot', '--device', join(dir, 'nobody')]);
    expect(status).toBe(1);
    expect(err).toMatch(/^nova: Cannot connect to .*nobody: .*ENOENT.*\n$/);
  });

  test('a board cannot be given too', async () => {
    const { status, err } = await nova(['boot', '--device', join(dir, 'nobody'), '--board', 'l40']);
    expect([status, err]).toEqual([2, expect.stringMatching(/^nova: --board says what to model, --device takes a GPU that is there/)]);
  });
});

test.each(['l40', 'rtx5090'])('5 MiB of random bytes go through the socket into the video memory of %s, inside it and back, by copy engine', async (board) => {
  const { socket } = await serve('--board', board);
  const { core, remote } = await connectMachine({ socket });
  try {
    const gpu = await core.probe(remote.device);
    const queue = await gpu.openCopyQueue();
    const [source, target] = [remote.device.allocDma(RANDOM, { label: 'source' }), remote.device.allocDma(RANDOM, { label: 'target' })];
    source.bytes.set(randomBytes(RANDOM));
    const [from, here, there, to] = [0, 1, 2, 3].map((i) => FIRST_VA + i * 16 * MIB) as [number, number, number, number];
    const video = { aperture: 'vram', readOnly: false, volatile: false, privileged: false, kind: undefined } as const;
    for (const [va, memory] of [[from, source], [to, target]] as const) await queue.space.map(va, memory.address, RANDOM, { ...video, aperture: 'coherent' });
    for (const va of [here, there]) await queue.space.map(va, va, 8 * MIB, video);
    await queue.copy(from, here, RANDOM);
    await queue.copy(here, there, RANDOM);
    await queue.wait(await queue.copy(there, to, RANDOM));
    expect(Buffer.compare(target.bytes, source.bytes)).toBe(0);
    await queue.close();
    source.free();
    target.free();
    await gpu.unbind();
  } finally {
    await remote.close();
  }
}, 60_000);
