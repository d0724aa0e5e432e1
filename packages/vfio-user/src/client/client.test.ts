import { join } from 'node:path';

import fc from 'fast-check';
import { CAPABILITY, HEADER } from '@nova-stack/pci';
import { createTrace, type TraceEvent } from '@nova-stack/trace';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';

import { connectWith, type ConnectOptions, type RemoteDevice } from './connect.ts';
import { Threads } from './thread-fixture.ts';

const threads = new Threads();
let worker = '';
let server = '';
beforeAll(() => {
  worker = threads.bundle('worker');
  server = threads.bundle('copy-server-fixture');
});
const open: RemoteDevice[] = [];
afterEach(async () => {
  for (const one of open.splice(0)) await one.close();
  await threads.stop();
});
afterAll(async () => threads.remove());

let sockets = 0;
async function serve(): Promise<{ readonly path: string; readonly kill: () => Promise<unknown> }> {
  const path = join(threads.folder, `${sockets++}.sock`);
  const thread = await threads.start(server, { path });
  return { path, kill: async () => thread.terminate() };
}

async function dial(path: string, more: Partial<ConnectOptions> = {}): Promise<RemoteDevice> {
  const remote = await connectWith(worker, { path, ...more });
  open.push(remote);
  return remote;
}

/** Until `done`, with the event loop running in between. */
async function eventually(done: () => boolean): Promise<void> {
  while (!done()) await new Promise((resolve) => { setTimeout(resolve, 1); });
}

test('a device in another thread is enumerated as on a bus', async () => {
  const { device, interrupts } = await dial((await serve()).path);
  expect(device.name).toBe('0000:01:00.0');
  expect([device.readConfig(HEADER.vendor, 2), device.readConfig(HEADER.device, 2), device.readConfig(HEADER.baseClass, 1)]).toEqual([0x1234, 0x5678, 0x12]);
  expect(device.resources).toEqual([
    { index: 0, kind: 'mem32', prefetchable: false, size: 4096, start: 0xc000_0000 },
    { index: 1, kind: 'mem64', prefetchable: true, size: 1 << 21, start: 2 ** 38 },
  ]);
  expect(device.findCapability(CAPABILITY.pcie)).toBeDefined();
  expect([interrupts, device.sriov]).toEqual([{ intx: 1, msi: 4, msix: 8 }, undefined]);
  expect(() => device.mapBar(0)).toThrow(expect.objectContaining({ code: 'DECODE_OFF' }) as Error);
  device.enable();
  expect(() => device.mapBar(2)).toThrow(expect.objectContaining({ code: 'NO_BAR' }) as Error);
});

describe.each([{ postedWrites: true }, { postedWrites: false }])('accesses, posted writes $postedWrites', (how) => {
  test('registers of every size, and blocks, keep their order', async () => {
    const { device } = await dial((await serve()).path, how);
    device.enable();
    const bar = device.mapBar(0);
    for (let i = 0; i < 1000; i++) bar.write32(4 * (i % 256) + 16, i);
    expect(bar.read32(16 + 4 * 231)).toBe(999);
    bar.write8(64, 0xab);
    bar.write16(66, 0xcdef);
    expect([bar.read8(64), bar.read16(66), bar.read32(64)]).toEqual([0xab, 0xcdef, 0xcdef_03ab]);
    expect(() => bar.read32(66)).toThrow(expect.objectContaining({ code: 'UNALIGNED' }) as Error);
    const block = Uint8Array.from({ length: 1 << 21 }, (_, i) => i % 251);
    const memory = device.mapBar(1);
    memory.writeBlock(0, block);
    const back = new Uint8Array(1 << 21);
    memory.readBlock(0, back);
    expect(Buffer.compare(back, block)).toBe(0);
  });

  test('any accesses leave what they would leave in memory', async () => {
    const { device } = await dial((await serve()).path, how);
    device.enable();
    const bar = device.mapBar(1);
    const model = new Uint8Array(4096);
    const view = new DataView(model.buffer);
    const place = fc.tuple(fc.nat(4088), fc.constantFrom(1, 2, 4)).map(([at, size]) => ({ at: at - (at % size), size }));
    const step = fc.oneof(
      fc.record({ op: fc.constant('write' as const), place, value: fc.nat(0xffff_ffff) }),
      fc.record({ op: fc.constant('read' as const), place }),
      fc.record({ op: fc.constant('block' as const), at: fc.nat(4000), bytes: fc.uint8Array({ minLength: 1, maxLength: 96 }) }),
    );
    fc.assert(fc.property(fc.array(step, { maxLength: 300 }), (steps) => {
      for (const one of steps) {
        if (one.op === 'block') {
          bar.writeBlock(one.at, one.bytes);
          model.set(one.bytes, one.at);
          continue;
        }
        const { at, size } = one.place;
        if (one.op === 'read') {
          const [seen, expected] = size === 4 ? [bar.read32(at), view.getUint32(at, true)] : size === 2 ? [bar.read16(at), view.getUint16(at, true)] : [bar.read8(at), view.getUint8(at)];
          expect(seen).toBe(expected);
        } else if (size === 4) {
          bar.write32(at, one.value);
          view.setUint32(at, one.value, true);
        } else if (size === 2) {
          bar.write16(at, one.value & 0xffff);
          view.setUint16(at, one.value & 0xffff, true);
        } else {
          bar.write8(at, one.value & 0xff);
          view.setUint8(at, one.value & 0xff);
        }
      }
      const all = new Uint8Array(4096);
      bar.readBlock(0, all);
      expect(Buffer.compare(all, model)).toBe(0);
    }), { numRuns: 30 });
  });

  test('the device reaches memory that was lent, while the caller waits', async () => {
    const events: TraceEvent[] = [];
    const remote = await dial((await serve()).path, { ...how, trace: createTrace({ now: () => 0, sinks: [(event) => void events.push(event)] }) });
    const { device } = remote;
    device.enable();
    device.setBusMaster(true);
    const bar = device.mapBar(0);
    const buffer = device.allocDma(8192, { label: 'a buffer' });
    const own = Uint8Array.from([41, 0, 0, 0]);
    const lent = device.mapDma(own, { label: 'own bytes' });
    expect(buffer.bytes.length).toBe(8192);
    const copy = (from: number, to: number): void => {
      bar.write32(0, from);
      bar.write32(4, to);
      const before = bar.read32(12);
      bar.write32(8, 1);
      while (bar.read32(12) === before);
    };
    copy(lent.address, buffer.address + 4096);
    expect(buffer.bytes[4096]).toBe(42);
    copy(buffer.address + 4096, lent.address);
    lent.free();
    expect(own[0]).toBe(43);
    // What was given back, and what was never lent, is a bus error of the device's.
    copy(lent.address, buffer.address);
    copy(buffer.address + 8192, buffer.address);
    expect(buffer.bytes[0]).toBe(0);
    buffer.free();
    expect(device.dmaInUse()).toEqual([]);
    expect(events.filter(({ point }) => point === 'vfio-user.remote.connected')).toHaveLength(1);
  });
});

test("where only the socket's thread can send, everything works too", async () => {
  const { path } = await serve();
  const remote = await connectWith(threads.bundle('no-descriptor-fixture'), { path });
  open.push(remote);
  await new Promise((resolve) => { setTimeout(resolve, 20); });
  const { device } = remote;
  device.enable();
  const bar = device.mapBar(1);
  const block = Uint8Array.from({ length: 1 << 20 }, (_, i) => i % 249);
  bar.writeBlock(0, block);
  for (let i = 0; i < 500; i++) bar.write32(4 * i, i);
  expect([bar.read32(0), bar.read32(4 * 499), bar.read8(1 << 19)]).toEqual([0, 499, (1 << 19) % 249]);
  for (let i = 0; i < 200; i++) expect(bar.read32(4 * i)).toBe(i);
});

test('interrupt messages reach their handler, never inside an access', async () => {
  const { device } = await dial((await serve()).path);
  device.enable();
  device.setBusMaster(true);
  const bar = device.mapBar(0);
  const buffer = device.allocDma(4096, { label: 'a buffer' });
  let heard = 0;
  const line = device.enableInterrupts(() => heard++);
  expect(() => device.enableInterrupts(() => undefined)).toThrow(expect.objectContaining({ code: 'BUSY' }) as Error);
  bar.write32(0, buffer.address);
  bar.write32(4, buffer.address);
  bar.write32(8, 1);
  while (bar.read32(12) === 0);
  expect(heard).toBe(0);
  await eventually(() => heard === 1);
  line.disable();
  bar.write32(8, 1);
  while (bar.read32(12) === 1);
  await new Promise((resolve) => { setTimeout(resolve, 5); });
  expect(heard).toBe(1);
  buffer.free();
});

test('a reset leaves a configured device with its registers cleared', async () => {
  const { device } = await dial((await serve()).path);
  device.enable();
  const bar = device.mapBar(0);
  bar.write32(16, 7);
  const { start } = device.resources[0]!;
  device.reset();
  expect([bar.read32(16), device.readConfig(HEADER.bar0, 4)]).toEqual([0, start]);
});

test('what was posted has arrived when a connection is closed; the next one finds a clean device', async () => {
  const { path } = await serve();
  const first = await dial(path);
  first.device.enable();
  first.device.mapBar(0).write32(16, 7);
  await first.close();
  await first.close();
  expect([first.device.present, first.lost]).toEqual([false, undefined]);
  // The server may hear of the end some time after it.
  const second = await dial(path);
  second.device.enable();
  expect(second.device.mapBar(0).read32(16)).toBe(0);
});

test('a server that dies is a device that has left', async () => {
  const { path, kill } = await serve();
  const remote = await dial(path);
  const { device } = remote;
  device.enable();
  const bar = device.mapBar(0);
  const buffer = device.allocDma(4096, { label: 'a buffer' });
  await kill();
  bar.write32(16, 7);
  expect([bar.read32(16), bar.read8(1), device.readConfig(0, 2)]).toEqual([0xffff_ffff, 0xff, 0xffff]);
  bar.writeBlock(0, new Uint8Array(64));
  const block = new Uint8Array(8);
  bar.readBlock(0, block);
  expect([...block]).toEqual(new Array(8).fill(0xff));
  expect([device.present, remote.lost?.code]).toEqual([false, 'LOST']);
  expect(() => device.mapBar(0)).toThrow(expect.objectContaining({ code: 'NO_DEVICE' }) as Error);
  device.disable();
  device.setBusMaster(false);
  buffer.free();
  bar.unmap();
  expect(device.dmaInUse()).toEqual([]);
});

test('where nobody listens there is no device', async () => {
  await expect(dial(join(threads.folder, 'nobody'))).rejects.toMatchObject({ code: 'SOCKET' });
  await expect(dial('x'.repeat(200))).rejects.toMatchObject({ code: 'SOCKET' });
});

test('a second client is turned away with an error of its own', async () => {
  const { path } = await serve();
  await dial(path);
  await expect(dial(path)).rejects.toMatchObject({ code: 'REFUSED', message: expect.stringContaining('errno 16') as string });
});
