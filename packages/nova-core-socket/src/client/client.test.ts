import { mkdtempSync, rmSync } from 'node:fs';
import { createServer, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { Worker } from 'node:worker_threads';

import { CAPABILITIES, ContractError, type Capability, type EventHandler, type Hello, type Session } from '@nova-stack/nova-core-api';
import { frameLength } from '@nova-stack/nova-core-api/wire';
import { buildSync } from 'esbuild';
import fc from 'fast-check';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';

import { connectCoreWith, type CoreConnection } from './connect.ts';
import { CoreSocketError } from './index.ts';

const folder = mkdtempSync(join(tmpdir(), 'nova-core-client-'));
const bundle = (name: string): string => {
  const outfile = join(folder, `${name}.mjs`);
  buildSync({ entryPoints: [fileURLToPath(new URL(`${name}.ts`, import.meta.url))], outfile, bundle: true, platform: 'node', format: 'esm', target: 'node20', conditions: ['@nova-stack/source'], logLevel: 'error' });
  return outfile;
};
let worker = '';
let coreThread = '';
beforeAll(() => {
  worker = bundle('worker');
  coreThread = bundle('core-thread-fixture');
});
afterAll(() => { rmSync(folder, { recursive: true }); });

let paths = 0;
let path = '';
let thread: Worker;
const open: CoreConnection[] = [];
const heard = <T>(): Promise<T> => new Promise((resolve) => { thread.once('message', resolve); });
const tell = <T = Readonly<Record<string, number>>>(what: string): Promise<T> => {
  const answer = heard<T>();
  thread.postMessage(what);
  return answer;
};
beforeEach(async () => {
  path = join(folder, `${paths++}.sock`);
  thread = new Worker(coreThread, { workerData: { path } });
  await heard();
});
afterEach(async () => {
  for (const one of open.splice(0)) one.close();
  await thread.terminate();
});

async function connect(to: string = path, more: { readonly timeout?: number; readonly onHandlerError?: (error: unknown) => void } = {}): Promise<CoreConnection> {
  const connection = await connectCoreWith(worker, { path: to, ...more });
  open.push(connection);
  return connection;
}
const hello = ({ endpoint }: CoreConnection): Hello => ({
  kind: 'diagnostic', name: 'remote', required: [], optional: Object.keys(CAPABILITIES) as Capability[], epoch: endpoint.offer.epoch,
  wants: [{ interface: 'base', major: 1, minMinor: 0, maxMinor: 9 }, { interface: 'vgpu', major: 1, minMinor: 0, maxMinor: 9, optional: true }],
});
const attach = (connection: CoreConnection, onEvent?: EventHandler): Promise<Session> => connection.endpoint.attach(hello(connection), onEvent);
const code = async (call: () => unknown): Promise<string> => {
  try {
    await call();
    return 'done';
  } catch (error) {
    return error instanceof ContractError ? error.code : String(error);
  }
};

describe('a core in another thread', () => {
  test('is used as one in this thread', async () => {
    const connection = await connect();
    const session = await attach(connection);
    expect(session.state).toBe('Attached');
    expect(session.base.deviceInfo().info.name).toBe('Memory');
    const { region, size } = await session.base.allocate({ size: 5000 });
    region.write({ offset: 10, bytes: Uint8Array.of(1, 2, 3) });
    expect([size, ...region.read({ offset: 9, length: 5 }).bytes]).toEqual([8192, 0, 1, 2, 3, 0]);
    await region.release();
    await region.release();
    expect(await code(() => region.read({ offset: 0, length: 1 }))).toBe('InvalidState');
    await session.detach();
    expect([session.state, await code(() => session.base.limits())]).toEqual(['Detached', 'InvalidState']);
    expect(await tell('lent')).toMatchObject({ regions: 0, sessions: 0 });
  });

  test('large blocks go in one frame or are refused before anybody makes them', async () => {
    const { base } = await attach(await connect());
    const { region } = await base.allocate({ size: 2 ** 25 });
    const block = Uint8Array.from({ length: 15 * 2 ** 20 }, (_, i) => i % 251);
    region.write({ offset: 77, bytes: block });
    expect(Buffer.compare(region.read({ offset: 77, length: block.length }).bytes, block)).toBe(0);
    expect(await code(() => region.read({ offset: 0, length: 2 ** 24 }))).toBe('Range');
    expect(await code(() => { region.write({ offset: 0, bytes: new Uint8Array(2 ** 24) }); })).toBe('Range');
    expect(region.read({ offset: 0, length: 1 }).bytes).toEqual(Uint8Array.of(0));
  });

  test('calls in flight keep their answers apart, asleep and awake', async () => {
    const { base } = await attach(await connect());
    const regions = await Promise.all(Array.from({ length: 20 }, () => base.allocate({ size: 4096 })));
    const clears = regions.map(({ region }, i) => {
      region.write({ offset: 0, bytes: Uint8Array.of(i + 1, i + 1) });
      return region.clear({ offset: 1, length: 1 });
    });
    regions.forEach(({ region }, i) => { expect(region.read({ offset: 0, length: 2 }).bytes).toEqual(Uint8Array.of(i + 1, 0)); });
    await Promise.all(clears);
  });

  test('events come one at a time; from inside only what answers at once may be called', async () => {
    const failures: unknown[] = [];
    const connection = await connect(path, { onHandlerError: (error) => void failures.push(error) });
    const seen: unknown[] = [];
    const session = await attach(connection, async (event) => {
      seen.push(event.kind, event.sequence, session.base.limits().limits.totalVfs);
      const refused = [code(() => session.base.allocate({ size: 1 })), code(() => session.detach())];
      await Promise.resolve();
      seen.push(await refused[0], await refused[1]);
      throw new Error('the handler has a bad day');
    });
    await tell('fault');
    await tell('fault');
    await connection.settled();
    expect(seen).toEqual([0, 1].flatMap((sequence) => ['device.fault', sequence, 8, 'InvalidState', 'InvalidState']));
    expect(failures).toHaveLength(2);
    await session.detach();
    await tell('fault');
    await connection.settled();
    expect(seen).toHaveLength(10);
  });

  test('when it goes, every call is DeviceLost, and letting go succeeds', async () => {
    const connection = await connect();
    const session = await attach(connection);
    const { region } = await session.base.allocate({ size: 1 });
    await tell('stop');
    expect(await code(() => region.read({ offset: 0, length: 1 }))).toBe('DeviceLost');
    expect(await code(() => session.base.allocate({ size: 1 }))).toBe('DeviceLost');
    expect([session.state, connection.lost !== undefined]).toEqual(['Lost', true]);
    await region.release();
    await session.detach();
    expect(await code(() => attach(connection))).toBe('DeviceLost');
  });

  test('when its client goes, the core has everything back', async () => {
    const connection = await connect();
    await (await attach(connection)).base.allocate({ size: 1 });
    connection.close();
    let lent = await tell('lent');
    for (let i = 0; i < 1000 && lent['sessions']! > 0; i++) lent = await tell('lent');
    expect(lent).toMatchObject({ regions: 0, sessions: 0, dirty: 0 });
  });

  test('nobody there', async () => {
    await expect(connect(join(folder, 'nobody.sock'))).rejects.toBeInstanceOf(CoreSocketError);
  });
});

/** Stands between client and core, and spoils one word of one of the core's frames. */
async function spoiler(which: number, word: number, value: number): Promise<{ readonly at: string; readonly close: () => void }> {
  const at = join(folder, `${paths++}.sock`);
  const sockets: Socket[] = [];
  const { createConnection } = await import('node:net');
  const server = createServer((client) => {
    const core = createConnection(path);
    sockets.push(client, core);
    let count = 0;
    let rest = Buffer.alloc(0);
    client.pipe(core);
    core.on('data', (bytes) => {
      rest = Buffer.concat([rest, bytes]);
      while (rest.length >= 4 && rest.length >= frameLength(rest)) {
        const frame = Buffer.from(rest.subarray(0, frameLength(rest)));
        rest = rest.subarray(frame.length);
        if (count++ === which && word * 4 + 4 <= frame.length) frame.writeUInt32LE(value, word * 4);
        client.write(frame);
      }
    });
    for (const one of [client, core]) {
      one.on('error', () => undefined);
      one.on('close', () => { client.destroy(); core.destroy(); });
    }
  });
  await new Promise<void>((resolve) => { server.listen(at, resolve); });
  return { at, close: () => { server.close(); for (const one of sockets) one.destroy(); } };
}

test('a core that breaks the frames: answered as far as they go, then the connection is over, and nothing hangs or crashes', async () => {
  await fc.assert(fc.asyncProperty(fc.nat({ max: 6 }), fc.nat({ max: 60 }), fc.constantFrom(0, 1, 8, 0xff, 0x7fffffff, 0xffffffff), async (which, word, value) => {
    const between = await spoiler(which, word, value);
    try {
      // Who is kept waiting gives up after a while.
      const connection = await connectWithin(between.at);
      if (!connection) return;
      const outcome = await code(async () => {
        const session = await attach(connection);
        session.base.deviceInfo();
        const { region } = await session.base.allocate({ size: 1 });
        region.read({ offset: 0, length: 8 });
        await region.release();
        await session.detach();
      });
      expect(outcome).toMatch(/^(done|[A-Z][A-Za-z]+)$/);
      connection.close();
    } finally {
      between.close();
    }
    // An agreement without the interface that was asked for.
  }), { numRuns: 60, examples: [[1, 23, 0]] });
});

/** Connects, or gives up: some spoiled lengths leave a client waiting, which then ends the connection. */
async function connectWithin(to: string): Promise<CoreConnection | undefined> {
  try {
    return await connectCoreWith(worker, { path: to, timeout: 200 });
  } catch (error) {
    expect(error instanceof ContractError || error instanceof CoreSocketError).toBe(true);
    return undefined;
  }
}
