import { describe, expect, it } from 'vitest';

import { testGpu } from './testing/test-gpu.ts';

const LOW = 0x9400;
const HIGH = 0x9410;

describe('PTIMER', () => {
  it('counts nanoseconds in steps of 32, from the first read on', () => {
    const test = testGpu();
    test.clock.now = 0x3_0000_0047;
    expect([test.gpu.read(0, HIGH, 4), test.gpu.read(0, LOW, 4)]).toEqual([3, 0x40]);
    expect([test.gpu.read(0, 0xbb0084, 4), test.gpu.read(0, 0xbb0080, 4)]).toEqual([3, 0x40]);
    test.clock.now += 100;
    expect(test.gpu.read(0, LOW, 4)).toBe(0xa0);
  });

  it('goes on from the time that software sets, as nouveau does', () => {
    const test = testGpu();
    test.gpu.write(0, HIGH, 4, 0x12);
    test.gpu.write(0, LOW, 4, 0xffff_ffe0);
    expect([test.gpu.read(0, HIGH, 4), test.gpu.read(0, LOW, 4)]).toEqual([0x12, 0xffff_ffe0]);
    test.clock.now += 64;
    expect([test.gpu.read(0, HIGH, 4), test.gpu.read(0, LOW, 4)]).toEqual([0x13, 0x20]);
    test.gpu.reset('flr');
    test.clock.now = 0x20;
    expect([test.gpu.read(0, HIGH, 4), test.gpu.read(0, LOW, 4)]).toEqual([0, 0x20]);
  });
});
