import { describe, expect, test } from 'vitest';
import { driver, type Driver } from './testing/driver.ts';
import { VERSIONS, type Version } from './testing/formats.ts';

const MIB = 0x100000;
const CLIENT = 0xc1d00000;

async function suspended(version: Version): Promise<Driver> {
  const self = driver({ version, heapSize: 2 * MIB });
  await self.boot();
  await self.alloc(CLIENT, CLIENT, CLIENT, 0);
  await self.alloc(CLIENT, CLIENT, 1, 0x80);
  expect((await self.alloc(CLIENT, 1, 2, 0x90f1, self.rm.NV_VASPACE_ALLOCATION_PARAMETERS.create({ flags: 8 }))).status).toBe(0);
  expect((await self.end.call(47, self.rm.rpc_unloading_guest_driver_v.create({ bInPMTransition: true, newLevel: 3 }))).result).toBe(0);
  expect(self.hardware.mailboxes.gsp[0]).toBe(0x80000000);
  self.startBooterUnload(true);
  expect([self.hardware.mailboxes.sec2[0], self.hardware.wpr2()]).toEqual([0, undefined]);
  // The machine sleeps: the GPU loses what it had.
  self.hardware.port.deviceReset();
  self.hardware.fillVram(0, self.hardware.facts.vramSize, 0);
  return self;
}

describe.each(VERSIONS)('suspend and resume of %s', (version) => {
  test('objects, queues and handles are there again, without system info and registry', async () => {
    const self = await suspended(version);
    self.writeRmArguments(true);
    self.startBooterResume();
    expect([self.hardware.mailboxes.sec2[0], self.hardware.riscv.active]).toEqual([0, true]);
    expect(self.hardware.wpr2()).toEqual({ start: self.layout.wpr, end: self.layout.vga });
    // The same driver end goes on: pointers and sequence numbers are those of before.
    expect((await self.end.expect(0x1001)).result).toBe(0);
    expect((await self.alloc(CLIENT, 1, 2, 0x90f1, self.rm.NV_VASPACE_ALLOCATION_PARAMETERS.create())).status).toBe(0x19);
    const directory = self.rm.NV0080_CTRL_DMA_SET_PAGE_DIRECTORY_PARAMS.create({ physAddress: 0x1000n, numEntries: 4, hVASpace: 2 });
    expect((await self.control(CLIENT, 1, 0x801813, directory)).status).toBe(0);
    expect((await self.end.call(65, new Uint8Array(self.rm.GspStaticConfigInfo.size))).result).toBe(0);
  });
});

test('a driver that lays its queues out anew is met there', async () => {
  const self = await suspended('570.144');
  self.writeRmArguments(true);
  // The status queue's header is gone with the rest of the block.
  self.shared.fill(0, 0x41000);
  self.hardware.memory.fill(0x1030_0000 + 0x41000, 0x40000, 0);
  self.startBooterResume();
  self.hardware.advance(1_000_000_000);
  const header = new Uint8Array(0x20);
  self.hardware.memory.read(0x1030_0000 + 0x41000, header);
  expect(new DataView(header.buffer).getUint32(0x1c, true)).toBe(0x1000);
});

test('what was changed while it was put aside does not come back', async () => {
  const self = await suspended('570.144');
  self.writeRmArguments(true);
  self.hardware.memory.write(0x8000_0000 + 2 * MIB, Uint8Array.of(1));
  self.startBooterResume();
  expect([self.hardware.mailboxes.sec2[0], self.hardware.riscv.active, self.hardware.wpr2()]).toEqual([0x13, false, undefined]);
});

test('a resume without having asked for it, and the other way round, ends in a halted core', async () => {
  const resumed = await suspended('570.144');
  resumed.writeRmArguments(false);
  resumed.startBooterResume();
  resumed.hardware.advance(1_000_000_000);
  expect(resumed.hardware.riscv).toEqual({ active: false, halted: true });

  const fresh = driver();
  fresh.writeRmArguments(true);
  fresh.startFwsec(0x15);
  fresh.startBooterLoad();
  fresh.hardware.advance(1_000_000_000);
  expect(fresh.hardware.riscv).toEqual({ active: false, halted: true });
});

test('another release\'s booter does not wake it', async () => {
  const self = await suspended('570.144');
  self.writeRmArguments(true);
  self.startBooterResume('580.105.08');
  self.hardware.advance(1_000_000_000);
  expect(self.hardware.riscv).toEqual({ active: false, halted: true });
  expect(self.hardware.events.find(({ point }) => point === 'gsp-rm.start.failed')?.args['reason']).toContain('570.144');
});

test('tinygrad leaves with a level of its own and looks at nothing more', async () => {
  const self = driver();
  await self.boot();
  expect((await self.end.call(47, self.rm.rpc_unloading_guest_driver_v.create({ newLevel: 0x40 }))).result).toBe(0);
  expect(self.hardware.mailboxes.gsp[0]).toBe(0x80000000);
});
