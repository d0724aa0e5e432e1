import { spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { connect, createServer, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { HEADER as CONFIG } from '@nova-stack/pci';
import { createTrace, type Trace, type TraceEvent } from '@nova-stack/trace';
import { afterAll, afterEach, beforeEach, describe, expect, test } from 'vitest';

import { Client } from './client-fixture.ts';
import { BAR0, copyDevice } from './device-fixture.ts';
import { openDescriptors } from './fd/descriptors.ts';
import { FLAG, REGION } from './protocol.ts';
import { serveDevice, type VfioUserServer } from './server.ts';

const folder = mkdtempSync(join(tmpdir(), 'vfio-user-'));
afterAll(() => { rmSync(folder, { recursive: true }); });
const open: { close(): unknown }[] = [];
afterEach(async () => { for (const one of open.splice(0).reverse()) await one.close(); });

let descriptors = false;
async function serve(path: string, more: { readonly memoryFile?: string; readonly trace?: Trace } = {}): Promise<{ readonly server: VfioUserServer; readonly device: ReturnType<typeof copyDevice> }> {
  const device = copyDevice();
  const server = await serveDevice({ device, path, descriptors, ...more });
  open.push(server);
  return { server, device };
}

async function dial(path: string): Promise<{ readonly client: Client; readonly socket: Socket; readonly heard: (count: number) => Promise<void> }> {
  const socket = connect(path);
  open.push({ close: () => socket.destroy() });
  const client = new Client((bytes) => { socket.write(bytes); });
  socket.on('error', () => undefined);
  await new Promise<void>((resolve) => { socket.once('connect', resolve); });
  let listener = (): void => undefined;
  socket.on('data', (bytes: Buffer) => {
    client.hear(bytes);
    listener();
  });
  return { client, socket, heard: (count) => new Promise((resolve) => {
    listener = () => { if (client.heard.length >= count) resolve(); };
    listener();
  }) };
}

const closed = (socket: Socket): Promise<void> => new Promise((resolve) => { if (socket.destroyed) resolve(); else socket.once('close', () => { resolve(); }); });

const carriers: readonly (readonly [string, boolean])[] = [["Node's sockets", false], ...(typeof openDescriptors() === 'string' ? [] : [['sockets with descriptors', true] as const])];
describe.each(carriers)('%s', (_, passing) => {
  beforeEach(() => { descriptors = passing; });

  test('a client reads, writes, and lets the device copy in its memory, which is a file', async () => {
    const [path, file] = [join(folder, 'file.sock'), join(folder, 'ram')];
    writeFileSync(file, new Uint8Array(0x20_0000).fill(0));
    writeFileSync(file, Uint8Array.from([99]), { flag: 'r+' });
    const { device } = await serve(path, { memoryFile: file });
    expect(statSync(path).mode & 0o777).toBe(0o600);
    const { client, heard } = await dial(path);
    client.version();
    client.dmaMap(0x10_0000, 0x10_0000, 3, 0);
    client.writeConfig(CONFIG.bar0, 4, BAR0);
    client.writeConfig(CONFIG.command, 2, 6);
    client.write(0, 0, [0, 0, 0x10, 0], FLAG.noReply);
    client.write(0, 4, [0, 0x10, 0x10, 0], FLAG.noReply);
    client.write(0, 8, [1, 0, 0, 0], FLAG.noReply);
    const count = client.read(0, 12, 4);
    await heard(5);
    expect(client.data(count)).toEqual([1, 0, 0, 0]);
    expect(device.outcomes).toEqual([true]);
    expect([...readFileSync(file).subarray(0x1000, 0x1004)]).toEqual([100, 0, 0, 0]);
  });

  describe('one client at a time', () => {
    test('a second one is turned away, a later one finds the device as after power-on', async () => {
      const path = join(folder, 'one.sock');
      const { server, device } = await serve(path);
      const first = await dial(path);
      first.client.version();
      first.client.writeConfig(CONFIG.interruptLine, 1, 11);
      await first.heard(2);
      expect(server.connected).toBe(true);
      const second = await dial(path);
      await closed(second.socket);
      first.socket.destroy();
      await expect.poll(() => server.connected).toBe(false);

      const third = await dial(path);
      third.client.version();
      const line = third.client.read(REGION.config, CONFIG.interruptLine, 1);
      await third.heard(2);
      expect(third.client.data(line)).toEqual([0]);
      expect(device.resets).toEqual(['power-on', 'power-on']);
    });

    test('one that calls before the server has noticed that the last one left is served, on a clean device', async () => {
      const path = join(folder, 'soon.sock');
      const { device, server } = await serve(path);
      const first = await dial(path);
      first.client.version();
      await first.heard(1);
      // Both happen within one turn of the event loop, the call before the end.
      const calling = dial(path);
      first.socket.destroy();
      const second = await calling;
      second.client.version();
      await second.heard(1);
      expect(second.client.reply(0).errno).toBe(0);
      expect(device.resets).toEqual(['power-on', 'power-on']);
      // One that waits when the server closes is not served any more.
      const third = await dial(path);
      await server.close();
      await closed(third.socket);
      expect(device.resets).toHaveLength(2);
    });

    test('one that is turned away is told so; whatever it says, and however many call, the first one is served', async () => {
      const path = join(folder, 'busy.sock');
      await serve(path);
      const first = await dial(path);
      first.client.version();
      await first.heard(1);
      const busy = await dial(path);
      busy.client.version();
      await busy.heard(1);
      expect(busy.client.reply(0)).toMatchObject({ errno: 16, flags: FLAG.reply | FLAG.error });
      await closed(busy.socket);
      const many: Socket[] = [];
      for (let i = 0; i < 40; i++) {
        many.push((await dial(path)).socket);
        // Only so many may call before one is taken.
        await new Promise((resolve) => { setImmediate(resolve); });
      }
      for (const [index, socket] of many.entries()) socket.write(new Uint8Array(index).fill(index));
      first.client.read(REGION.config, 0, 4);
      await first.heard(2);
      await Promise.all(many.map(closed));
    });

    test('one that breaks the protocol is cut off, and the server goes on', async () => {
      const path = join(folder, 'broken.sock');
      const { server } = await serve(path);
      const bad = await dial(path);
      bad.socket.write(Uint8Array.from(new Array<number>(64).fill(0xff)));
      await closed(bad.socket);
      await expect.poll(() => server.connected).toBe(false);
      const good = await dial(path);
      good.client.version();
      await good.heard(1);
    });
  });

  describe('the socket', () => {
    test('of a server that died is replaced, and taken away in the end', async () => {
      const path = join(folder, 'stale.sock');
      const script = `require("net").createServer().listen(${JSON.stringify(path)}, () => process.kill(process.pid, "SIGKILL"))`;
      expect(spawnSync(process.execPath, ['-e', script]).signal).toBe('SIGKILL');
      expect(existsSync(path)).toBe(true);
      const { server } = await serve(path);
      const { client, heard } = await dial(path);
      client.version();
      await heard(1);
      await server.close();
      expect(existsSync(path)).toBe(false);
    });

    test('may have the longest path that there is', async () => {
      const path = join(folder, 'l'.repeat(107 - folder.length - 1));
      expect(Buffer.byteLength(path)).toBe(107);
      const { server } = await serve(path);
      expect(statSync(path).mode & 0o777).toBe(0o600);
      const { client, heard } = await dial(path);
      client.version();
      await heard(1);
      // Again, as the name is taken away in the end.
      await server.close();
      expect(existsSync(path)).toBe(false);
      await serve(path);
      expect(readdirSync(folder).filter((name) => name.startsWith('.'))).toEqual([]);
    });

    test('that somebody listens on stays theirs', async () => {
      const path = join(folder, 'taken.sock');
      const other = createServer();
      await new Promise<void>((resolve) => { other.listen(path, resolve); });
      open.push({ close: () => new Promise((resolve) => { other.close(resolve); }) });
      await expect(serve(path)).rejects.toMatchObject({ code: 'SOCKET', message: `Somebody listens on ${path} already` });
    });

    test('never replaces another kind of file', async () => {
      const path = join(folder, 'a-file');
      writeFileSync(path, 'precious');
      await expect(serve(path)).rejects.toMatchObject({ code: 'SOCKET', message: `${path} exists and is no socket` });
      expect(existsSync(path)).toBe(true);
    });

    test.each([[`/tmp/${'x'.repeat(120)}`, /at most 107/], ['/nowhere/at/all.sock', /Cannot listen on/]])('%s is refused', async (path, message) => {
      await expect(serve(path)).rejects.toThrow(message);
    });
  });

  test('several devices live in one process, each on its own, whatever happens to another', async () => {
    const paths = [0, 1, 2].map((index) => join(folder, `many-${index}.sock`));
    const served = await Promise.all(paths.map((path) => serve(path)));
    const dialled = await Promise.all(paths.map((path) => dial(path)));
    for (const [index, { client }] of dialled.entries()) {
      client.version();
      client.writeConfig(CONFIG.bar0, 4, BAR0);
      client.writeConfig(CONFIG.command, 2, 6);
      client.write(0, 0, [index, 0, 0, 0], FLAG.noReply);
    }
    // One breaks the protocol, one floods and never reads, the third goes on.
    dialled[0]!.socket.write(new Uint8Array(64).fill(0xff));
    await closed(dialled[0]!.socket);
    dialled[1]!.socket.pause();
    for (let i = 0; i < 20_000; i++) dialled[1]!.client.read(1, 0, 1 << 20);
    const { client, heard } = dialled[2]!;
    for (let i = 0; i < 50; i++) {
      const id = client.read(0, 0, 4);
      await heard(4 + i);
      expect(client.data(id)).toEqual([2, 0, 0, 0]);
    }
    expect(served.map(({ device }) => device.read(0, 0, 4))).toEqual([0, 1, 2]);
    expect(served[1]!.server.connected).toBe(true);
    await served[1]!.server.close();
    expect(served[2]!.server.connected).toBe(true);
  });

  test('what a client asks for while it does not read is answered when it does, in order', async () => {
    const path = join(folder, 'slow.sock');
    await serve(path);
    const { client, socket, heard } = await dial(path);
    client.version();
    client.writeConfig(CONFIG.command, 2, 6);
    socket.pause();
    const ids = Array.from({ length: 40 }, () => client.read(1, 0, 1 << 20));
    for (let i = 0; i < 20; i++) await new Promise((resolve) => { setImmediate(resolve); });
    socket.resume();
    await heard(42);
    expect(client.heard.slice(2).map(({ id }) => id)).toEqual(ids);
    expect(client.heard.slice(2).every(({ body }) => body.byteLength === 16 + (1 << 20))).toBe(true);
  });

  test('a socket that somebody else put in its place meanwhile stays', async () => {
    const path = join(folder, 'replaced.sock');
    const { server } = await serve(path);
    rmSync(path);
    writeFileSync(path, 'precious');
    await server.close();
    expect(existsSync(path)).toBe(true);
    rmSync(path);
  });

  test('of two servers that start at once one gets it', async () => {
    const path = join(folder, 'race.sock');
    const outcomes = await Promise.allSettled([serve(path), serve(path)]);
    expect(outcomes.map(({ status }) => status).sort()).toEqual(['fulfilled', 'rejected']);
  });
});

test('says once what is missing without descriptors', async () => {
  descriptors = false;
  const events: TraceEvent[] = [];
  const { server } = await serve(join(folder, 'missing.sock'), { trace: createTrace({ now: () => 0, sinks: [(event) => { events.push(event); }] }) });
  expect(server.missing).toBe('they were switched off');
  expect(events.filter(({ point }) => point === 'vfio-user.descriptors.missing')).toHaveLength(1);
});
