import { CHIPS } from '@nova-stack/gpu-regs';
import { describe, expect, it } from 'vitest';

import { identify } from './chip.ts';
import { FlushPage } from './flush-page.ts';
import { waitForBoardFirmware } from './gfw.ts';
import { booterSignatureIndex, fuseVersion, fwsecSignatureIndex } from './signature.ts';
import { fakeDevice } from './testing/fake-device.ts';
import { readWpr2 } from './wpr2.ts';

describe('identify', () => {
  it('takes the chip from BOOT_42', () => {
    const device = fakeDevice();
    device.registers.set(0, 0x1920_00a1).set(0xa00, 0x192a_1000);
    expect(identify(device)).toEqual({ name: 'ad102', id: 0x192, revision: 'a1', family: CHIPS.ad102.family });
  });

  it('refuses chips before Fermi, unknown chips, and a device that is gone', () => {
    const device = fakeDevice();
    device.registers.set(0, 0x0500_00a1);
    expect(() => identify(device)).toThrow(expect.objectContaining({ code: 'NOT_SUPPORTED', step: 'identify' }));
    device.registers.set(0, 0x1920_00a1).set(0xa00, 0x1ff0_0000);
    expect(() => identify(device)).toThrow(/0x1ff is unknown/);
    device.remove();
    expect(() => identify(device)).toThrow(expect.objectContaining({ code: 'DEVICE_LOST' }));
  });
});

describe('waitForBoardFirmware', () => {
  it('does not read the progress before it may, and waits for 0xff', async () => {
    const device = fakeDevice();
    device.registers.set(0x118234, 0xff);
    let reads = 0;
    device.onRead = (offset) => {
      if (offset === 0x118128) return Number(++reads > 3);
      if (offset === 0x118234) expect(reads).toBeGreaterThan(3);
      return undefined;
    };
    await waitForBoardFirmware(device, CHIPS.ad102.family);
    expect(device.clock.now()).toBe(3e6);
  });

  it('gives up after 4 s', async () => {
    const device = fakeDevice();
    await expect(waitForBoardFirmware(device, CHIPS.ad102.family)).rejects.toMatchObject({ code: 'TIMEOUT', step: 'firmware-boot' });
    expect(device.clock.now()).toBe(4e9);
  });

  it.each([['gh100', 0x0200bc], ['gb100', 0x0200bc], ['gb202', 0xad00bc]] as const)('waits on %s for the whole of the FSP\'s status', async (chip, status) => {
    const device = fakeDevice();
    let reads = 0;
    device.onRead = (offset) => (offset === status ? [0, 0x1ff, 0xff][reads++] : undefined);
    await waitForBoardFirmware(device, CHIPS[chip].family);
    expect([reads, device.clock.now()]).toEqual([3, 20e6]);
    device.onRead = () => 0;
    await expect(waitForBoardFirmware(device, CHIPS[chip].family)).rejects.toMatchObject({ code: 'TIMEOUT', step: 'firmware-boot' });
  });
});

describe('FlushPage', () => {
  it('sets the high half first, and zeroes both when it is released', () => {
    const device = fakeDevice();
    const page = new FlushPage(device, CHIPS.ad102.family.flushPage);
    const { address } = [...device.live][0]!;
    expect(device.writes).toEqual([[0x100c40, Math.floor(address / 2 ** 40)], [0x100c10, Math.floor(address / 2 ** 8) % 2 ** 32]]);
    page.release();
    expect([device.registers.get(0x100c40), device.registers.get(0x100c10)]).toEqual([0, 0]);
    expect(device.live.size).toBe(0);
  });

  it('leaves another owner’s page alone, and frees its own all the same', () => {
    const device = fakeDevice();
    const page = new FlushPage(device, CHIPS.ad102.family.flushPage);
    device.registers.set(0x100c10, 0x1234);
    expect(() => page.release()).toThrow(expect.objectContaining({ code: 'TEARDOWN', step: 'flush-page-release' }));
    expect(device.registers.get(0x100c10)).toBe(0x1234);
    expect(device.live.size).toBe(0);
  });

  it('touches nothing of a device that is gone', () => {
    const device = fakeDevice();
    const page = new FlushPage(device, CHIPS.ad102.family.flushPage);
    device.remove();
    page.release();
    expect(device.live.size).toBe(0);
  });
});

describe('readWpr2', () => {
  it('decodes the worked example of a 24 GiB card', () => {
    const device = fakeDevice();
    device.registers.set(0x1fa824, 0x05ff_e000).set(0x1fa828, 0x05ff_f000);
    expect(readWpr2(device)).toEqual({ start: 0x5_ffe0_0000, size: 0x10_0000 });
  });

  it('is not set while the high half is zero, whatever the low half holds', () => {
    const device = fakeDevice();
    device.registers.set(0x1fa824, 0xffff_fff0);
    expect(readWpr2(device)).toBeUndefined();
  });
});

describe('signatures', () => {
  it('reads the fuse of the ucode’s engine', () => {
    const device = fakeDevice();
    device.registers.set(0x8241c0 + 4 * 8, 0b11).set(0x824140 + 4 * 2, 1).set(0x824100, 0xffff_0000);
    expect(fuseVersion(device, 'vbios', 0x400, 9)).toBe(2);
    expect(fuseVersion(device, 'vbios', 1, 3)).toBe(1);
    expect(fuseVersion(device, 'vbios', 4, 1)).toBe(0);
    expect(() => fuseVersion(device, 'vbios', 2, 1)).toThrow(expect.objectContaining({ code: 'SIGNATURE' }));
    expect(() => fuseVersion(device, 'vbios', 1, 17)).toThrow(/ucode 17/);
  });

  it('counts FWSEC signatures by the bitmap of versions', () => {
    expect(fwsecSignatureIndex('vbios', 0, 0b1, 1)).toBe(0);
    expect(fwsecSignatureIndex('vbios', 3, 0b1011, 3)).toBe(2);
    expect(() => fwsecSignatureIndex('vbios', 2, 0b1011, 3)).toThrow(/fuse version 2/);
    expect(() => fwsecSignatureIndex('vbios', 3, 0b1011, 2)).toThrow(expect.objectContaining({ code: 'SIGNATURE' }));
    expect(() => fwsecSignatureIndex('vbios', 0, 0b1, 0)).toThrow(/none of 0/);
  });

  it('takes the last booter signature for an unburnt fuse, else counts back from the file’s version', () => {
    expect(booterSignatureIndex('booter-load', 0, 1, 2)).toBe(1);
    expect(booterSignatureIndex('booter-load', 1, 1, 2)).toBe(0);
    expect(() => booterSignatureIndex('booter-load', 2, 1, 2)).toThrow(expect.objectContaining({ code: 'SIGNATURE', step: 'booter-load' }));
  });
});
