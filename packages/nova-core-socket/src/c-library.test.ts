import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { REASONS } from '@nova-stack/nova-core-api';
import { createMemoryCore, memoryTypes, type MemoryCore, type MemoryCoreOptions } from '@nova-stack/nova-core-api/testing';
import { afterAll, afterEach, beforeEach, describe, expect, test } from 'vitest';

import { CClient, COMPILERS, INCLUDES, LIBRARY, removePrograms, STRICT } from './c-client-fixture.ts';
import { serveCore, type CoreServer } from './index.ts';

if (COMPILERS.length === 0) console.warn('The C library is NOT TESTED: no C compiler; install gcc or clang');
const [COMPILER = 'none'] = COMPILERS;

const folder = mkdtempSync(join(tmpdir(), 'nova-core-socket-'));
afterAll(() => {
  removePrograms();
  rmSync(folder, { recursive: true, force: true });
});
const path = join(folder, 'core.sock');

let core: MemoryCore;
let server: CoreServer;
let clients: CClient[];
async function start(options: MemoryCoreOptions = {}): Promise<void> {
  core = createMemoryCore({ memory: 2 ** 20, ...options });
  server = await serveCore({ endpoint: core.endpoint, path });
}
const connect = async (compiler: string = COMPILER): Promise<CClient> => {
  const client = await CClient.connect(compiler, path);
  clients.push(client);
  return client;
};
/** Two types, in the only form in which a client has them. */
const TYPES = Buffer.from(memoryTypes([{ typeId: 10, name: 'Small', profileSize: 65536 }, { typeId: 11, name: 'Large', profileSize: 131072 }])).toString('hex');
/** The same for another release. */
const OTHER = Buffer.from(memoryTypes([{ typeId: 10, name: 'Small', profileSize: 65536 }], 'b')).toString('hex');
const NOTHING = { regions: 0, instances: 0, bytes: 0, dirty: 0 };
/** The first number after the status. */
const second = (line: string): string => line.split(' ')[1]!;
async function attached(client: CClient, minor: number = 1, events: number = 0): Promise<string> {
  return second(await client.ask(`attach ${minor} ${events}`));
}

beforeEach(() => { clients = []; });
afterEach(async () => {
  for (const client of clients) client.process.kill('SIGKILL');
  await server.close();
  expect(core.lent()).toMatchObject(NOTHING);
  expect(core.published.sessions).toBe(0);
});

describe.skipIf(COMPILERS.length === 0)('the C library', () => {
  test.each(COMPILERS)('%s compiles it without a warning, and its header as C++', async (compiler) => {
    await start();
    for (const optimise of ['-O0', '-O2']) {
      expect(spawnSync(compiler, [...STRICT, optimise, ...INCLUDES, '-c', LIBRARY, '-o', join(folder, 'library.o')], { encoding: 'utf8' }).stderr).toBe('');
    }
    expect(spawnSync(compiler, ['-x', 'c++', '-std=c++17', '-Wall', '-Wextra', '-Wpedantic', '-Werror', ...INCLUDES, '-fsyntax-only', join(INCLUDES[1]!, 'nova_core_socket.h')], { encoding: 'utf8' }).stderr).not.toContain('error');
  }, 60_000);

  test.each(COMPILERS)('with %s, a client does what one in the same process can do', async (compiler) => {
    await start();
    const client = await connect(compiler);
    expect(await client.ask('tables')).toBe('9 11 1 fd 1');
    const line = await client.ask('attach 1 1');
    const s = second(line);
    expect(line).toMatch(/^0 \d+ caps 7f 3d7 1 1=1\.1 2=1\.1 3=1\.0$/);
    expect(await client.ask(`info ${s} 152`)).toMatch(/^0 size 136 .* Memory 1048576$/);
    const region = second(await client.ask(`allocate ${s} 5000`));
    expect(await client.ask(`write ${s} ${region} 10 010203`)).toBe('0');
    expect(await client.ask(`read ${s} ${region} 9 5 100`)).toBe('0 5 0001020300 capacity 100');
    expect(await client.ask(`clear ${s} ${region} 11 1`)).toBe('0');
    expect(await client.ask(`read ${s} ${region} 9 5 5`)).toBe('0 5 0001000300 capacity 5');
    expect(await client.ask(`read ${s} ${region} 9 0 0`)).toBe('0 0  capacity 0');
    expect(await client.ask(`submit ${s} 64 ${TYPES}`)).toBe('0 10:1:1 11:1:1');
    expect(await client.ask(`types ${s} 64 136`)).toBe('0 generation 2 10:Small:65536:8 11:Large:131072:8');
    expect(await client.ask(`assign ${s} -1 10 7`)).toBe('0 0 65536');
    expect(await client.ask(`assignment ${s} 0 7`)).toBe('0 10 state 2 mine 1');
    expect(await client.ask(`assignment ${s} 0 -1`)).toBe('0 10 state 2 mine 0');
    const instance = second(await client.ask(`open ${s} 0 7 guest`));
    expect(await client.ask(`instance ${s} ${instance}`)).toMatch(/^0 vf 0 state 4 memory \d+$/);
    expect(await client.ask(`master ${s} ${instance} 1`)).toBe('0');
    expect(await client.ask(`reset ${s} ${instance}`)).toBe('0');
    expect(await client.ask(`close ${s} ${instance}`)).toBe('0');
    expect(await client.ask(`unassign ${s} 0 7`)).toBe('0');
    expect(await client.ask(`facts ${s} 16`)).toBe('0 1=42 7=9223372036854775808');
    expect(await client.ask(`counters ${s}`)).toMatch(/^0 calls \d+ failed 0 held 1$/);
    // capacity.changed and instance.state of all that happened, in order and none lost.
    const events = (await client.ask(`dispatch ${s} 1000`)).split(' ').slice(1).map((event) => event.split(':').map(Number));
    expect(events.map(([, sequence]) => sequence)).toEqual(events.map((_, i) => i));
    expect(new Set(events.map(([kind]) => kind))).toEqual(new Set([64, 65]));
    expect(await client.ask(`release ${s} ${region}`)).toBe('0');
    expect(await client.ask(`detach ${s}`)).toBe('0');
    await client.quit();
  }, 60_000);

  test.each(COMPILERS)('with %s, a client of the second major follows operations and chooses places', async (compiler) => {
    await start();
    const client = await connect(compiler);
    expect(await client.ask(`second ${TYPES}`)).toBe('0 mode 1 types 2 creatable 8 place 1+1 stale -116 opened 3 4/4 state 4 closed 3 after -77 detached 0');
    await client.quit();
  }, 60_000);

  test('errors have their numbers, families and words', async () => {
    await start();
    const client = await connect();
    const s = await attached(client);
    expect(await client.ask(`allocate ${s} 0`)).toBe('-34 code 2 category 1 retry 1 base.allocate.size is 0: expected 1 to 9007199254740991');
    expect(await client.ask('why')).toBe('reason 0 about base.allocate.size');
    expect(await client.ask(`allocate ${s} 99999999`)).toBe('-12 code 14 category 6 retry 3 The device has not enough free memory');
    expect(await client.ask(`unassign ${s} 3 1`)).toMatch(/^-77 code 3 category 1 retry 1 The virtual function was assigned nothing$/);
    expect(await client.ask(`assign ${s} 0 9 1`)).toMatch(/^-2 code 7 category 3 retry 1 /);
    expect(await client.ask(`submit ${s} 64 00`)).toMatch(/^-74 code 17 category 7 retry 1 The data is damaged$/);
    expect(await client.ask(`submit ${s} 64 ${OTHER}`)).toMatch(/^-71 code 18 /);
    expect(await client.ask('why')).toBe(`reason ${REASONS['other-release']} about `);
    expect(await client.ask(`master ${s} 1 2`)).toMatch(/^-22 code 1 category 1 retry 1 /);
    expect(await client.ask('info 12345 152')).toMatch(/^-22 code 1 category 1 retry 1 The session 0x3039 is none of this connection$/);
    expect(await client.ask(`nonsense ${s}`)).toBe('-22 -22 -22 -22 -22');
    expect(await client.ask(`write-long ${s} 1 20000000`)).toMatch(/^-34 code 2 category 1 /);
    await client.quit();
  });

  test('structs of earlier and later minors', async () => {
    await start();
    const client = await connect();
    const s = await attached(client);
    // A client that knows no more than name and uuid; what lies behind is left alone.
    expect(await client.ask(`info ${s} 88`)).toBe(`0 size 88 ${'5a'.repeat(8)} Memory 6510615555426900570`);
    // One that knows 48 bytes more than the library.
    expect(await client.ask(`info ${s} 200`)).toBe(`0 size 136 ${'5a'.repeat(8)} Memory 1048576`);
    expect(await client.ask(`info ${s} 4`)).toMatch(/^-22 .*A record to be filled has no struct_size/);
    expect(await client.ask(`allocate-later ${s} 1 0`)).toMatch(/^0 \d+ 4096 size 24$/);
    expect(await client.ask(`allocate-later ${s} 1 1`)).toMatch(/^-22 .*more than this library knows/);
    await client.ask(`submit ${s} 64 ${TYPES}`);
    const full = await client.ask(`types ${s} 64 136`);
    const withoutCreatable = full.replaceAll(/:\d+(?= |$)/g, ':0');
    expect(await client.ask(`types ${s} 64 108`)).toBe(withoutCreatable);
    expect(await client.ask(`types ${s} 64 500`)).toBe(full);
    await client.quit();
  });

  test('too little room: how much there is', async () => {
    await start();
    const client = await connect();
    const s = await attached(client);
    const region = second(await client.ask(`allocate ${s} 4096`));
    expect(await client.ask(`read ${s} ${region} 0 4096 100`)).toBe('-28 code 15 length 4096 There is too little room for bytes');
    expect(await client.ask(`submit ${s} 0 ${TYPES}`)).toMatch(/^-28 code 15 .*too little room for verdicts/);
    expect(await client.ask(`types ${s} 0 136`)).toMatch(/^-28 code 15 count [1-9]\d* There is too little room for types/);
    expect(await client.ask(`facts ${s} 1`)).toMatch(/^-28 code 15 /);
    await client.quit();
  });

  test('handles: given back, of another session, of another kind', async () => {
    await start();
    const client = await connect();
    const [s, other] = [await attached(client), await attached(client)];
    expect(s).not.toBe(other);
    const region = second(await client.ask(`allocate ${s} 4096`));
    expect(await client.ask(`read ${other} ${region} 0 1 1`)).toMatch(/^-22 code 1 length 0 frame\.object is/);
    expect(await client.ask(`instance ${s} ${region}`)).toMatch(/^-22 code 1 .*expected a instance of the/);
    expect(await client.ask(`release ${s} 0`)).toBe('0');
    expect(await client.ask(`release ${s} ${region}`)).toBe('0');
    expect(await client.ask(`release ${s} ${region}`)).toMatch(/^-77 code 3 .*was given back/);
    const next = second(await client.ask(`allocate ${s} 4096`));
    expect(BigInt(next)).toBe(BigInt(region) + 2n ** 32n);
    expect(await client.ask(`read ${s} ${region} 0 1 1`)).toMatch(/^-77 code 3 /);
    expect(await client.ask(`detach ${s}`)).toBe('0');
    expect(core.lent().regions).toBe(0);
    expect(await client.ask(`detach ${s}`)).toMatch(/^-77 code 3 /);
    expect(await client.ask(`info ${s} 152`)).toMatch(/^-77 code 3 .*session .* was given back/);
    expect(await client.ask(`read ${other} ${next} 0 1 1`)).toMatch(/^-77 code 3 /);
    await client.quit();
  });

  test('events: one outstanding per session, in order, with what may be called while one is delivered', async () => {
    await start();
    const client = await connect();
    const s = second(await client.ask('attach 1 1 a'));
    const other = second(await client.ask('attach 1 1 b'));
    const fault = (contained: boolean): void => { core.published.emit({ kind: 'device.fault', payload: { contained } }); };
    expect(await client.ask(`dispatch ${s} 0`)).toBe('0');
    fault(true);
    fault(false);
    // Those of one session wait while those of another are delivered.
    expect(await client.ask(`dispatch ${s} 1000`)).toBe('0 a3:0:1 a3:1:0');
    fault(true);
    await client.ask(`info ${s} 152`);
    expect(await client.ask(`dispatch ${other} 1000`)).toBe('0 b3:0:1 b3:1:0 b3:2:1');
    await client.ask(`probe ${s}`);
    expect(await client.ask(`dispatch ${s} 1000`)).toBe('0 a3:2:1 limits=0 allocate=-77 detach=-77 dispatch=-77');
    await client.ask('probe 0');
    // One is with the client, 64 wait, the rest is counted.
    for (let i = 0; i < 100; i++) fault(true);
    const all = (await client.ask(`dispatch ${s} 1000`)).split(' ').slice(1);
    expect(all.at(-1)).toMatch(/^a4:\d+:\d+$/);
    expect(all.filter((event) => event.startsWith('a3')).length + Number(all.at(-1)!.split(':')[2])).toBe(100);
    expect(all.length).toBeLessThan(70);
    // A session may end with an event that was not delivered.
    expect(await client.ask(`detach ${other}`)).toBe('0');
    expect(await client.ask(`dispatch ${s} 0`)).toBe('0');
    await client.quit();
  });

  test('a session of an earlier minor, and a core that has less', async () => {
    await start();
    const older = await connect();
    const s = await attached(older, 0);
    expect(await older.ask(`submit ${s} 4 00`)).toMatch(/^-95 code 6 .*no function 10 of interface 2/);
    expect(await older.ask(`types ${s} 4 136`)).toMatch(/^0 generation/);
    await older.quit();
    await server.close();
    await start({ interfaces: { base: [{ major: 1, minor: 0 }], vgpu: [{ major: 1, minor: 0 }], drm: [{ major: 2, minor: 0 }] } });
    const newer = await connect();
    expect(await newer.ask('tables')).toBe('8 10 -1 fd 1');
    expect(await newer.ask('attach 1 0')).toMatch(/1=1\.0 2=1\.0$/);
    expect(await newer.ask('submit 1 4 00')).toBe('no function');
    await newer.quit();
  });

  test('the device goes: calls fail alike, releasing and detaching succeed', async () => {
    await start();
    const client = await connect();
    const s = await attached(client, 1, 1);
    const region = second(await client.ask(`allocate ${s} 4096`));
    await core.remove();
    expect(await client.ask(`info ${s} 152`)).toMatch(/^-19 code 22 category 9 /);
    expect(await client.ask(`dispatch ${s} 1000`)).toBe('0 2:0:1');
    expect(await client.ask(`release ${s} ${region}`)).toBe('0');
    expect(await client.ask(`detach ${s}`)).toBe('0');
    expect(await client.ask('attach 1 0')).toMatch(/^-19 code 22 /);
    await client.quit();
  });

  test('the core wants out: its client is told, and leaves', async () => {
    await start();
    const client = await connect();
    const s = await attached(client, 1, 1);
    await client.ask(`allocate ${s} 4096`);
    const clock = core.clock;
    const withdrawn = core.published.withdraw({ ...clock, until: async (left) => { while (!left()) await new Promise((resolve) => setImmediate(resolve)); } }, 500);
    expect(await client.ask(`dispatch ${s} 1000`)).toBe('0 1:0:500');
    expect(await client.ask(`allocate ${s} 1`)).toMatch(/^-108 code 23 /);
    expect(await client.ask(`detach ${s}`)).toBe('0');
    await withdrawn;
    await client.quit();
  });

  test('the server goes: the same as a device that goes', async () => {
    await start();
    const client = await connect();
    const s = await attached(client, 1, 1);
    const region = second(await client.ask(`allocate ${s} 4096`));
    await server.close();
    expect(core.lent()).toMatchObject(NOTHING);
    for (const command of [`info ${s} 152`, `dispatch ${s} 1000`, 'attach 1 0']) expect(await client.ask(command)).toMatch(/^-19 code 22 category 9 retry 1 The connection to the core is broken/);
    expect(await client.ask('tables')).toBe('9 11 1 fd 0');
    expect(await client.ask(`release ${s} ${region}`)).toBe('0');
    expect(await client.ask(`detach ${s}`)).toBe('0');
    await client.quit();
    await expect(CClient.connect(COMPILER, path)).rejects.toThrow('-2 connected');
  });

  test('a client that is killed in the middle of a call leaves nothing', async () => {
    let go: () => void = () => undefined;
    let asked: () => void = () => undefined;
    const opening = new Promise<void>((resolve) => { asked = resolve; });
    await start({
      before: (operation) => {
        if (operation !== 'vgpu.open') return undefined;
        asked();
        return new Promise<void>((resolve) => { go = resolve; });
      },
    });
    const client = await connect();
    const s = await attached(client, 1, 1);
    await client.ask(`allocate ${s} 4096`);
    await client.ask(`submit ${s} 64 ${TYPES}`);
    await client.ask(`assign ${s} 0 10 7`);
    client.tell(`open ${s} 0 7 guest`);
    await opening;
    client.process.kill('SIGKILL');
    await client.ended;
    go();
    while (server.connections > 0) await new Promise((resolve) => setImmediate(resolve));
    expect(core.lent()).toMatchObject({ ...NOTHING, assignments: 1 });
    // The assignment is its owner's, who may come back in another process.
    const again = await connect();
    const t = await attached(again);
    expect(await again.ask(`assignment ${t} 0 7`)).toMatch(/ mine 1$/);
    expect(await again.ask(`unassign ${t} 0 7`)).toBe('0');
    await again.quit();
  });
});
