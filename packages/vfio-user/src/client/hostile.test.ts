import { join } from 'node:path';

import { createTrace, type TraceEvent } from '@nova-stack/trace';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';

import { message } from '../frames.ts';
import { COMMAND, FLAG, HEADER } from '../protocol.ts';
import { connectWith, type RemoteDevice } from './connect.ts';
import type { Script, Twist } from './scripted-server-fixture.ts';
import { Threads } from './thread-fixture.ts';

const threads = new Threads();
let worker = '';
let server = '';
beforeAll(() => {
  worker = threads.bundle('worker');
  server = threads.bundle('scripted-server-fixture');
});
const open: RemoteDevice[] = [];
afterEach(async () => {
  for (const one of open.splice(0)) await one.close();
  await threads.stop();
});
afterAll(async () => threads.remove());

let sockets = 0;
async function against(twists: readonly Twist[], timeout: number = 10_000, events: TraceEvent[] = []): Promise<RemoteDevice> {
  const script: Script = { path: join(threads.folder, `${sockets++}.sock`), twists };
  await threads.start(server, script);
  const remote = await connectWith(worker, { path: script.path, timeout, trace: createTrace({ now: () => 0, sinks: [(event) => void events.push(event)] }) });
  open.push(remote);
  return remote;
}

const text = (body: string): Uint8Array => Uint8Array.from([0, 0, 0, 0, ...new TextEncoder().encode(body), 0]);
const bytes = (size: number, words: Readonly<Record<number, number>>): Uint8Array => {
  const body = new Uint8Array(size);
  for (const [at, word] of Object.entries(words)) new DataView(body.buffer).setUint32(Number(at), word, true);
  return body;
};
const frame = (heading: { readonly command: number; readonly flags: number; readonly id?: number }, body: Uint8Array): Uint8Array => {
  const made = message({ id: 0, ...heading }, body.length);
  made.bytes.set(body, HEADER.size);
  return made.bytes;
};
const { version, deviceInfo, regionInfo, irqInfo, regionRead, regionWrite, dmaMap, dmaRead, dmaWrite } = COMMAND;

describe('what a server says about its device', () => {
  test.each<readonly [string, Twist, string]>([
    ['another version', { command: version, body: Uint8Array.from([1, 0, 0, 0, 123, 125, 0]) }, 'VERSION'],
    ['a newer version', { command: version, body: Uint8Array.from([0, 0, 9, 0, 123, 125, 0]) }, 'VERSION'],
    ['a version without a number', { command: version, body: Uint8Array.from([0]) }, 'PROTOCOL'],
    ['capabilities that are no JSON', { command: version, body: text('{"capab') }, 'PROTOCOL'],
    ['capabilities without a bottom', { command: version, body: text('['.repeat(100_000)) }, 'PROTOCOL'],
    ['no version', { command: version, errno: 22 }, 'REFUSED'],
    ['no PCI device', { command: deviceInfo, body: bytes(16, { 4: 1, 8: 9, 12: 5 }) }, 'DEVICE'],
    ['half an answer', { command: deviceInfo, body: bytes(8, {}) }, 'PROTOCOL'],
    ['too few regions', { command: deviceInfo, body: bytes(16, { 4: 2, 8: 7, 12: 5 }) }, 'PROTOCOL'],
    ['too many regions', { command: deviceInfo, body: bytes(16, { 4: 2, 8: 0xffff_ffff, 12: 5 }) }, 'PROTOCOL'],
    ['too many interrupts', { command: deviceInfo, body: bytes(16, { 4: 2, 8: 9, 12: 0x8000_0000 }) }, 'PROTOCOL'],
    ['another region than asked for', { command: regionInfo, body: bytes(32, { 8: 3 }) }, 'PROTOCOL'],
    ['a BAR of no power of two', { command: regionInfo, body: bytes(32, { 8: 0, 16: 5000 }) }, 'PROTOCOL'],
    ['a BAR beyond all bounds', { command: regionInfo, body: bytes(32, { 8: 0, 20: 0x8000_0000 }) }, 'PROTOCOL'],
    ['more vectors than there are', { command: irqInfo, body: bytes(16, { 8: 0, 12: 4000 }) }, 'PROTOCOL'],
    ['nothing', { command: regionInfo, how: 'silent' }, 'TIMEOUT'],
    ['the end', { command: regionInfo, from: 2, how: 'close' }, 'LOST'],
    ['a message shorter than its head', { command: deviceInfo, raw: bytes(16, { 4: 3 }) }, 'PROTOCOL'],
    ['a message longer than any', { command: deviceInfo, raw: bytes(16, { 4: 0xffff_ffff }) }, 'PROTOCOL'],
    ['an answer to something else', { command: deviceInfo, raw: frame({ id: 999, command: deviceInfo, flags: FLAG.reply }, bytes(16, {})) }, 'PROTOCOL'],
  ])('%s', async (_, twist, code) => {
    await expect(against([twist], code === 'TIMEOUT' ? 1000 : undefined)).rejects.toMatchObject({ name: 'VfioUserError', code });
  });
});

describe('a server that stops to be one', () => {
  test('an access that is not answered fails once; then the device has left', async () => {
    const remote = await against([{ command: regionRead, from: 20, how: 'silent' }], 1000);
    remote.device.enable();
    const bar = remote.device.mapBar(0);
    expect(() => { while (bar.read32(0) === 0); }).toThrow(expect.objectContaining({ name: 'VfioUserError', code: 'TIMEOUT' }) as Error);
    expect([bar.read32(0), remote.device.present, remote.lost?.code]).toEqual([0xffff_ffff, false, 'TIMEOUT']);
  });

  test.each([
    ['too many bytes', { body: new Uint8Array(64) }], ['too few bytes', { body: new Uint8Array(17) }], ['none', { body: new Uint8Array(0) }],
  ])('a read that is answered with %s', async (_, twist) => {
    const remote = await against([{ command: regionRead, from: 30, ...twist }]);
    remote.device.enable();
    const bar = remote.device.mapBar(0);
    expect(() => { while (bar.read32(0) === 0); }).toThrow(expect.objectContaining({ code: 'PROTOCOL' }) as Error);
    expect(remote.device.present).toBe(false);
  });

  test('one that does not read stops the caller after its time, not before its memory is full', async () => {
    const remote = await against([{ command: regionWrite, from: 12, how: 'deaf' }], 1000);
    remote.device.enable();
    const bar = remote.device.mapBar(0);
    const block = new Uint8Array(4096);
    expect(() => { for (let i = 0; i < 10_000; i++) bar.writeBlock(0, block); }).toThrow(expect.objectContaining({ code: 'TIMEOUT' }) as Error);
    expect(remote.device.present).toBe(false);
  });

  test('one that answers what wants no answer', async () => {
    const remote = await against([{ command: regionWrite, from: 8, raw: frame({ command: regionWrite, flags: FLAG.reply }, new Uint8Array(16)) }]);
    remote.device.enable();
    const bar = remote.device.mapBar(0);
    // Whatever the reply reaches first, the conversation is over.
    expect(() => { for (;;) { bar.write32(0, 1); if (bar.read32(0) === 0xffff_ffff) throw new Error('gone'); } }).toThrow();
    expect(remote.lost?.code).toBe('PROTOCOL');
  });
});

test('errors of single accesses are those of a bus', async () => {
  const events: TraceEvent[] = [];
  const { device } = await against([{ command: regionRead, from: 40, errno: 5 }, { command: dmaMap, errno: 28 }], undefined, events);
  device.enable();
  const bar = device.mapBar(0);
  while (bar.read32(0) === 0);
  expect([bar.read32(0), bar.read8(0), device.present]).toEqual([0xffff_ffff, 0xff, true]);
  expect(events.at(-1)).toMatchObject({ point: 'vfio-user.remote.error', args: { errno: 5, op: 'read' } });
  expect(() => device.allocDma(4096, { label: 'refused' })).toThrow(expect.objectContaining({ name: 'PciError', code: 'NO_MEMORY' }) as Error);
  expect(device.dmaInUse()).toEqual([]);
});

test('a server takes no more ranges than it said', async () => {
  const { device } = await against([{ command: version, body: text('{"capabilities":{"max_dma_maps":1}}') }]);
  const one = device.allocDma(4096, { label: 'one' });
  expect(() => device.allocDma(4096, { label: 'two' })).toThrow(expect.objectContaining({ code: 'NO_MEMORY' }) as Error);
  one.free();
  device.allocDma(4096, { label: 'three' }).free();
});

test('requests for what was not lent are refused, and told of without flooding', async () => {
  const access = (address: number, count: number): Uint8Array => bytes(16, { 0: address, 8: count });
  const bad = [
    frame({ command: dmaRead, flags: 0 }, access(0x1000, 4)),
    frame({ command: dmaRead, flags: 0 }, access(0x1000, 0xffff_ffff)),
    frame({ command: dmaRead, flags: 0 }, bytes(16, { 4: 0xffff_ffff, 8: 4 })),
    frame({ command: dmaRead, flags: 0 }, bytes(4, {})),
    frame({ command: dmaWrite, flags: FLAG.noReply }, access(0x1000, 64)),
    frame({ command: dmaMap, flags: 0 }, bytes(32, {})),
  ];
  const before = Buffer.concat(Array.from({ length: 500 }, () => bad).flat());
  const events: TraceEvent[] = [];
  const remote = await against([{ command: regionRead, from: 20, before }], undefined, events);
  remote.device.enable();
  const bar = remote.device.mapBar(0);
  for (let i = 0; i < 30; i++) expect(bar.read32(0)).toBe(0);
  await new Promise((resolve) => { setTimeout(resolve, 10); });
  expect(remote.device.present).toBe(true);
  const told = events.filter(({ point }) => point === 'vfio-user.remote.refused');
  expect(told.length).toBeGreaterThan(0);
  expect(told.length).toBeLessThan(100);
});
