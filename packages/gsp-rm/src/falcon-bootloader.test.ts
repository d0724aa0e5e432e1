import { FALCON_BOOTLOADER_ARGUMENTS } from '@nova-stack/gpu-regs';
import type { FalconStart } from '@nova-stack/hw-model/port';
import fc from 'fast-check';
import { describe, expect, it, test } from 'vitest';

import { createGspRm } from './gsp-rm.ts';
import { FakeHardware } from './testing/fake-hardware.ts';
import { fwsecDmem } from './testing/driver.ts';
import { blocksOf, falconBootloader, turingUcode } from './testing/synthetic.ts';

const TURING = { chip: 'tu102', architecture: 'turing', chipId: 0x162 } as const;
const REGION = { start: 0x1_0000_0000, size: 0x10_0000 };
const IMAGE = 0x200_0000;
type Arguments = Parameters<typeof FALCON_BOOTLOADER_ARGUMENTS.create>[0];

/** FWSEC in system memory. */
function fwsec(hardware: FakeHardware, change: (parts: { code: Uint8Array; dmem: Uint8Array }) => void = () => {}): { readonly args: Arguments } {
  const { dmem, interfaceOffset, patched } = fwsecDmem(0x15, REGION);
  const ucode = turingUcode({ kind: 'fwsec', imem: 0x400, dmem, chip: 'tu102', interfaceOffset, patched });
  change(ucode);
  hardware.memory.write(IMAGE, ucode.code);
  hardware.memory.write(IMAGE + ucode.code.length, ucode.dmem);
  return {
    args: {
      context: 4, codeBase: BigInt(IMAGE), nonSecureSize: ucode.secureAt, secureOffset: ucode.secureAt, secureSize: ucode.code.length - ucode.secureAt,
      dataBase: BigInt(IMAGE + ucode.code.length), dataSize: ucode.dmem.length,
    },
  };
}

/** What drivers leave in the falcon: the bootloader at the end of IMEM, its arguments at the start of DMEM. */
function bootloader(args: Arguments, chip = 'tu102'): Partial<FalconStart> {
  const imem = new Uint8Array(0x10000);
  imem.set(falconBootloader(chip), 0xfe00);
  const dmem = new Uint8Array(0x10000);
  dmem.set(FALCON_BOOTLOADER_ARGUMENTS.create(args));
  return { imem, dmem, loadedImem: blocksOf(0xfe00, 0x200, 0xfd, false), bootVector: 0xfd00, brom: undefined };
}

const reasons = (hardware: FakeHardware): unknown[] => hardware.events.filter(({ point }) => point === 'gsp-rm.ucode.refused').map(({ args }) => args['reason']);

describe('the bootloader of a Turing', () => {
  it('fetches FWSEC over itself, which then carries out its command', () => {
    const hardware = new FakeHardware(createGspRm(), TURING);
    const loaded = bootloader(fwsec(hardware).args);
    hardware.startFalcon('gsp', loaded);
    expect(hardware.wpr2()).toEqual({ start: REGION.start, end: REGION.start + REGION.size });
    expect([hardware.halted.gsp, hardware.mailboxes.gsp[0], hardware.scratch(0x1438)]).toEqual([true, 0, 0]);
    expect(String.fromCharCode(...loaded.imem!.subarray(0x100, 0x108))).toBe('NOVASYN1');
  });

  it('waits for memory without holding anything up, and stops with its engine', () => {
    const hardware = new FakeHardware(createGspRm(), TURING);
    hardware.deferJobs = true;
    hardware.startFalcon('gsp', bootloader(fwsec(hardware).args));
    expect([hardware.halted.gsp, hardware.wpr2()]).toEqual([false, undefined]);
    hardware.port.engineReset('gsp');
    hardware.runJobs();
    expect(hardware.wpr2()).toBeUndefined();
  });

  it.each([
    ['changed code', ({ code }: { code: Uint8Array }) => { code[0x180]! ^= 1; }, 'signature does not match'],
    ['changed data', ({ dmem }: { dmem: Uint8Array }) => { dmem[0x400]! ^= 1; }, 'signature does not match'],
    ['another signature', ({ dmem }: { dmem: Uint8Array }) => { dmem[0x200]! ^= 1; }, 'signature does not match'],
  ] as const)('does not make FWSEC run with %s', (_, change, reason) => {
    const hardware = new FakeHardware(createGspRm(), TURING);
    hardware.startFalcon('gsp', bootloader(fwsec(hardware, change).args));
    expect([hardware.wpr2(), hardware.halted.gsp, reasons(hardware)]).toEqual([undefined, true, [reason]]);
  });

  it.each([
    ['a context that is none', { context: 8 }, 'context 8 of the bootloader does not exist'],
    ['code between blocks', { secureOffset: 0x110 }, 'code of the bootloader is not aligned'],
    ['more than fits', { dataSize: 0x10100 }, 'dmem of the bootloader cannot be fetched'],
    ['an address that no bus has', { codeBase: 1n << 60n }, 'code or data of the bootloader lie where nothing can'],
    ['memory that is not there', { dataBase: 1n << 41n }, 'dmem of the bootloader cannot be fetched'],
  ])('refuses %s', (_, change, reason) => {
    const hardware = new FakeHardware(createGspRm(), TURING);
    const { args } = fwsec(hardware);
    hardware.startFalcon('gsp', bootloader({ ...args, ...change }));
    expect([hardware.wpr2(), hardware.halted.gsp, reasons(hardware)]).toEqual([undefined, true, [reason]]);
  });

  it('is known by what lies where the falcon starts', () => {
    const hardware = new FakeHardware(createGspRm(), TURING);
    const { args } = fwsec(hardware);
    for (const loaded of [bootloader(args, 'tu116'), { ...bootloader(args), bootVector: 0xfc00 }, { ...bootloader(args), brom: { algorithm: 1, ucodeId: 9, engineIdMask: 0x400, paraAddr: 0x600 } }]) {
      hardware.startFalcon('gsp', loaded);
      expect([hardware.wpr2(), hardware.halted.gsp]).toEqual([undefined, true]);
    }
  });

  test('arbitrary arguments never throw, and leave nothing behind', () => {
    fc.assert(fc.property(fc.uint8Array({ minLength: 84, maxLength: 84 }), fc.nat(9), (noise, context) => {
      const hardware = new FakeHardware(createGspRm(), TURING);
      const loaded = bootloader({});
      loaded.dmem!.set(noise);
      new DataView(loaded.dmem!.buffer).setUint32(0x20, context, true);
      hardware.startFalcon('gsp', loaded);
      expect([hardware.wpr2(), hardware.halted.gsp]).toEqual([undefined, true]);
    }), { numRuns: 200 });
  });
});

describe('booter of a Turing', () => {
  const load = (dmem: Uint8Array = new Uint8Array(0x6200), chip = 'tu102'): Partial<FalconStart> => {
    const ucode = turingUcode({ kind: 'booterLoad', imem: 0x8400, dmem, chip });
    const [imem, data] = [new Uint8Array(0x10000), new Uint8Array(0x10000)];
    imem.set(ucode.code);
    data.set(ucode.dmem);
    return { imem, dmem: data, loadedImem: [...blocksOf(0, 0x100, 0, false), ...blocksOf(0x100, 0x8400, 1, true)], brom: undefined };
  };

  it('runs with its signature in place, and looks at the metadata', () => {
    const hardware = new FakeHardware(createGspRm(), TURING);
    hardware.mailboxes.sec2 = [0x1000, 0];
    hardware.startFalcon('sec2', load());
    // All zero: no metadata.
    expect(hardware.mailboxes.sec2[0]).toBe(0x11);
  });

  it('does not run on another engine, for another chip, or changed', () => {
    const changed = load();
    changed.dmem![0]! ^= 1;
    for (const [engine, loaded, reason] of [['gsp', load(), 'booterLoad does not run on gsp'], ['sec2', load(undefined, 'tu116'), 'made for tu116'], ['sec2', changed, 'signature does not match']] as const) {
      const hardware = new FakeHardware(createGspRm(), TURING);
      hardware.mailboxes[engine] = [0x1000, 0];
      hardware.startFalcon(engine, loaded);
      expect([hardware.mailboxes[engine][0], hardware.halted[engine], reasons(hardware)]).toEqual([0x1000, true, [reason]]);
    }
  });
});
