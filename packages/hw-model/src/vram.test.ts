import { fc, test } from '@fast-check/vitest';
import { describe, expect, it } from 'vitest';

import { CHUNK, Vram } from './vram.ts';

const GiB = 2 ** 30;
/** Addresses around the places where something can go wrong. */
const SIZE = 3 * CHUNK + 0x1000;
const address = fc.oneof(fc.nat(SIZE - 1), fc.constantFrom(0, CHUNK - 3, CHUNK, 2 * CHUNK - 1, 3 * CHUNK, SIZE - 4));
const length = fc.oneof(fc.nat(64), fc.constantFrom(CHUNK, CHUNK + 1, 2 * CHUNK));

const command = fc.oneof(
  fc.record({ op: fc.constant('write' as const), address, bytes: fc.uint8Array({ maxLength: 64 }) }),
  fc.record({ op: fc.constant('fill' as const), address, length, byte: fc.constantFrom(0, 1, 0xff) }),
  fc.record({ op: fc.constant('span' as const), address, length: fc.integer({ min: 1, max: 2 * CHUNK }), byte: fc.nat(255) }),
  fc.record({ op: fc.constant('store' as const), address, size: fc.constantFrom(1 as const, 2 as const, 4 as const), value: fc.integer({ min: 0, max: 0xffffffff }) }),
);

describe('VRAM', () => {
  it('costs what was touched, whatever its size', () => {
    const vram = new Vram(48 * GiB);
    expect(vram.resident).toBe(0);
    vram.read(40 * GiB, new Uint8Array(4 * CHUNK));
    expect([vram.load(47 * GiB, 4), vram.resident]).toEqual([0, 0]);
    vram.write(47 * GiB, Uint8Array.of(1, 2, 3, 4));
    expect([vram.load(47 * GiB, 4), vram.load(47 * GiB + 2, 2), vram.load(47 * GiB + 1, 1)]).toEqual([0x04030201, 0x0403, 2]);
    expect(vram.resident).toBe(CHUNK);
  });

  it('gives whole chunks back when they are zeroed', () => {
    const vram = new Vram(48 * GiB);
    vram.fill(10 * GiB, 3 * CHUNK, 0xaa);
    vram.fill(0, 48 * GiB, 0);
    expect(vram.resident).toBe(0);
    vram.fill(10 * GiB, 2 * CHUNK, 0xaa);
    vram.fill(10 * GiB + 1, 2 * CHUNK - 1, 0);
    expect([vram.resident, vram.load(10 * GiB, 4)]).toEqual([CHUNK, 0xaa]);
  });

  it('gives its bytes away in place, up to the end of a chunk', () => {
    const vram = new Vram(GiB);
    const span = vram.span(CHUNK - 4, 100);
    expect(span.length).toBe(4);
    span.fill(7);
    expect(vram.load(CHUNK - 4, 4)).toBe(0x07070707);
  });

  it.each([[-1, 1], [GiB, 1], [GiB - 1, 2], [0.5, 1], [0, -1], [0, NaN]])('has nothing at %d, %d', (at, count) => {
    const vram = new Vram(GiB);
    expect(() => { vram.fill(at, count, 1); }).toThrow(RangeError);
    expect(() => vram.span(at, count)).toThrow(RangeError);
    expect(vram.resident).toBe(0);
  });

  test.prop([fc.array(command, { maxLength: 12 })], { numRuns: 50 })('is memory', (commands) => {
    let vram = new Vram(SIZE);
    const memory = new Uint8Array(SIZE);
    for (const one of commands) {
      if (one.op === 'write') {
        const bytes = one.bytes.subarray(0, SIZE - one.address);
        vram.write(one.address, bytes);
        memory.set(bytes, one.address);
      } else if (one.op === 'fill') {
        const end = Math.min(SIZE, one.address + one.length);
        vram.fill(one.address, end - one.address, one.byte);
        memory.fill(one.byte, one.address, end);
      } else if (one.op === 'span') {
        const span = vram.span(one.address, Math.min(one.length, SIZE - one.address));
        span.fill(one.byte);
        memory.fill(one.byte, one.address, one.address + span.length);
      } else {
        const at = one.address - (one.address % one.size);
        const value = one.size === 4 ? one.value : one.value % 2 ** (8 * one.size);
        vram.store(at, one.size, value);
        for (let i = 0; i < one.size; i++) memory[at + i] = value >>> (8 * i);
        expect(vram.load(at, one.size)).toBe(value);
      }
      const state = vram.state();
      vram = new Vram(SIZE);
      vram.restore(state);
    }
    const all = new Uint8Array(SIZE);
    vram.read(0, all);
    expect(Buffer.compare(all, memory)).toBe(0);
  });
});
