// QEMU as the server: its device for teaching, `edu`, behind `x-vfio-user-server`. QEMU must have been built with
// --enable-vfio-user-server, which distributions do not do; NOVA_QEMU names one that was.
// The device's registers: QEMU 11.1: docs/specs/edu.rst.
import { spawn, spawnSync, type ChildProcess } from 'node:child_process';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout } from 'node:timers/promises';

import { HEADER } from '@nova-stack/pci';
import { afterAll, beforeAll, expect, test } from 'vitest';

import { connectWith, type RemoteDevice } from './connect.ts';
import { Threads } from './thread-fixture.ts';

const QEMU = process.env['NOVA_QEMU'] ?? 'qemu-system-x86_64';
const EDU = { vendor: 0x1234, device: 0x11e8, identification: 0, liveness: 4, source: 0x80, destination: 0x88, count: 0x90, command: 0x98, buffer: 0x4_0000 } as const;
const COMMAND = { toDevice: 1, toMemory: 3 } as const;

/** Why QEMU cannot be the server here. */
function missing(): string | undefined {
  const { stdout, error } = spawnSync(QEMU, ['-machine', 'none', '-object', 'help'], { encoding: 'utf8', timeout: 20_000 });
  if (error) return `there is no ${QEMU} (NOVA_QEMU names another)`;
  return stdout.includes('x-vfio-user-server') ? undefined : `${QEMU} was built without x-vfio-user-server`;
}
const why = missing();
if (why !== undefined) console.warn(`QEMU as a vfio-user server: skipped, ${why}`);

const threads = new Threads();
let server: ChildProcess | undefined;
let remote: RemoteDevice | undefined;
beforeAll(async () => {
  if (why !== undefined) return;
  const path = join(threads.folder, 'edu.sock');
  server = spawn(QEMU, [
    '-machine', 'x-remote,vfio-user=on', '-nodefaults', '-display', 'none', '-device', 'edu,id=edu',
    '-object', JSON.stringify({ 'qom-type': 'x-vfio-user-server', id: 'server', device: 'edu', socket: { type: 'unix', path } }),
  ], { stdio: ['ignore', 'inherit', 'inherit'] });
  while (!existsSync(path) && server.exitCode === null) await setTimeout(10);
  // A server on libvfio-user cannot take a request while it waits for memory: nothing may be on its way then.
  remote = await connectWith(threads.bundle('worker'), { path, postedWrites: false });
}, 60_000);
afterAll(async () => {
  await remote?.close();
  server?.kill();
  await threads.remove();
});

test.skipIf(why !== undefined)("QEMU's device for teaching is enumerated, and its registers answer", () => {
  const { device } = remote!;
  expect([device.readConfig(HEADER.vendor, 2), device.readConfig(HEADER.device, 2)]).toEqual([EDU.vendor, EDU.device]);
  expect(device.resources).toMatchObject([{ index: 0, kind: 'mem32', size: 1 << 20 }]);
  device.enable();
  const bar = device.mapBar(0);
  expect(bar.read32(EDU.identification) & 0xff).toBe(0xed);
  bar.write32(EDU.liveness, 0x1234_5678);
  expect(bar.read32(EDU.liveness)).toBe(~0x1234_5678 >>> 0);
  bar.unmap();
});

test.skipIf(why !== undefined)('it copies memory that is lent to it', async () => {
  const { device } = remote!;
  device.enable();
  device.setBusMaster(true);
  device.setDmaMask(28);
  const bar = device.mapBar(0);
  const from = device.mapDma(Uint8Array.from({ length: 256 }, (_, i) => i), { label: 'from' });
  const to = device.allocDma(256, { label: 'to' });
  const move = async (source: number, destination: number, command: number): Promise<void> => {
    bar.write32(EDU.source, source);
    bar.write32(EDU.destination, destination);
    bar.write32(EDU.count, 256);
    bar.write32(EDU.command, command);
    // The device begins after 100 ms; until then, and while it copies, it is left alone.
    await setTimeout(1000);
    expect(bar.read32(EDU.command) & 1).toBe(0);
  };
  await move(from.address, EDU.buffer, COMMAND.toDevice);
  await move(EDU.buffer, to.address, COMMAND.toMemory);
  expect([...to.bytes]).toEqual([...from.bytes]);
  from.free();
  to.free();
  bar.unmap();
});
