import { CHIPS } from '@nova-stack/gpu-regs';
import { describe, expect, it } from 'vitest';

import { Falcon, type FalconUcode } from './falcon.ts';
import { fakeDevice, type FakeDevice } from './testing/fake-device.ts';

const B = 0x11_0000;

/** Just enough of a falcon: resets at once, halts when started. */
function falconDevice(): FakeDevice {
  const device = fakeDevice();
  device.registers.set(0, 0x1920_00a1);
  device.registers.set(B + 0xf4, 0x8000_0400);
  device.registers.set(B + 0x100, 0x10);
  device.registers.set(B + 0x118, 0x2);
  device.onWrite = (offset) => {
    if (offset === B + 0x118) device.registers.set(offset, 0x2);
    if (offset === B + 0x100) device.registers.set(offset, 0x10);
  };
  return device;
}

const ucode: FalconUcode = {
  name: 'test',
  image: { address: 0x1_2345_6700_0000 / 4, bytes: new Uint8Array(0) },
  imem: { source: 0x100, destination: 0, length: 0x200 },
  dmem: { source: 0x300, destination: 0x40, length: 0x180 },
  bootVector: 0x100,
  brom: { signatureOffset: 0x10, engineMask: 0x400, ucodeId: 9 },
};

describe('Falcon', () => {
  it('resets in the order of the hardware: pulse, scrubbing, core selection, RM', async () => {
    const device = falconDevice();
    device.registers.set(B + 0x1668, 0x10);
    const { onWrite } = device;
    device.onWrite = (offset, value) => {
      onWrite(offset, value);
      if (offset === B + 0x1668) device.registers.set(offset, 1);
    };
    await new Falcon(device, 'gsp', CHIPS.ad102.family).reset('gsp-reset');
    expect(device.writes).toEqual([[B + 0x3c0, 1], [B + 0x3c0, 0], [B + 0x1668, 0], [B + 0x84, 0x1920_00a1]]);
    expect(device.clock.now()).toBeGreaterThanOrEqual(10_000);
  });

  it('goes on when readiness never shows, and gives up when scrubbing never ends', async () => {
    const device = falconDevice();
    device.registers.set(B + 0xf4, 0);
    await new Falcon(device, 'gsp', CHIPS.ad102.family).reset('gsp-reset');
    device.registers.set(B + 0xf4, 1 << 12);
    await expect(new Falcon(device, 'gsp', CHIPS.ad102.family).reset('gsp-reset')).rejects.toMatchObject({ code: 'TIMEOUT', step: 'gsp-reset', detail: { bound: 20e6 } });
  });

  it('loads by DMA: tags follow the image for code, data folds its offset into the base', async () => {
    const device = falconDevice();
    await new Falcon(device, 'gsp', CHIPS.ad102.family).load('booter-load', ucode);
    const { address } = ucode.image;
    const low = (at: number): number => Math.floor(at / 0x100) >>> 0;
    const high = Math.floor(address / 2 ** 40);
    expect(device.writes).toEqual([
      [B + 0x624, 0x80], [B + 0x10c, 0], [B + 0x600, 5],
      [B + 0x110, low(address)], [B + 0x128, high],
      [B + 0x114, 0], [B + 0x11c, 0x100], [B + 0x118, 0x614],
      [B + 0x114, 0x100], [B + 0x11c, 0x200], [B + 0x118, 0x614],
      [B + 0x110, low(address + 0x300)], [B + 0x128, high],
      [B + 0x114, 0x40], [B + 0x11c, 0], [B + 0x118, 0x600],
      [B + 0x114, 0x140], [B + 0x11c, 0x100], [B + 0x118, 0x600],
      [B + 0x1210, 0x10], [B + 0x119c, 0x400], [B + 0x1198, 9], [B + 0x1180, 1],
      [B + 0x104, 0x100],
    ]);
  });

  describe('of a Turing', () => {
    const turing = (device: FakeDevice): Falcon => new Falcon(device, 'gsp', CHIPS.tu102.family);

    it('is reset by a pulse alone, and tells in DMACTL when its memories are clear', async () => {
      const device = falconDevice();
      device.registers.set(B + 0xf4, 0x400);
      await turing(device).reset('gsp-reset');
      expect(device.writes).toEqual([[B + 0x3c0, 1], [B + 0x3c0, 0], [B + 0x84, 0x1920_00a1]]);
      for (const scrubbing of [2, 4]) {
        device.registers.set(B + 0x10c, scrubbing);
        await expect(turing(device).reset('gsp-reset')).rejects.toMatchObject({ code: 'TIMEOUT', detail: { bound: 10e6 } });
      }
    });

    it('is loaded through its ports, code in whole blocks with their tags', async () => {
      const device = falconDevice();
      const bytes = Uint8Array.from({ length: 0x308 }, (_, i) => i >>> 2);
      await turing(device).load('booter-load', {
        name: 'test', image: { address: 0, bytes }, bootVector: 0, brom: undefined,
        nonSecureImem: { source: 0, destination: 0, length: 0x100 }, imem: { source: 0x100, destination: 0x300, length: 0x200 }, dmem: { source: 0x300, destination: 0x40, length: 8 },
      });
      const block = (first: number): (readonly [number, number])[] => Array.from({ length: 64 }, (_, i) => [B + 0x184, ((first + i) & 0xff) * 0x0101_0101] as const);
      expect(device.writes).toEqual([
        [B + 0x624, 0x80], [B + 0x10c, 0],
        [B + 0x180, 0x0100_0000], [B + 0x188, 0], ...block(0),
        [B + 0x180, 0x1100_0300], [B + 0x188, 3], ...block(0x40), [B + 0x188, 4], ...block(0x80),
        [B + 0x1c0, 0x0100_0040], [B + 0x1c4, 0xc0c0_c0c0], [B + 0x1c4, 0xc1c1_c1c1],
        [B + 0x104, 0],
      ]);
    });
  });

  it('starts through the alias where that is enabled, and answers both mailboxes', async () => {
    const device = falconDevice();
    const falcon = new Falcon(device, 'gsp', CHIPS.ad102.family);
    expect(await falcon.run('fwsec-frts', { mailbox0: 1, mailbox1: 0xffff_ffff })).toEqual({ mailbox0: 1, mailbox1: 0xffff_ffff });
    expect(device.writes.at(-1)).toEqual([B + 0x100, 2]);
    device.registers.set(B + 0x100, 0x50);
    falcon.start();
    expect(device.writes.at(-1)).toEqual([B + 0x130, 2]);
  });

  it('waits 2 s for a halt, and not a moment for a device that is gone', async () => {
    const device = falconDevice();
    device.onWrite = () => {};
    device.registers.set(B + 0x100, 0);
    const falcon = new Falcon(device, 'gsp', CHIPS.ad102.family);
    await expect(falcon.halted('fwsec-frts')).rejects.toMatchObject({ code: 'TIMEOUT', step: 'fwsec-frts' });
    expect(device.clock.now()).toBe(2e9);
    device.remove();
    await expect(falcon.halted('fwsec-frts')).rejects.toMatchObject({ code: 'DEVICE_LOST' });
    expect(device.clock.now()).toBe(2e9);
  });
});
