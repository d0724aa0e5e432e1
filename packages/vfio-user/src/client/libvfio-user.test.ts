// The library that most servers are made with, as the judge of this client: https://github.com/nutanix/libvfio-user.
// NOVA_LIBVFIO_USER names its source tree; CPATH and LIBRARY_PATH may say where json-c is, which it needs.
import { execFileSync, spawn, type ChildProcess } from 'node:child_process';
import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';

import { HEADER } from '@nova-stack/pci';
import { afterAll, beforeAll, expect, test } from 'vitest';

import { connectWith, type RemoteDevice } from './connect.ts';
import { Threads } from './thread-fixture.ts';

const TREE = process.env['NOVA_LIBVFIO_USER'];
if (TREE === undefined) console.warn('a server made with libvfio-user: skipped, NOVA_LIBVFIO_USER names no source tree of it');
const here = test.skipIf(TREE === undefined);

const threads = new Threads();
let server: ChildProcess | undefined;
let remote: RemoteDevice | undefined;
beforeAll(async () => {
  if (TREE === undefined) return;
  const [program, path] = [join(threads.folder, 'device'), join(threads.folder, 'device.sock')];
  const sources = readdirSync(join(TREE, 'lib')).filter((name) => name.endsWith('.c')).map((name) => join(TREE, 'lib', name));
  execFileSync('cc', [
    '-O1', '-w', '-D_GNU_SOURCE', '-include', 'stdbool.h', `-I${join(TREE, 'include')}`, `-I${join(TREE, 'lib')}`,
    fileURLToPath(new URL('libvfio-user-fixture.c', import.meta.url)), ...sources, '-o', program, '-l:libjson-c.so.5', '-lpthread',
  ], { stdio: 'inherit' });
  server = spawn(program, [path], { stdio: ['ignore', 'inherit', 'inherit'] });
  while (!existsSync(path) && server.exitCode === null) await setTimeout(10);
  // It cannot take a request while it waits for memory: nothing may be on its way then.
  remote = await connectWith(threads.bundle('worker'), { path, postedWrites: false });
}, 60_000);
afterAll(async () => {
  await remote?.close();
  server?.kill();
  await threads.remove();
});

here('its device is enumerated, and its registers keep what is written, of every size and in blocks', () => {
  const { device, interrupts } = remote!;
  expect([device.readConfig(HEADER.vendor, 2), device.readConfig(HEADER.device, 2), device.readConfig(HEADER.baseClass, 1)]).toEqual([0x1234, 0x5679, 0x12]);
  expect(device.resources).toMatchObject([{ index: 0, kind: 'mem32', size: 4096 }]);
  expect(interrupts).toEqual({ intx: 1, msi: 0, msix: 0 });
  device.enable();
  const bar = device.mapBar(0);
  bar.write32(64, 0x1234_5678);
  bar.write8(65, 0xab);
  bar.write16(66, 0xcdef);
  expect([bar.read32(64), bar.read8(65), bar.read16(66)]).toEqual([0xcdef_ab78, 0xab, 0xcdef]);
  const block = Uint8Array.from({ length: 2048 }, (_, i) => i % 251);
  bar.writeBlock(2048, block);
  const back = new Uint8Array(2048);
  bar.readBlock(2048, back);
  expect([...back]).toEqual([...block]);
  bar.unmap();
});

here('it reaches memory that is lent to it, and no other', () => {
  const { device } = remote!;
  device.enable();
  device.setBusMaster(true);
  const bar = device.mapBar(0);
  bar.write32(12, 0);
  const own = Uint8Array.of(41, 0, 0, 0);
  const [from, to] = [device.mapDma(own, { label: 'from' }), device.allocDma(4096, { label: 'to' })];
  const copy = (source: number, destination: number): readonly number[] => {
    bar.write32(0, source);
    bar.write32(4, destination);
    bar.write32(8, 1);
    return [bar.read32(12), bar.read32(16)];
  };
  expect(copy(from.address, to.address + 8)).toEqual([1, 0]);
  expect(to.bytes[8]).toBe(42);
  expect(copy(to.address + 8, from.address)).toEqual([2, 0]);
  from.free();
  expect(own[0]).toBe(43);
  expect(copy(from.address, to.address)).toEqual([2, 1]);
  expect(to.bytes[0]).toBe(0);
  to.free();
  expect(device.dmaInUse()).toEqual([]);
  device.reset();
  expect(bar.read32(12)).toBe(0);
  bar.unmap();
});
