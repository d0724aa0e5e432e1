import { fc, test as property } from '@fast-check/vitest';
import { describe, expect, it } from 'vitest';

import { testGpu, type TestGpu } from './testing/test-gpu.ts';

// linux: drivers/gpu/drm/nouveau/nvkm/subdev/vfn/tu102.c
const LEAF = 0xb81000;
const EN_SET = 0xb81200;
const EN_CLEAR = 0xb81400;
const TOP = 0xb81600;
const TOP_SET = 0xb81608;
const TOP_CLEAR = 0xb81610;
const TRIGGER = 0xb81640;
const REARM = 0x088704;

const write = (test: TestGpu, address: number, value: number): void => { test.gpu.write(0, address, 4, value); };
const read = (test: TestGpu, address: number): number => test.gpu.read(0, address, 4);

describe('the interrupt tree', () => {
  it('goes through an interrupt as nouveau handles it', () => {
    const test = testGpu();
    write(test, EN_SET + 4 * 4, 1 << 27);
    write(test, TOP_SET, 0xf);
    write(test, TRIGGER, 155);
    expect(test.interrupts()).toBe(1);
    write(test, TOP_CLEAR, 0xf);
    write(test, REARM, 0);
    expect(read(test, TOP)).toBe(1 << 2);
    expect(read(test, LEAF + 4 * 4)).toBe(1 << 27);
    write(test, LEAF + 4 * 4, 1 << 27);
    write(test, TOP_SET, 0xf);
    expect([read(test, TOP), test.interrupts()]).toEqual([0, 1]);
    write(test, TRIGGER, 155);
    expect(test.interrupts()).toBe(2);
  });

  it('sends again what was not handled, when the top is enabled again or software re-arms', () => {
    const test = testGpu();
    write(test, EN_SET, 3);
    write(test, TOP_SET, 1);
    write(test, TRIGGER, 0);
    write(test, TRIGGER, 1);
    expect(test.interrupts()).toBe(1);
    write(test, REARM, 0);
    expect(test.interrupts()).toBe(2);
    write(test, TOP_CLEAR, 1);
    write(test, TOP_SET, 1);
    expect(test.interrupts()).toBe(3);
  });

  it('says nothing of vectors that are disabled, and drops those that it lacks', () => {
    const test = testGpu();
    write(test, TOP_SET, 0xffffffff);
    write(test, TRIGGER, 5);
    expect([read(test, LEAF), read(test, TOP), test.interrupts()]).toEqual([1 << 5, 0, 0]);
    write(test, TRIGGER, 256);
    write(test, TRIGGER, 0xfff);
    write(test, EN_SET, 1 << 5);
    expect([read(test, TOP), test.interrupts()]).toEqual([1, 1]);
  });

  const operation = fc.oneof(
    fc.record({ op: fc.constantFrom(LEAF, EN_SET, EN_CLEAR), leaf: fc.nat(7), value: fc.integer({ min: 0, max: 0xffffffff }) }),
    fc.record({ op: fc.constantFrom(TOP_SET, TOP_CLEAR), leaf: fc.constant(0), value: fc.integer({ min: 0, max: 0xffffffff }) }),
    fc.record({ op: fc.constant(TRIGGER), leaf: fc.constant(0), value: fc.nat(300) }),
  );
  property.prop([fc.array(operation, { maxLength: 40 })])('shows in its top what leaves and enables say, and sends on every change to pending', (operations) => {
    const test = testGpu();
    const pending = new Uint32Array(8);
    const enabled = new Uint32Array(8);
    let top = 0;
    let sent = 0;
    let raised = false;
    for (const { op, leaf, value } of operations) {
      write(test, op + 4 * leaf, value);
      if (op === LEAF) pending[leaf]! &= ~value;
      else if (op === EN_SET) enabled[leaf]! |= value;
      else if (op === EN_CLEAR) enabled[leaf]! &= ~value;
      else if (op === TOP_SET) top = (top | value) >>> 0;
      else if (op === TOP_CLEAR) top = (top & ~value) >>> 0;
      else if (value < 256) pending[value >>> 5]! |= 1 << (value & 31);
      let expected = 0;
      for (let i = 0; i < 8; i++) {
        if (pending[i]! & enabled[i]!) expected |= 1 << (i >>> 1);
        expect([read(test, LEAF + 4 * i), read(test, EN_SET + 4 * i), read(test, EN_CLEAR + 4 * i)]).toEqual([pending[i], enabled[i], enabled[i]]);
      }
      expect([read(test, TOP), read(test, TOP_SET)]).toEqual([expected, top]);
      const now = (expected & top) !== 0;
      if (now && !raised) sent++;
      raised = now;
      expect(test.interrupts()).toBe(sent);
    }
  });
});
