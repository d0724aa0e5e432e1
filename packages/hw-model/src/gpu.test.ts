import { serialize } from 'node:v8';

import { fc, test as property } from '@fast-check/vitest';
import type { PciFunction } from '@nova-stack/pci';
import { describe, expect, it } from 'vitest';

import { BOARDS, type Board } from './boards.ts';
import { createGpu } from './create-gpu.ts';
import { HwModelError } from './errors.ts';
import type { Gpu } from './gpu.ts';
import type { GpuState } from './gpu-state.ts';
import { testBoard, testGpu, type TestGpu } from './testing/test-gpu.ts';

const firmware = testGpu().firmware;
const MIRROR = 0x088000;

describe('the PCI function', () => {
  it.each([
    ['l40', 0x26b510de, 0x030200, 64 * 2 ** 30],
    ['rtx4090', 0x268410de, 0x030000, 256 * 2 ** 20],
  ] as const)('of %s has the ids and BARs that drivers look for', (name, id, classCode, bar1) => {
    const { gpu } = testGpu({ board: BOARDS[name] });
    expect(gpu.config.read(0, 4)).toBe(id);
    expect(gpu.config.read(8, 4)).toBe(((classCode << 8) | 0xa1) >>> 0);
    // linux: drivers/gpu/nova-core/gsp/fw/commands.rs sends the starts of BARs 0, 1 and 3 to the firmware.
    expect(gpu.bars.map(({ index, kind, size }) => [index, kind, size])).toEqual([[0, 'mem32', 0x1000000], [1, 'mem64', bar1], [3, 'mem64', 0x2000000]]);
    expect([gpu.config.capability(0x01), gpu.config.capability(0x05), gpu.config.capability(0x10)]).toEqual([0x60, 0x68, 0x78]);
  });

  it('shows configuration space in BAR0, with SR-IOV where firmware reads it', () => {
    const { gpu } = testGpu();
    for (let offset = 0; offset < 0x1000; offset += 4) {
      if (offset === 0x050 || offset === 0x41c || offset === 0x704) continue;
      expect(gpu.read(0, MIRROR + offset, 4), offset.toString(16)).toBe(gpu.config.read(offset, 4));
    }
    // open-gpu-kernel-modules 570.144: turing/tu102/dev_nv_xve.h (SRIOV_CAP_HDR3, HDR5)
    expect(gpu.read(0, MIRROR + 0xbd8, 4) >>> 16).toBe(32);
    expect(gpu.read(0, MIRROR + 0xbe0, 4) & 0xffff).toBe(4);
    // VF BAR0 has 32 bits, BAR1 and BAR2 64.
    expect([0xbf0, 0xbf4, 0xbfc].map((at) => gpu.read(0, MIRROR + at, 4) & 0xf)).toEqual([0, 0xc, 0xc]);
    gpu.write(0, MIRROR + 0x04, 2, 0x0006);
    expect(gpu.config.busMaster).toBe(true);
    expect(testGpu({ board: BOARDS.rtx4090 }).gpu.read(0, MIRROR + 0xbd8, 4)).toBe(0);
  });

  it('takes a function-level reset through the mirror', () => {
    const test = testGpu();
    test.gpu.write(0, 0x100c10, 4, 5);
    test.gpu.write(0, MIRROR + 0x78 + 8, 2, 0x8000);
    expect([test.gpu.read(0, 0x100c10, 4), test.firmware.calls]).toEqual([0, ['device reset']]);
  });

  it('has virtual functions as long as they are enabled, empty until firmware gives them memory', () => {
    const { gpu } = testGpu();
    const enable = (count: number): void => {
      gpu.config.write(0xbcc + 0x08, 2, 0);
      gpu.config.write(0xbcc + 0x10, 2, count);
      gpu.config.write(0xbcc + 0x08, 2, count > 0 ? 9 : 0);
    };
    expect(gpu.virtualFunctions!()).toEqual([]);
    enable(3);
    const [first] = gpu.virtualFunctions!();
    expect(gpu.virtualFunctions!().length).toBe(3);
    expect(gpu.virtualFunctions!()[0]).toBe(first);
    expect([first!.config.read(0, 4), first!.read(0, 0, 4), first!.read(1, 0, 1)]).toEqual([0xffffffff, 0xffffffff, 0xff]);
    enable(0);
    expect(gpu.virtualFunctions!()).toEqual([]);
  });

  it('shows a virtual function its own memory from 0 on, and nothing else', () => {
    const { gpu, firmware: { hardware } } = testGpu();
    const [MiB, ones] = [2 ** 20, 0xffff_ffff];
    gpu.config.write(0xbcc + 0x10, 2, 2);
    gpu.config.write(0xbcc + 0x08, 2, 9);
    const [one, two] = gpu.virtualFunctions!() as [PciFunction, PciFunction];
    hardware.setFunctionMemory(1, [{ start: 64 * MiB, size: 32 * MiB }, { start: 128 * MiB, size: 32 * MiB }]);
    hardware.setFunctionMemory(2, [{ start: 96 * MiB, size: 32 * MiB }]);
    one.write(1, 32 * MiB, 4, 0xcafe);
    two.writeBlock(1, 4, Uint8Array.of(1, 2));
    expect([gpu.peekVram(128 * MiB, 2), gpu.peekVram(96 * MiB + 4, 2), one.read(1, 4, 4)]).toEqual([Uint8Array.of(0xfe, 0xca), Uint8Array.of(1, 2), 0]);
    // Over the end of a range the block goes on in the next one, and behind the last there is nothing.
    one.writeBlock(1, 32 * MiB - 2, Uint8Array.of(5, 6, 7, 8));
    expect([gpu.peekVram(96 * MiB - 2, 4), gpu.peekVram(128 * MiB, 2)]).toEqual([Uint8Array.of(5, 6, 0, 0), Uint8Array.of(7, 8)]);
    two.write(1, 32 * MiB, 4, 1);
    expect([two.read(1, 32 * MiB, 4), one.read(1, 64 * MiB, 4), two.read(3, 4, 2)]).toEqual([ones, ones, 0x201]);
    // Which chip, and that a guest looks at it.
    expect([one.read(0, 0, 4), one.read(0, 0, 1), one.read(0, 4, 4), one.read(0, 0xa00, 4)]).toEqual([gpu.read(0, 0, 4), 0xa1, 0x2_0000, gpu.read(0, 0xa00, 4)]);
    expect(one.read(0, 0x110100, 4) >>> 16).toBe(0xbadf);
    one.write(0, 0x1_0010, 4, ones);
    one.write(0, 0x1_001c, 4, 0);
    expect([0x1_000c, 0x1_0010, 0x1_001c, 0x2_0000].map((at) => one.read(0, at, 4))).toEqual([1, 0xffff_fffc, 0, 0]);
    expect(two.read(0, 0x1_0010, 4)).toBe(0);
    const copy = testGpu();
    copy.gpu.restore(gpu.snapshot());
    expect([copy.gpu.virtualFunctions!()[0]!.read(1, 32 * MiB, 4), copy.gpu.virtualFunctions!()[0]!.read(0, 0x1_0010, 4)]).toEqual([0x0807, 0xffff_fffc]);
    one.reset('flr');
    expect([one.read(0, 0x1_0010, 4), one.read(0, 0x1_001c, 4)]).toEqual([0, 1]);
    expect(() => { hardware.setFunctionMemory(1, [{ start: 512 * MiB - 4096, size: 8192 }]); }).toThrow(RangeError);
    hardware.setFunctionMemory(1, []);
    expect([one.read(1, 0, 4), one.read(0, 0, 4)]).toEqual([ones, ones]);
    gpu.reset('hot');
    expect(two.read(1, 0, 4)).toBe(ones);
  });

  it('says of a virtual function where its messages are', () => {
    const { gpu } = testGpu();
    gpu.config.write(0xbcc + 0x10, 2, 1);
    gpu.config.write(0xbcc + 0x08, 2, 9);
    const { config } = gpu.virtualFunctions!()[0]!;
    expect([config.capability(0x11), config.capability(0x10), config.capability(0x05)]).toEqual([0x7c, 0x40, undefined]);
    expect([config.read(0x7e, 2), config.read(0x80, 4), config.read(0x84, 4)]).toEqual([5, 0x1_0000, 0x2_0000]);
  });

  it('passes doorbells on', () => {
    const test = testGpu();
    test.gpu.write(0, 0x110c00, 4, 0);
    test.gpu.write(0, 0x110c08, 4, 0);
    test.gpu.write(0, 0xb82200, 4, 65);
    expect(test.firmware.calls).toEqual(['doorbell 0', 'doorbell 1', 'vf 65']);
  });

  it('runs the firmware\'s timers in order of time', () => {
    const test = testGpu();
    const { hardware, calls } = test.firmware;
    hardware.arm({ at: 300, event: 'b', arg: 2 });
    hardware.arm({ at: 100, event: 'a', arg: 1 });
    hardware.arm({ at: 200, event: 'c', arg: 3 });
    hardware.disarm('c');
    expect(test.gpu.nextDue()).toBe(100);
    test.gpu.runDue(100);
    expect([calls, test.gpu.nextDue()]).toEqual([['timer a 1'], 300]);
    test.gpu.runDue(1000);
    expect([calls, test.gpu.nextDue()]).toEqual([['timer a 1', 'timer b 2'], undefined]);
  });

  it('keeps VRAM over a reset of the function, and loses it with power', () => {
    const test = testGpu();
    test.firmware.hardware.writeVram(0, Uint8Array.of(1));
    test.firmware.hardware.arm({ at: 5, event: 'x', arg: 0 });
    test.firmware.hardware.setWpr2(0x1000, 0x2000);
    test.gpu.reset('flr');
    expect([test.gpu.peekVram(0, 1)[0], test.gpu.nextDue(), test.gpu.read(0, 0x1fa828, 4)]).toEqual([1, undefined, 0]);
    test.gpu.reset('power-on');
    expect([test.gpu.peekVram(0, 1)[0], test.gpu.residentVram()]).toEqual([0, 0]);
  });
});

describe('createGpu', () => {
  const attempt = (change: object): (() => Gpu) => () => createGpu({ board: { ...testBoard, ...change }, firmware: () => firmware as never });
  it.each([
    ['a chip before the GSP', { chip: 'gm200' }, 'UNSUPPORTED_CHIP', 'Chip gm200 is not modelled'],
    ['a chip with a VBIOS but no version of it', { vbiosVersion: undefined }, 'BAD_BOARD', 'vbiosVersion is missing: ad102 has a VBIOS'],
    ['a chip that does not exist', { chip: 'toString' }, 'UNSUPPORTED_CHIP', 'Chip toString is not modelled'],
    ['too little VRAM', { vramSize: 2 ** 28 }, 'BAD_BOARD', 'vramSize is 268435456: expected 536870912 to 1099511627776, a multiple of 1048576'],
    ['a BAR1 that is no power of two', { bar1Size: 3 * 2 ** 30 }, 'BAD_BOARD', 'bar1Size is 3221225472: expected a power of two'],
    ['a BAR1 that is too small', { bar1Size: 2 ** 20 }, 'BAD_BOARD', 'bar1Size is 1048576: expected 67108864 to 549755813888'],
    ['a vector outside the tree', { vectors: { gsp: 256 } }, 'BAD_BOARD', 'vectors.gsp is 256: expected 0 to 255'],
    ['a fuse version that is no number', { fuses: { gspFwsec: NaN, sec2Booter: 0 } }, 'BAD_BOARD', 'fuses.gspFwsec is NaN'],
  ])('refuses %s', (_, change, code, message) => {
    try {
      attempt(change)();
      expect.unreachable();
    } catch (error) {
      expect(error).toBeInstanceOf(HwModelError);
      expect((error as HwModelError).code).toBe(code);
      expect((error as HwModelError).message).toContain(message);
    }
  });

  it('knows boards by name, and has all facts in one record', () => {
    const gpu = createGpu({ board: 'l40', firmware: () => firmware as never, seed: 7 });
    expect(gpu.facts).toMatchObject({ chip: 'ad102', chipId: 0x192, architecture: 'ada', productName: 'NVIDIA L40', vramSize: 48 * 2 ** 30 });
    expect(gpu.facts.uuid.length).toBe(16);
    expect(createGpu({ board: 'l40', firmware: () => firmware as never, seed: 7 }).facts).toEqual(gpu.facts);
    expect(createGpu({ board: 'l40', firmware: () => firmware as never, seed: 8 }).facts.uuid).not.toEqual(gpu.facts.uuid);
    // 142 SMs in pairs
    expect(gpu.facts.tpcMasks.reduce((count, mask) => count + mask.toString(2).replaceAll('0', '').length, 0)).toBe(71);
    expect(() => createGpu({ board: 'none' as never, firmware: () => firmware as never })).toThrow('There is no board of that name');
  });

  it('builds every chip that boots as AD102 does', () => {
    for (const [chip, id] of [['ga102', 0x172], ['ga107', 0x177], ['ad107', 0x197]] as const) {
      const { gpu } = testGpu({ board: { ...testBoard, chip } });
      expect(gpu.read(0, 0xa00, 4)).toBe(id * 2 ** 20 + 0xa1000);
    }
  });
});

/** Registers worth hitting, and anything at all. */
const interesting = [0x1700, 0x100c10, 0x110004, 0x110010, 0x110040, 0x110100, 0x11010c, 0x110114, 0x110118, 0x11011c, 0x110180, 0x110184, 0x1101c0, 0x1101c4, 0x1103c0,
  0x110600, 0x111668, 0x840100, 0x840118, 0xb80f40, 0xb81000, 0xb81010, 0xb81200, 0xb81210, 0xb81608, 0xb81640, 0x9400, 0x9410, 0x088004, 0x088010, 0x088704,
  0x088bd4, 0x700000, 0x7ffffc, 0x300000, 0x1fa824, 0x110c00, 0xb82200];
const offset = fc.oneof(fc.constantFrom(...interesting), fc.nat(0xffffff));
const access = fc.record({
  bar: fc.constantFrom(0, 0, 0, 1, 3), offset, size: fc.constantFrom(1 as const, 2 as const, 4 as const), write: fc.boolean(),
  value: fc.oneof(fc.constantFrom(0, 1, 2, 0x40, 0x600, 0x614, 0xffffffff), fc.integer({ min: 0, max: 0xffffffff })),
});
type Access = typeof access extends fc.Arbitrary<infer T> ? T : never;

function perform(test: TestGpu, { bar, offset: at, size, write, value }: Access): number {
  const place = Math.min(at - (at % size), (bar === 3 ? 0x2000000 : 0x1000000) - size);
  test.clock.now += 100;
  if (!write) return test.gpu.read(bar, place, size);
  test.gpu.write(bar, place, size, size === 4 ? value : value % 2 ** (8 * size));
  return 0;
}

describe('any driver', () => {
  property.prop([fc.array(access, { maxLength: 200 })], { numRuns: 200 })('may write anything anywhere, and reads numbers', (accesses) => {
    const test = testGpu();
    for (const one of accesses) {
      const value = perform(test, one);
      expect(Number.isInteger(value) && value >= 0 && value < 2 ** (8 * one.size)).toBe(true);
    }
    const block = new Uint8Array(64);
    for (const one of accesses.slice(0, 10)) {
      const at = Math.min(one.offset, 0x1000000 - 64);
      test.gpu.writeBlock(one.bar, at, block);
      test.gpu.readBlock(one.bar, at, block);
    }
  });
});

/** States are megabytes: compared as bytes. Only plain data can be written at all. */
const same = (a: GpuState, b: GpuState): boolean => serialize(structuredClone(a)).equals(serialize(structuredClone(b)));

describe('a snapshot', () => {
  property.prop([fc.array(access, { maxLength: 60 }), fc.array(access, { maxLength: 60 })], { numRuns: 30 })('goes on exactly as the original', (before, after) => {
    const original = testGpu();
    for (const one of before) perform(original, one);
    original.firmware.hardware.arm({ at: original.clock.now + 500, event: 'later', arg: 1 });
    const state = structuredClone(original.gpu.snapshot());
    const copy = testGpu();
    copy.clock.now = original.clock.now;
    copy.gpu.restore(state);
    expect(same(copy.gpu.snapshot(), original.gpu.snapshot())).toBe(true);
    for (const one of after) expect(perform(copy, one)).toBe(perform(original, one));
    for (const test of [original, copy]) test.gpu.runDue(test.clock.now + 1000);
    expect(same(copy.gpu.snapshot(), original.gpu.snapshot())).toBe(true);
    // What was taken did not change meanwhile.
    const third = testGpu();
    third.gpu.restore(state);
    expect(same(third.gpu.snapshot(), state)).toBe(true);
  });

  it('holds the virtual functions that exist', () => {
    const [one, two] = [testGpu(), testGpu()];
    one.gpu.config.write(0xbcc + 0x10, 2, 2);
    one.gpu.config.write(0xbcc + 0x08, 2, 9);
    one.gpu.virtualFunctions!()[1]!.config.write(4, 2, 4);
    two.gpu.restore(one.gpu.snapshot());
    expect(two.gpu.virtualFunctions!().map(({ config }) => config.busMaster)).toEqual([false, true]);
  });

  it.each([
    ['another board', (state: GpuState): GpuState => ({ ...state, board: 'ad102 10de:2684 24576 MiB' }), 'State is of ad102 10de:2684 24576 MiB: expected ad102 10de:26b5 512 MiB'],
    ['another time', (state: GpuState): GpuState => ({ ...state, version: 2 as never }), 'State has version 2: expected 1'],
  ])('of %s is refused', (_, change, message) => {
    const { gpu } = testGpu();
    const state = gpu.snapshot();
    expect(() => { gpu.restore(change(state)); }).toThrow(new HwModelError('BAD_STATE', message));
    expect(same(gpu.snapshot(), state)).toBe(true);
  });
});

// A board is data: this is how a user makes one of their own.
const twin: Board = { ...BOARDS.l40, productName: 'Two of them' };
it('lives beside others of its kind', () => {
  const [a, b] = [testGpu({ board: twin }), testGpu({ board: twin })];
  a.gpu.write(1, 0, 4, 1);
  expect(b.gpu.read(1, 0, 4)).toBe(0);
});
