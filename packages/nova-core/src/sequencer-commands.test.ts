import fc from 'fast-check';
import { describe, expect, it } from 'vitest';

import { NovaCoreError } from './errors.ts';
import { decodeSequence } from './sequencer-commands.ts';

const words = (...values: number[]): Uint8Array => new Uint8Array(new Uint32Array(values).buffer);

describe('decodeSequence', () => {
  it('decodes every opcode', () => {
    expect(decodeSequence(words(0, 0x100, 1, 1, 0x104, 2, 3, 2, 0x108, 4, 5, 6, 7, 3, 8, 4, 0x10c, 7, 5, 6, 7, 8))).toEqual([
      { op: 'write', address: 0x100, value: 1 },
      { op: 'modify', address: 0x104, mask: 2, value: 3 },
      { op: 'poll', address: 0x108, mask: 4, value: 5, timeout: 6, error: 7 },
      { op: 'delay', time: 8 },
      { op: 'store', address: 0x10c, index: 7 },
      { op: 'core-reset' }, { op: 'core-start' }, { op: 'core-wait-for-halt' }, { op: 'core-resume' },
    ]);
    expect(decodeSequence(new Uint8Array(0))).toEqual([]);
  });

  it.each([
    ['an unknown opcode', words(9)], ['a cut operand', words(0, 0x100)], ['a ragged buffer', new Uint8Array(3)],
    ['an odd register', words(0, 0x101, 0)], ['a ninth save slot', words(4, 0x100, 8)],
  ])('refuses %s', (_, bytes) => {
    expect(() => decodeSequence(bytes)).toThrow(expect.objectContaining({ code: 'SEQUENCER', step: 'sequencer' }));
  });

  it('throws nothing but its own error on arbitrary bytes', () => {
    fc.assert(fc.property(fc.uint8Array({ maxLength: 200 }), (bytes) => {
      try {
        decodeSequence(bytes);
      } catch (error) {
        if (!(error instanceof NovaCoreError)) throw error;
      }
    }));
  });
});
