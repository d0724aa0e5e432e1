import { describe, expect, test } from 'vitest';
import { GspStaticConfigInfo, NV2080_CTRL_GSP_GET_FEATURES_PARAMS } from './r570_144/layouts.ts';
import { text } from '@nova-stack/c-layout';
import { INTERNAL } from './resources/tree.ts';
import { driver } from './testing/driver.ts';

test('boots from FWSEC to INIT_DONE, answers, unloads, boots again', async () => {
  const self = driver();
  const { hardware, end, layout } = self;
  for (let round = 0; round < 2; round++) {
    self.startFwsec(0x15);
    expect(hardware.wpr2()).toEqual({ start: layout.frts, end: layout.frts + 0x100000 });
    self.startBooterLoad();
    expect(hardware.mailboxes.sec2[0]).toBe(0);
    expect(hardware.riscv).toEqual({ active: true, halted: false });
    expect(hardware.halted.sec2).toBe(true);
    expect(hardware.wpr2()).toEqual({ start: layout.wpr, end: layout.vga });
    if (round === 1) return;
    await self.sendSystemInfo();
    await self.sendRegistry();
    const sequencer = await end.expect(0x1002);
    expect(sequencer.payload.length).toBe(0x28 + 8);
    expect((await end.expect(0x1001)).result).toBe(0);
    expect(hardware.interrupts).toBeGreaterThan(0);

    const info = GspStaticConfigInfo.read((await end.call(65, new Uint8Array(GspStaticConfigInfo.size))).payload);
    expect(text(info.gpuNameString)).toBe('NVIDIA L40');
    expect(info.hInternalSubdevice).toBe(INTERNAL.subdevice);
    const region = info.fbRegionInfoParams.fbRegion[0]!;
    expect(Number(region.limit) + 1).toBeLessThanOrEqual(layout.nonWpr);

    const features = await self.control(INTERNAL.client, INTERNAL.subdevice, 0x20803601, new Uint8Array(72));
    expect(features.status).toBe(0);
    expect(text(NV2080_CTRL_GSP_GET_FEATURES_PARAMS.read(features.params).firmwareVersion)).toBe('570.144');
    expect((await self.control(INTERNAL.client, INTERNAL.subdevice, 0x2080ffff, new Uint8Array(0))).status).toBe(0x56);

    const reply = await end.call(47, new Uint8Array(8));
    expect(reply.payload.length).toBe(0);
    expect(hardware.mailboxes.gsp[0]).toBe(0x80000000);
    expect(hardware.riscv).toEqual({ active: false, halted: true });
    self.startFwsec(0x19);
    self.startBooterUnload();
    expect(hardware.mailboxes.sec2[0]).toBe(0);
    expect(hardware.wpr2()).toBeUndefined();
    end.close();
  }
});

test('commands that were queued before the core runs are consumed', async () => {
  const self = driver();
  await self.sendSystemInfo();
  await self.sendRegistry();
  self.startFwsec(0x15);
  self.startBooterLoad();
  await self.end.expect(0x1002);
  await self.end.expect(0x1001);
});

describe('what goes wrong stays visible', () => {
  test('a flipped bit in the image', () => {
    const self = driver({ change: ({ image }) => { image[0x8000]! ^= 1; } });
    self.startFwsec(0x15);
    self.startBooterLoad();
    expect(self.hardware.mailboxes.sec2[0]).not.toBe(0);
    expect(self.hardware.riscv.active).toBe(false);
  });
  test('a flipped bit in the bootloader', () => {
    const self = driver({ change: ({ bootloader }) => { bootloader[0x8000]! ^= 1; } });
    self.startFwsec(0x15);
    self.startBooterLoad();
    expect(self.hardware.mailboxes.sec2[0]).toBe(0x17);
  });
  test('WPR2 set already', () => {
    const self = driver();
    self.startFwsec(0x15);
    self.startFwsec(0x15);
    expect(self.hardware.scratch(0x1438) >>> 16).toBe(5);
  });
  test('metadata for another board, without FRTS, or of an unknown kind', () => {
    for (const [meta, error] of [[{ fbSize: 1n << 34n }, 0x14], [{ frtsOffset: 0n }, 0x14], [{ magic: 1n }, 0x11], [{ revision: 2n }, 0x12], [{ sysmemAddrOfRadix3Elf: 1n << 60n }, 0x16]] as const) {
      const self = driver({ meta });
      self.startFwsec(0x15);
      self.startBooterLoad();
      expect(self.hardware.mailboxes.sec2[0]).toBe(error);
      expect(self.hardware.halted.sec2).toBe(true);
    }
  });
  test('a system info of another release: an error log, no INIT_DONE', async () => {
    const self = driver();
    self.startFwsec(0x15);
    self.startBooterLoad();
    await self.end.send(72, new Uint8Array(0x298));
    await self.sendRegistry();
    await self.end.expect(0x1006);
    await expect(self.end.expect(0x1001, { bound: 100_000_000 })).rejects.toMatchObject({ code: 'TIMEOUT' });
  });
});

describe('fault plan', () => {
  test('FRTS, booter, RISC-V, INIT_DONE, checksum', async () => {
    const frts = driver();
    frts.hardware.faults.set('gsp-rm.fwsec.frts', { action: 'fail', value: 0x42 });
    frts.startFwsec(0x15);
    expect(frts.hardware.scratch(0x1438)).toBe(0x420000);
    expect(frts.hardware.wpr2()).toBeUndefined();

    const booter = driver();
    booter.hardware.faults.set('gsp-rm.booter.load', { action: 'fail', value: 0x31 });
    booter.startFwsec(0x15);
    booter.startBooterLoad();
    expect(booter.hardware.mailboxes.sec2[0]).toBe(0x31);

    const riscv = driver();
    riscv.hardware.faults.set('gsp-rm.riscv.start', { action: 'drop' });
    riscv.startFwsec(0x15);
    riscv.startBooterLoad();
    expect([riscv.hardware.mailboxes.sec2[0], riscv.hardware.riscv.active]).toEqual([0, false]);

    const drop = driver();
    drop.hardware.faults.set('gsp-rm.initDone', { action: 'drop' });
    await expect(drop.boot()).rejects.toMatchObject({ code: 'TIMEOUT' });

    const error = driver();
    error.hardware.faults.set('gsp-rm.initDone', { action: 'error', value: 0x65 });
    error.startFwsec(0x15);
    error.startBooterLoad();
    await error.sendSystemInfo();
    await error.sendRegistry();
    expect((await error.end.expect(0x1001)).result).toBe(0x65);

    const checksum = driver();
    checksum.hardware.faults.set('gsp-rm.rpc.checksum', { action: 'corrupt' });
    await expect(checksum.boot()).rejects.toMatchObject({ code: 'CHECKSUM' });
  });
});

describe('jobs that wait for their memory', () => {
  test('the same boot on a host that answers requests later', async () => {
    const self = driver();
    const { hardware, end } = self;
    hardware.deferJobs = true;
    self.startFwsec(0x15);
    self.startBooterLoad();
    expect([hardware.halted.sec2, hardware.riscv.active]).toEqual([false, false]);
    hardware.runJobs();
    expect([hardware.halted.sec2, hardware.riscv.active]).toEqual([true, true]);
    await self.sendSystemInfo();
    await self.sendRegistry();
    await end.expect(0x1001);
    const calls = [1, 2, 3].map(() => self.control(INTERNAL.client, INTERNAL.subdevice, 0x20803601, new Uint8Array(72)));
    expect((await Promise.all(calls)).map(({ status }) => status)).toEqual([0, 0, 0]);
  });

  test('a reset ends the job of its engine', () => {
    const self = driver();
    const { hardware } = self;
    hardware.deferJobs = true;
    self.startFwsec(0x15);
    self.startBooterLoad();
    hardware.port.engineReset('sec2');
    hardware.runJobs();
    expect([hardware.halted.sec2, hardware.riscv.active]).toEqual([false, false]);
  });
});

test('a snapshot restored between any two steps changes nothing', async () => {
  const run = async (restore: boolean): Promise<unknown> => {
    const self = driver();
    const { hardware, end } = self;
    const step = (): void => {
      if (!restore) return;
      const state = hardware.port.snapshot();
      // Nothing of the snapshot is shared with what runs on.
      hardware.port.restore(structuredClone(state));
      expect(hardware.port.snapshot()).toEqual(state);
    };
    self.startFwsec(0x15);
    step();
    self.startBooterLoad();
    step();
    await self.sendSystemInfo();
    step();
    await self.sendRegistry();
    step();
    await end.expect(0x1002);
    step();
    await end.expect(0x1001);
    step();
    const reply = await end.call(65, new Uint8Array(GspStaticConfigInfo.size));
    step();
    return { payload: reply.payload, time: hardware.time, events: hardware.events };
  };
  expect(await run(true)).toEqual(await run(false));
});

test('the model takes messages in any state without throwing', async () => {
  const self = driver();
  const { hardware } = self;
  for (const poke of [
    () => hardware.port.doorbell(0), () => hardware.port.doorbell(7), () => hardware.port.vfDoorbell(0xffffffff),
    () => hardware.port.timer('queues', 0), () => hardware.port.timer('initialise', 0), () => hardware.port.timer('retry', 0),
    () => hardware.port.timer('plugin.1', 1), () => hardware.port.timer('?', 1), () => hardware.startFalcon('gsp'), () => hardware.startFalcon('sec2'),
  ]) poke();
  await self.boot();
  self.hardware.port.deviceReset();
  await self.sendSystemInfo();
});
