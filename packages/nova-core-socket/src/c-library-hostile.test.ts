// A core that does not keep to the frames, and a client under the sanitizers that must survive it.
import { mkdtempSync, rmSync } from 'node:fs';
import { createConnection, createServer, type Server, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import type { Session } from '@nova-stack/nova-core-api';
import { createMemoryCore, memoryTypes, type MemoryCore } from '@nova-stack/nova-core-api/testing';
import { frameLength } from '@nova-stack/nova-core-api/wire';
import fc from 'fast-check';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';

import { CClient, COMPILERS, removePrograms } from './c-client-fixture.ts';
import { serveCore, type CoreServer } from './index.ts';

const folder = mkdtempSync(join(tmpdir(), 'nova-core-socket-'));
const [COMPILER = 'none'] = COMPILERS;
const RUNS = 100;
const TYPES = Buffer.from(memoryTypes([{ typeId: 10, name: 'Small', profileSize: 65536 }, { typeId: 11, name: 'Large', profileSize: 131072 }])).toString('hex');

/** What one word of a frame is replaced by; undefined leaves the bytes out from there on. */
interface Change {
  readonly word: number;
  readonly value: number | undefined;
}

/** Stands between client and core; spoils one of the core's frames, and ends the connection behind it. */
class Spoiler {
  readonly path: string = join(folder, 'spoiled.sock');
  which = 0;
  changes: readonly Change[] = [];
  /** Makes the client's requests larger than they are: a word of the frame, the value that it has and the one that it gets. */
  enlarge: readonly (readonly [word: number, from: number, to: number])[] = [];
  readonly #server: Server;

  constructor(core: string) {
    this.#server = createServer((client) => { this.#join(client, createConnection(core)); });
  }

  listen(): Promise<void> {
    return new Promise((resolve) => this.#server.listen(this.path, resolve));
  }

  close(): Promise<unknown> {
    return new Promise((resolve) => this.#server.close(resolve));
  }

  #join(client: Socket, core: Socket): void {
    let bytes: Buffer = Buffer.alloc(0);
    let seen = 0;
    for (const one of [client, core]) one.on('error', () => undefined);
    client.on('data', (data) => {
      // A small request comes in one piece.
      for (const [word, from, to] of this.enlarge) if (data.length > 4 * word && data.readUInt32LE(4 * word) === from) data.writeUInt32LE(to, 4 * word);
      core.write(data);
    });
    client.on('close', () => core.destroy());
    core.on('close', () => client.destroy());
    core.on('data', (data) => {
      bytes = Buffer.concat([bytes, data]);
      while (bytes.length >= 4 && bytes.length >= frameLength(bytes)) {
        const frame = Buffer.from(bytes.subarray(0, frameLength(bytes)));
        bytes = bytes.subarray(frame.length);
        if (seen++ !== this.which) {
          client.write(frame);
          continue;
        }
        client.end(this.#spoil(frame));
        core.destroy();
        return;
      }
    });
  }

  #spoil(frame: Buffer): Buffer {
    let end = frame.length;
    for (const { word, value } of this.changes) {
      const at = 4 * (word % (frame.length / 4));
      if (value === undefined) end = Math.min(end, at);
      else frame.writeUInt32LE(value, at);
    }
    return frame.subarray(0, end);
  }
}

/** The answer of each brings one frame at least; handles are what a fresh connection gives. */
const COMMANDS = [
  'attach 1 1', 'info 1 136', 'allocate 1 5000', 'write 1 1 3 010203', 'read 1 1 0 64 64', `submit 1 64 ${TYPES}`, 'types 1 64 136', 'types 1 1 136', 'assign 1 0 10 7', 'assignment 1 0 7',
  'open 1 0 7 guest', 'instance 1 2', 'dispatch 1 0', 'dispatch 1 0', 'facts 1 16', 'close 1 2', 'unassign 1 0 7', 'release 1 1', 'detach 1',
];

describe.skipIf(COMPILERS.length === 0)('the C library with a core that breaks the rules', () => {
  let core: MemoryCore;
  let server: CoreServer;
  let spoiler: Spoiler;
  beforeAll(async () => {
    core = createMemoryCore({ memory: 2 ** 20 });
    server = await serveCore({ endpoint: core.endpoint, path: join(folder, 'core.sock') });
    spoiler = new Spoiler(server.path);
    await spoiler.listen();
  });
  const clients: CClient[] = [];
  const connect = async (): Promise<CClient> => {
    const client = await CClient.connect(COMPILER, spoiler.path);
    clients.push(client);
    return client;
  };
  afterEach(() => { for (const client of clients.splice(0)) client.process.kill('SIGKILL'); });
  afterAll(async () => {
    await spoiler.close();
    await server.close();
    removePrograms();
    rmSync(folder, { recursive: true });
  });

  const settled = async (): Promise<void> => { while (server.connections > 0) await new Promise((resolve) => setImmediate(resolve)); };
  let session: Session | undefined;
  /** Takes back what outlives a session. */
  const owner = async (): Promise<Session> => (session ??= await core.endpoint.attach({
    kind: 'diagnostic', name: 'owner', required: ['vgpu.instance.basic'], optional: [], epoch: 1n, wants: [{ interface: 'base', major: 1, minMinor: 0, maxMinor: 0 }, { interface: 'vgpu', major: 1, minMinor: 0, maxMinor: 0 }],
  }));

  const words = fc.oneof(fc.constantFrom(0, 1, 4, 7, 8, 39, 40, 41, 48, 96, 112, 0x7fffffff, 0x80000000, 0xfffffff8, 0xffffffff), fc.nat({ max: 300 }), fc.nat({ max: 0xffffffff }));
  // The head is where most is believed, the first struct where all lengths and offsets are.
  const places = fc.oneof(fc.nat({ max: 9 }), fc.integer({ min: 10, max: 24 }), fc.nat({ max: 100 }));
  const changes = fc.array(fc.record({ word: places, value: fc.option(words, { nil: undefined, freq: 12 }) }), { minLength: 1, maxLength: 3 });

  test('more than there is room for is refused, however well it is said', async () => {
    spoiler.which = -1;
    // Length and capacity of a read lie in the words 14 and 20 of its frame, the capacity of a list of types in word 14.
    spoiler.enlarge = [[14, 61, 4096], [20, 61, 4096], [14, 1, 64]];
    for (const command of ['read 1 1 0 61 61', 'types 1 1 136']) {
      const client = await connect();
      await client.ask('attach 1 0');
      await client.ask('allocate 1 5000');
      await client.ask(`submit 1 64 ${TYPES}`);
      expect(await client.ask(command)).toMatch(/^-71 code 18 .*not those of the contract/);
      expect(await client.ask('detach 1')).toBe('0');
      await client.quit();
    }
    spoiler.enlarge = [];
    await settled();
  });

  /** Without events, the frame of a command is the one after its place. */
  const SHORT = ['attach 1 0', 'info 1 136', 'allocate 1 5000', 'write 1 1 3 010203', 'read 1 1 0 64 64', `submit 1 64 ${TYPES}`, 'types 1 64 136'];

  test.each(['info', 'read', 'types'])('every word of the answer of %s, one after the other', async (name) => {
    spoiler.which = SHORT.findIndex((command) => command.startsWith(name)) + 1;
    for (let word = 10; word < 22; word++) {
      for (const value of [8, 0x7ffffff8, 0xfffffff8]) {
        spoiler.changes = [{ word, value }];
        const client = await connect();
        for (const command of SHORT.slice(0, spoiler.which)) expect(await client.ask(command)).toMatch(/^-?\d+/);
        await client.quit();
      }
    }
    await settled();
  }, 60_000);

  test('whatever a frame is, the client reads nothing outside it, writes nothing outside its room, and ends well', async () => {
    await fc.assert(fc.asyncProperty(fc.nat({ max: COMMANDS.length + 12 }), changes, async (which, all) => {
      spoiler.which = which;
      spoiler.changes = all;
      let client: CClient;
      try {
        client = await connect();
      } catch (error) {
        expect((error as Error).message).toMatch(/^-\d+ connected$/);
        return;
      }
      for (const command of COMMANDS) {
        // Without its functions a client would not go on.
        if ((await client.ask('tables')).includes('-1') || !(await client.ask('tables')).startsWith('9 11 1')) break;
        expect(await client.ask(command)).toMatch(/^-?\d+/);
      }
      await client.quit();
      await settled();
      if (core.lent().assignments > 0) await (await owner()).vgpu!.unassign({ vf: 0, owner: new Uint8Array(16).fill(7) });
    }), { numRuns: RUNS });
    await session?.detach();
    await settled();
    expect(core.lent()).toMatchObject({ regions: 0, instances: 0, bytes: 0 });
    expect(core.published.sessions).toBe(0);
  }, 120_000);
});
