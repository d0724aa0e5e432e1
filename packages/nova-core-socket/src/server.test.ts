import { existsSync, lstatSync, mkdtempSync, readdirSync, renameSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { BASE_V1, ContractError, INTERFACES, VGPU_V1, type ContractEvent, type Hello, type Interface } from '@nova-stack/nova-core-api';
import { createMemoryCore, type MemoryCore } from '@nova-stack/nova-core-api/testing';
import {
  FrameWriter, HEAD_BYTES, MAX_SESSIONS, readAgreement, readEvent, roomFor, slotsInFrames, writeGreeting, writeHello, type FrameReader,
} from '@nova-stack/nova-core-api/wire';
import fc from 'fast-check';
import { afterAll, afterEach, beforeEach, describe, expect, test } from 'vitest';

import { Handles } from './handles.ts';
import { CoreSocketError, serveCore, type CoreServer, type SocketEvent } from './index.ts';
import { RawClient } from './raw-client-fixture.ts';

const folder = mkdtempSync(join(tmpdir(), 'nova-core-socket-'));
afterAll(() => { rmSync(folder, { recursive: true, force: true }); });
const path = join(folder, 'core.sock');

let core: MemoryCore;
let server: CoreServer;
let log: SocketEvent[];
/** Reads that reached the core. */
let reads = 0;
const NOTHING = { regions: 0, instances: 0, bytes: 0, dirty: 0 };
const settled = async (): Promise<void> => { while (server.connections > 0) await new Promise((resolve) => setImmediate(resolve)); };

beforeEach(async () => {
  core = createMemoryCore({ memory: 2 ** 24, before: (operation) => { if (operation === 'region.read') reads++; } });
  log = [];
  server = await serveCore({ endpoint: core.endpoint, path, maxConnections: 3, onEvent: (event) => void log.push(event) });
});
afterEach(async () => {
  await server.close();
  expect(core.lent()).toMatchObject(NOTHING);
  expect(core.published.sessions).toBe(0);
  expect(readdirSync(folder)).toEqual([]);
});

const hello = (epoch: bigint, more: Partial<Hello> = {}): Hello => ({
  kind: 'diagnostic', name: 'raw', epoch, required: [], optional: ['device.info', 'device.events', 'memory.region', 'memory.cpu-window', 'vgpu.types.list', 'vgpu.instance.basic'],
  wants: [{ interface: 'base', major: 1, minMinor: 0, maxMinor: 1 }, { interface: 'vgpu', major: 1, minMinor: 0, maxMinor: 1, optional: true }], ...more,
});

async function attach(client: RawClient, events: boolean = false): Promise<bigint> {
  const reply = await client.request({ type: 'attach', call: 2 }, (frame) => { writeHello(frame, { hello: hello(1n), events }); });
  return readAgreement(reply).session;
}

const slotOf = (schema: Interface, name: string): { readonly index: number; readonly slot: ReturnType<typeof slotsInFrames>[number] } => {
  const slots = slotsInFrames(schema);
  const index = slots.findIndex((slot) => slot.name === name);
  return { index, slot: slots[index]! };
};
const head = (schema: Interface, name: string, session: bigint, object: bigint = 0n) => ({ type: 'call', call: 9, iface: INTERFACES[schema.name], major: schema.major, slot: slotOf(schema, name).index, session, object }) as const;
const body = (schema: Interface, name: string, input?: Readonly<Record<string, unknown>>) => (frame: FrameWriter): void => {
  const { slot } = slotOf(schema, name);
  slot.writeCall(frame, { in: input, room: roomFor(slot, 4096) });
};
async function call(client: RawClient, schema: Interface, name: string, session: bigint, input?: Readonly<Record<string, unknown>>, object?: bigint): Promise<Readonly<Record<string, unknown>>> {
  const reply = await client.request(head(schema, name, session, object), body(schema, name, input));
  return slotOf(schema, name).slot.readReply(reply) ?? {};
}

describe('the socket', () => {
  test('is open to its owner only, and goes with the server', async () => {
    expect(lstatSync(path).isSocket()).toBe(true);
    expect(statSync(path).mode & 0o777).toBe(0o600);
    await server.close();
    await server.close();
    expect(existsSync(path)).toBe(false);
  });

  test('one that nobody listens on is replaced; one in use, a file, and a path too long are not', async () => {
    const other = createMemoryCore();
    const at = (where: string): Promise<CoreServer> => serveCore({ endpoint: other.endpoint, path: where });
    await expect(at(path)).rejects.toThrow('Somebody listens');
    await expect(at(join(folder, 'y'.repeat(100)))).rejects.toThrow('expected at most 107');
    await expect(at(join(folder, 'not-there', 'sock'))).rejects.toBeInstanceOf(CoreSocketError);
    const file = join(folder, 'file');
    writeFileSync(file, 'x');
    await expect(at(file)).rejects.toThrow('is no socket');
    rmSync(file);
    // A server that was killed leaves its socket behind.
    const stale = join(folder, 'stale');
    const dead = createServer();
    await new Promise<void>((resolve) => dead.listen(join(folder, 'first'), resolve));
    renameSync(join(folder, 'first'), stale);
    await new Promise((resolve) => dead.close(resolve));
    expect(lstatSync(stale).isSocket()).toBe(true);
    await (await at(stale)).close();
  });

  test('takes as many connections as it was told', async () => {
    const clients = [1, 2, 3].map(() => new RawClient(path));
    for (const client of clients) expect(await client.greet()).toMatchObject({ epoch: 1n, supportId: 'm0' });
    const fourth = new RawClient(path);
    await fourth.closed;
    expect(log.map(({ kind }) => kind)).toEqual(['connected', 'connected', 'connected', 'refused']);
    for (const client of clients) client.socket.destroy();
    await settled();
  });
});

describe('a conversation', () => {
  test('sessions and objects belong to the connection', async () => {
    const [one, other] = [new RawClient(path), new RawClient(path)];
    await one.greet();
    await other.greet();
    const session = await attach(one);
    const { region } = await call(one, BASE_V1, 'allocate', session, { size: 10 }) as { region: bigint };
    expect(await other.refused({ type: 'detach', call: 3, session })).toMatch(/^InvalidArgument: The session/);
    const foreign = await attach(other);
    expect(await other.refused(head(BASE_V1, 'region.read', foreign, region), body(BASE_V1, 'region.read', { offset: 0, length: 1 }))).toMatch(/^InvalidArgument: The object/);
    one.socket.destroy();
    while (core.published.sessions > 1) await new Promise((resolve) => setImmediate(resolve));
    expect(core.lent()).toMatchObject(NOTHING);
    other.socket.destroy();
    await settled();
  });

  test('begins with a greeting', async () => {
    for (const [first, why] of [
      [{ type: 'attach', call: 1 }, 'The first frame is of the kind attach'], [{ type: 'offer', call: 1 }, 'greeting is 8 bytes: expected at most the 0'],
    ] as const) {
      const client = new RawClient(path);
      expect(await client.refused(first)).toContain(why);
      await client.closed;
    }
    const client = new RawClient(path);
    expect(await client.refused({ type: 'offer', call: 1 }, (frame) => {
      writeGreeting(frame);
      frame.u32(HEAD_BYTES + 4, 2);
    })).toBe('VersionMismatch: The frames are of version 2: expected 1');
    await client.closed;
    await settled();
    expect(log.filter(({ kind }) => kind === 'gone')).toHaveLength(3);
  });

  test('a handshake that fails says why, and can be tried again', async () => {
    const client = new RawClient(path);
    await client.greet();
    const refused = (one: Hello): Promise<string> => client.refused({ type: 'attach', call: 2 }, (frame) => { writeHello(frame, { hello: one, events: false }); });
    expect(await refused(hello(2n))).toMatch(/^StaleGeneration/);
    expect(await refused(hello(1n, { wants: [{ interface: 'base', major: 3, minMinor: 0, maxMinor: 0 }] }))).toMatch(/^VersionMismatch: Interface base: the core is older/);
    expect(await refused(hello(1n, { required: ['vgpu.quota.encoder'] }))).toMatch(/^MissingCapability/);
    expect(await refused(hello(1n, { name: '' }))).toMatch(/^InvalidArgument: hello.name is empty/);
    for (let i = 0; i < MAX_SESSIONS; i++) await attach(client);
    expect(await refused(hello(1n))).toMatch(/^NoCapacity/);
    client.socket.destroy();
    await settled();
  });

  test('several requests at once are answered one after the other', async () => {
    const client = new RawClient(path);
    await client.greet();
    const session = await attach(client);
    const frames: Uint8Array[] = [];
    for (let i = 0; i < 500; i++) {
      const frame = new FrameWriter();
      body(BASE_V1, 'limits')(frame);
      frames.push(frame.finish({ ...head(BASE_V1, 'limits', session), call: i }));
    }
    client.send(Buffer.concat(frames));
    for (let i = 0; i < 500; i++) expect((await client.reply()).head.call).toBe(i);
    client.socket.destroy();
    await settled();
  });

  test('frames may come in pieces', async () => {
    const client = new RawClient(path);
    client.socket.setNoDelay(true);
    const frame = new FrameWriter();
    writeGreeting(frame);
    const bytes = frame.finish({ type: 'offer', call: 5 });
    for (const byte of bytes) {
      client.send(Uint8Array.of(byte));
      await new Promise((resolve) => setImmediate(resolve));
    }
    expect((await client.reply()).head.call).toBe(5);
    client.socket.destroy();
    await settled();
  });

  test('who does not read its answers is not served on, and costs no more', async () => {
    const client = new RawClient(path);
    await client.greet();
    const session = await attach(client);
    const { region } = await call(client, BASE_V1, 'allocate', session, { size: 2 ** 20 }) as { region: bigint };
    client.socket.pause();
    const { slot } = slotOf(BASE_V1, 'region.read');
    const writer = new FrameWriter();
    slot.writeCall(writer, { in: { offset: 0, length: 2 ** 20 }, room: roomFor(slot, 2 ** 20) });
    const bytes = writer.finish(head(BASE_V1, 'region.read', session, region));
    const before = process.memoryUsage().arrayBuffers;
    for (let i = 0; i < 300; i++) client.send(bytes);
    for (let i = 0; i < 200; i++) await new Promise((resolve) => setImmediate(resolve));
    expect(process.memoryUsage().arrayBuffers - before).toBeLessThan(32 * 2 ** 20);
    client.socket.resume();
    for (let i = 0; i < 5; i++) expect((await client.reply()).left).toBeGreaterThan(2 ** 20);
    client.socket.destroy();
    await settled();
  }, 30_000);

  test('a read that has no place in a frame is refused before the core is asked', async () => {
    const client = new RawClient(path);
    await client.greet();
    const session = await attach(client);
    const { region } = await call(client, BASE_V1, 'allocate', session, { size: 2 ** 23 }) as { region: bigint };
    reads = 0;
    const { slot } = slotOf(BASE_V1, 'region.read');
    const read = (length: number, capacity: number): Promise<string> => client.refused(head(BASE_V1, 'region.read', session, region), (frame) => { slot.writeCall(frame, { in: { offset: 0, length }, room: roomFor(slot, capacity) }); });
    expect(await read(256 * 2 ** 20, 256 * 2 ** 20)).toMatch(/^Range: in\.length is 268435456: expected at most 167/);
    expect(await read(2 ** 22, 2 ** 21)).toBe('NoCapacity: There is too little room for bytes');
    expect(reads).toBe(0);
    expect(await read(2 ** 22, 2 ** 22)).toBe('done');
    expect(reads).toBe(1);
    client.socket.destroy();
    await settled();
  });

  test('an event waits for its acknowledgement, which brings the next', async () => {
    const client = new RawClient(path);
    await client.greet();
    const session = await attach(client, true);
    for (let i = 0; i < 3; i++) core.published.emit({ kind: 'device.fault', payload: { contained: i === 1 } });
    const event = (frame: FrameReader): ContractEvent => readEvent(frame, [BASE_V1])!;
    await call(client, BASE_V1, 'limits', session);
    await call(client, BASE_V1, 'limits', session);
    expect(client.events).toHaveLength(1);
    await client.request({ type: 'event-ack', call: 3, session });
    await client.request({ type: 'event-ack', call: 4, session });
    expect(client.events.map((frame) => event(frame))).toMatchObject([{ sequence: 0, payload: { contained: false } }, { sequence: 1, payload: { contained: true } }, { sequence: 2 }]);
    await client.request({ type: 'event-ack', call: 5, session });
    expect(await client.refused({ type: 'event-ack', call: 6, session })).toMatch(/^InvalidState: No event waits/);
    client.socket.destroy();
    await settled();
  });

  test('what a session does not have is unsupported', async () => {
    const client = new RawClient(path);
    await client.greet();
    const session = await attach(client);
    for (const [iface, major, slot] of [[1, 2, 0], [3, 1, 0], [9, 1, 0], [1, 1, 99]] as const) {
      expect(await client.refused({ type: 'call', call: 1, iface, major, slot, session, object: 0n })).toMatch(/^Unsupported: The session has no function/);
    }
    expect(await client.refused(head(BASE_V1, 'limits', session, 5n), body(BASE_V1, 'limits'))).toMatch(/^InvalidArgument: frame.object is 0x5/);
    expect(await client.refused(head(VGPU_V1, 'submitTypes', session), body(VGPU_V1, 'submitTypes', { data: new Uint8Array(3), label: '' }))).toMatch(/^MissingCapability/);
    client.socket.destroy();
    await settled();
  });
});

describe('a hostile client', () => {
  test('arbitrary bytes end a conversation or are answered, and leave nothing', async () => {
    await fc.assert(fc.asyncProperty(fc.array(fc.uint8Array({ maxLength: 120 }), { maxLength: 4 }), fc.boolean(), async (chunks, polite) => {
      const client = new RawClient(path);
      if (polite) {
        await client.greet();
        await attach(client, true);
      }
      for (const chunk of chunks) client.send(chunk);
      client.socket.end();
      await client.closed;
      await settled();
      expect(core.published.sessions).toBe(0);
    }), { numRuns: 60 });
  }, 30_000);

  test('frames with any head and any body are answered', async () => {
    const client = new RawClient(path);
    await client.greet();
    const session = await attach(client);
    const held: bigint[] = [];
    for (let i = 0; i < 3; i++) held.push((await call(client, BASE_V1, 'allocate', session, { size: 1 }))['region'] as bigint);
    const sessions = fc.constantFrom(session, session, session, 0n, session + 1n, 2n ** 64n - 1n);
    const objects = fc.constantFrom(0n, ...held, 2n ** 40n);
    const kinds = fc.constantFrom('call', 'call', 'call', 'call', 'attach', 'event-ack', 'offer');
    await fc.assert(fc.asyncProperty(kinds, sessions, objects, fc.nat({ max: 4 }), fc.nat({ max: 12 }), fc.uint8Array({ maxLength: 96 }), fc.nat({ max: 2 }), async (type, to, object, iface, slot, bytes, sized) => {
      const answer = await client.refused({ type, call: 3, iface, major: 1, slot, session: to, object }, (frame) => {
        const at = frame.take(bytes.length, 'x');
        frame.put(at, bytes);
        if (sized > 0 && bytes.length >= 8) frame.u32(at, sized === 1 ? bytes.length : 16);
      });
      expect(answer).toMatch(/^(done$|[A-Za-z]+: )/);
    }), { numRuns: 400 });
    expect(await client.refused(head(BASE_V1, 'limits', session), body(BASE_V1, 'limits'))).toBe('done');
    client.socket.destroy();
    await settled();
  }, 30_000);
});

test('handles: never a second meaning', () => {
  fc.assert(fc.property(fc.array(fc.option(fc.nat({ max: 9 })), { maxLength: 60 }), (steps) => {
    const handles = new Handles<number>('thing', 8);
    const live = new Map<bigint, number>();
    const dead = new Set<bigint>();
    steps.forEach((step, i) => {
      if (step === null) {
        if (live.size === 8) {
          expect(() => handles.add(i)).toThrow(ContractError);
          return;
        }
        const handle = handles.add(i);
        expect(handle).not.toBe(0n);
        expect(live.has(handle) || dead.has(handle)).toBe(false);
        live.set(handle, i);
      } else {
        const [handle] = [...live.keys()].slice(step);
        if (handle === undefined) return;
        handles.delete(handle);
        live.delete(handle);
        dead.add(handle);
      }
    });
    expect(new Map(handles.entries())).toEqual(live);
    for (const [handle, value] of live) expect(handles.get(handle)).toBe(value);
    for (const handle of dead) expect(() => handles.get(handle)).toThrow('was given back');
    for (const handle of [0n, 99n, 2n ** 63n]) if (!live.has(handle) && !dead.has(handle)) expect(() => handles.get(handle)).toThrow(/is none of this|was given back/);
  }));
});
