import { CHIPS } from '@nova-stack/gpu-regs';
import { beforeEach, describe, expect, it } from 'vitest';

import { Falcon } from './falcon.ts';
import type { FwsecBootloader } from './fwsec-bootloader.ts';
import { prepareFwsec, requireNoWpr2, runFrts, runSb } from './fwsec.ts';
import { fakeDevice, type FakeDevice } from './testing/fake-device.ts';
import { FIXTURE_LAYOUT, romFixture } from './testing/rom-fixture.ts';
import { romOf } from './vbios/rom.ts';
import { readVbios } from './vbios/vbios.ts';

const B = 0x11_0000;
const FRTS = { start: 0x5_ffe0_0000, size: 0x10_0000 };
const { mapper, input, signature, imem } = FIXTURE_LAYOUT;

describe('FWSEC', () => {
  let device: FakeDevice;
  let gsp: Falcon;
  /** The image that was staged when the falcon was started. */
  let staged: Uint8Array | undefined;
  let outcome: { mailbox0: number; error: number; wpr2: { start: number; end: number } | undefined };

  beforeEach(() => {
    device = fakeDevice();
    gsp = new Falcon(device, 'gsp', CHIPS.ad102.family);
    outcome = { mailbox0: 0, error: 0, wpr2: { start: FRTS.start, end: FRTS.start + FRTS.size } };
    device.registers.set(B + 0xf4, 0x8000_0400).set(B + 0x118, 2);
    device.onWrite = (offset) => {
      if (offset === B + 0x118) device.registers.set(offset, 2);
      if (offset !== B + 0x100) return;
      staged = [...device.live][0]?.bytes.slice();
      device.registers.set(offset, 0x10).set(B + 0x40, outcome.mailbox0).set(0x1438, outcome.error * 0x1_0000);
      if (outcome.wpr2) device.registers.set(0x1fa824, outcome.wpr2.start / 0x100).set(0x1fa828, outcome.wpr2.end / 0x100);
    };
  });
  const prepared = (options = {}, bootloader?: FwsecBootloader) => prepareFwsec(device, readVbios(romOf(romFixture(options).rom)).fwsec, bootloader);

  it('runs FRTS with command, region and signature in place, and frees what it staged', async () => {
    device.registers.set(0x8241c0 + 32, 0b1);
    await runFrts(device, gsp, prepared({ signatures: 2 }), FRTS);
    const dmem = staged!.subarray(imem);
    const view = new DataView(dmem.buffer, dmem.byteOffset);
    expect(view.getUint32(mapper + 0x2c, true)).toBe(0x15);
    expect(view.getUint32(input + 0x20, true)).toBe(FRTS.start / 0x1000);
    expect(dmem.subarray(signature, signature + 384).every((byte) => byte === 0xa1)).toBe(true);
    expect(device.live.size).toBe(0);
    expect(device.events.map(({ point }) => point)).toContain('nova-core.wpr2.set');
  });

  it('leaves the ROM’s own bytes as they are', async () => {
    const fwsec = prepared();
    const before = fwsec.descriptor.ucode.slice();
    await runSb(device, gsp, fwsec);
    expect([...fwsec.descriptor.ucode]).toEqual([...before]);
  });

  it.each([
    ['a mailbox', { mailbox0: 0x31 }, 'FALCON_FAILED'],
    ['an error code', { error: 2 }, 'FALCON_FAILED'],
    ['no region', { wpr2: undefined }, 'WPR2_MISMATCH'],
    ['a region elsewhere', { wpr2: { start: 0x1000_0000, end: 0x2000_0000 } }, 'WPR2_MISMATCH'],
  ])('fails on %s, with nothing left behind', async (_, change, code) => {
    Object.assign(outcome, change);
    await expect(runFrts(device, gsp, prepared(), FRTS)).rejects.toMatchObject({ code, step: 'fwsec-frts' });
    expect(device.live.size).toBe(0);
  });

  it('refuses a GPU whose WPR2 is set, a fuse without signature, and ucode without any', () => {
    device.registers.set(0x1fa828, 0x10);
    expect(() => requireNoWpr2(device)).toThrow(expect.objectContaining({ code: 'WPR2_BUSY' }));
    device.registers.set(0x8241c0 + 32, 0b1);
    expect(() => prepared({ signatures: 1 })).toThrow(expect.objectContaining({ code: 'SIGNATURE' }));
    expect(() => prepared({ descriptorVersion: 2 })).toThrow(expect.objectContaining({ code: 'NOT_SUPPORTED' }));
    expect(() => prepared({}, { code: new Uint8Array(0x200), startTag: 0xfd })).toThrow(expect.objectContaining({ code: 'NOT_SUPPORTED' }));
  });

  it('is fetched by a bootloader on a Turing, which is told where it lies', async () => {
    const turing = new Falcon(device, 'gsp', CHIPS.tu102.family);
    const fwsec = prepared({ descriptorVersion: 2 }, { code: Uint8Array.from({ length: 0x1f0 }, () => 0xb1), startTag: 0xfd });
    let address = 0;
    const { onWrite } = device;
    device.onWrite = (offset, value) => {
      onWrite(offset, value);
      if (offset === B + 0x100) ({ address } = [...device.live][0]!);
    };
    await runFrts(device, turing, fwsec, FRTS);
    const writes = device.writes.filter(([offset]) => offset >= B + 0x104 && offset < B + 0x640);
    const code = writes.filter(([offset]) => offset === B + 0x184).map(([, value]) => value);
    expect([code.length, code[0], code.at(-1)]).toEqual([0x80, 0xb1b1_b1b1, 0]);
    expect(writes.filter(([offset]) => offset === B + 0x180 || offset === B + 0x188)).toEqual([[B + 0x180, 0x0100_fe00], [B + 0x188, 0xfd], [B + 0x188, 0xfe]]);
    const args = writes.filter(([offset]) => offset === B + 0x1c4).map(([, value]) => value);
    const { nonSecureImem, secureImem, dmem } = fwsec.descriptor;
    // linux: drivers/gpu/nova-core/firmware/fwsec/bootloader.rs (BootloaderDmemDescV2)
    expect(args).toEqual([
      0, 0, 0, 0, 0, 0, 0, 0, 4, address % 2 ** 32, Math.floor(address / 2 ** 32), nonSecureImem!.destination, nonSecureImem!.length, secureImem.destination, secureImem.length, 0,
      (address + dmem.source) % 2 ** 32, Math.floor((address + dmem.source) / 2 ** 32), dmem.length, 0, 0,
    ]);
    expect(writes.filter(([offset]) => offset === B + 0x104 || offset === B + 0x610)).toEqual([[B + 0x104, 0xfd00], [B + 0x610, 5]]);
    const patched = staged!.subarray(dmem.source);
    expect(new DataView(patched.buffer, patched.byteOffset).getUint32(mapper + 0x2c, true)).toBe(0x15);
    expect(device.live.size).toBe(0);
  });
});
