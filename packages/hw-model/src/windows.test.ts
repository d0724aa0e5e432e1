import { fc, test as property } from '@fast-check/vitest';
import { describe, expect, it } from 'vitest';

import { testBoard, testGpu, type TestGpu } from './testing/test-gpu.ts';

const WINDOW = 0x1700;
const PRAMIN = 0x700000;
const MiB = 2 ** 20;

/** PRAMIN shows the MiB around `address`; the offset of it there. */
function pramin(test: TestGpu, address: number): number {
  const base = Math.floor(address / 0x10000);
  test.gpu.write(0, WINDOW, 4, base);
  return PRAMIN + address - base * 0x10000;
}

describe('views of VRAM', () => {
  const size = fc.constantFrom(1 as const, 2 as const, 4 as const);
  const place = fc.record({ address: fc.nat(testBoard.vramSize - 64), size, value: fc.integer({ min: 0, max: 0xffffffff }) });

  property.prop([fc.array(place, { minLength: 1, maxLength: 10 })])('are one memory: PRAMIN, BAR1, BAR2 and the firmware', (writes) => {
    const test = testGpu();
    for (const [index, one] of writes.entries()) {
      const address = one.address - (one.address % one.size);
      const value = one.size === 4 ? one.value : one.value % 2 ** (8 * one.size);
      const bytes = Uint8Array.from({ length: one.size }, (_, i) => value >>> (8 * i));
      if (index % 3 === 0) test.gpu.write(0, pramin(test, address), one.size, value);
      else if (index % 3 === 1) test.gpu.write(1, address, one.size, value);
      else test.firmware.hardware.writeVram(address, bytes);
      const block = new Uint8Array(one.size);
      test.gpu.readBlock(1, address, block);
      expect(block).toEqual(bytes);
      expect(test.gpu.read(0, pramin(test, address), one.size)).toBe(value);
      expect(test.gpu.read(1, address, one.size)).toBe(value);
      if (address < 32 * MiB) expect(test.gpu.read(3, address, one.size)).toBe(value);
      expect(test.gpu.peekVram(address, one.size)).toEqual(bytes);
    }
  });

  property.prop([fc.nat(15 * 0x10000), fc.uint8Array({ minLength: 1, maxLength: 300 })])('takes blocks', (offset, bytes) => {
    const test = testGpu();
    test.gpu.write(0, WINDOW, 4, 0x100);
    test.gpu.writeBlock(0, PRAMIN + offset, bytes);
    const back = new Uint8Array(bytes.length);
    test.gpu.readBlock(1, 0x100_0000 + offset, back);
    expect(back).toEqual(bytes);
  });

  it('end where VRAM ends', () => {
    const test = testGpu();
    expect(test.gpu.read(1, testBoard.vramSize - 4, 4)).toBe(0);
    expect(test.gpu.read(1, testBoard.vramSize, 4)).toBe(0xffffffff);
    expect(test.gpu.read(1, testBoard.vramSize, 1)).toBe(0xff);
    test.gpu.write(1, testBoard.vramSize, 4, 1);
    test.gpu.write(0, WINDOW, 4, 0xffffff);
    expect(test.gpu.read(0, PRAMIN, 2)).toBe(0xffff);
    const block = new Uint8Array(8);
    test.gpu.readBlock(1, testBoard.vramSize - 4, block);
    expect(block).toEqual(new Uint8Array(8).fill(0xff));
    expect(test.events.map(({ args }) => [args['window'], args['why']])).toEqual([
      ['BAR1', 'outside'], ['BAR1', 'outside'], ['BAR1', 'outside'], ['PRAMIN', 'outside'], ['BAR1', 'outside'],
    ]);
    expect(test.gpu.residentVram()).toBe(0);
  });

  it('show nothing while they are to show something else than VRAM', () => {
    const test = testGpu();
    test.gpu.write(0, 0xb80f40, 4, 0x8000_0123);
    expect(test.gpu.read(1, 0, 4)).toBe(0xffffffff);
    expect(test.gpu.read(3, 0, 4)).toBe(0);
    // The same register by its older name
    expect(test.gpu.read(0, 0x1704, 4)).toBe(0x8000_0123);
    test.gpu.write(0, 0x1704, 4, 0);
    expect(test.gpu.read(1, 0, 4)).toBe(0);
    test.gpu.write(0, WINDOW, 4, 2 << 24);
    expect(test.gpu.read(0, PRAMIN, 4)).toBe(0xffffffff);
    expect(test.events.map(({ args }) => args['why'])).toEqual(['invalid-pde', 'untranslated']);
  });

  it('do not write into WPR2; firmware does', () => {
    const test = testGpu();
    const { hardware } = test.firmware;
    hardware.setWpr2(0x100_0000, 0x110_0000);
    test.gpu.write(1, 0x100_0000, 4, 1);
    test.gpu.write(0, pramin(test, 0x10f_fffc), 4, 1);
    test.gpu.writeBlock(1, 0x0ff_fff0, new Uint8Array(0x20).fill(1));
    expect(test.gpu.residentVram()).toBe(0);
    hardware.writeVram(0x100_0000, Uint8Array.of(9));
    test.gpu.write(1, 0x0ff_fffc, 4, 1);
    test.gpu.write(1, 0x110_0000, 4, 1);
    expect(test.gpu.read(1, 0x100_0000, 4)).toBe(9);
    hardware.clearWpr2();
    test.gpu.write(1, 0x100_0000, 4, 1);
    expect(test.gpu.read(1, 0x100_0000, 4)).toBe(1);
  });
});

describe('WPR2', () => {
  it('stands in its registers as drivers read it', () => {
    // The 24 GiB example of the framebuffer layout. Source: linux: drivers/gpu/nova-core/gsp/boot.rs
    const test = testGpu({ board: { ...testBoard, vramSize: 24 * 1024 * MiB } });
    test.firmware.hardware.setWpr2(0x5ffe00000, 0x5fff00000);
    expect([test.gpu.read(0, 0x1fa824, 4), test.gpu.read(0, 0x1fa828, 4)]).toEqual([0x05ffe000, 0x05fff000]);
    expect(test.firmware.hardware.wpr2()).toEqual({ start: 0x5ffe00000, end: 0x5fff00000 });
    test.firmware.hardware.clearWpr2();
    expect(test.gpu.read(0, 0x1fa828, 4)).toBe(0);
    expect(test.firmware.hardware.wpr2()).toBeUndefined();
  });

  it.each([[0x1001, 0x2000], [0x2000, 0x2000], [0, 2 ** 41], [-4096, 4096]])('cannot be %d to %d', (start, end) => {
    expect(() => { testGpu().firmware.hardware.setWpr2(start, end); }).toThrow(RangeError);
  });
});
