/**
 * Private memory for one record: what lies in shared memory is copied here once, then judged, then handed on, so that a peer cannot
 * change what was checked. Sending sums its payload here.
 *
 * There is one for the whole module, and whoever uses it is done before anybody else runs.
 */
import { SHARED_MEMORY } from './shared-memory.ts';

export interface Stage {
  readonly words: Int32Array;
  /** The same memory as bytes. */
  readonly bytes: Uint8Array;
  /** XOR of the words of the first `length` bytes; of the last word, what lies past them is left out. */
  sum(length: number): number;
  /** Copies `length` bytes from word `at` of `from` to word `to`, up to the end of the last word; XOR of these bytes. */
  copyIn(from: Int32Array, at: number, to: number, length: number): number;
  /** Copies the words `[first, end)` to word `at` of `into`; their XOR. */
  copyOut(first: number, end: number, into: Int32Array, at: number): number;
}

// A constant of a function that runs once: V8 compiles its address and length into the code, which halves the time of a sum. One of the
// module would not do, for bundlers make variables of those.
function createStage(): Stage {
  const words = new Int32Array(SHARED_MEMORY.elementEntries * SHARED_MEMORY.entrySize / 4);
  const bytes = new Uint8Array(words.buffer);

  function sum(length: number): number {
    const whole = length >>> 2;
    let a = 0;
    let b = 0;
    let i = 0;
    for (const last = whole - 7; i < last; i += 8) {
      a ^= words[i]! ^ words[i + 1]! ^ words[i + 2]! ^ words[i + 3]!;
      b ^= words[i + 4]! ^ words[i + 5]! ^ words[i + 6]! ^ words[i + 7]!;
    }
    for (; i < whole; i++) a ^= words[i]!;
    const tail = length & 3;
    if (tail !== 0) a ^= words[whole]! & ((1 << (tail * 8)) - 1);
    return a ^ b;
  }

  function copyIn(from: Int32Array, at: number, to: number, length: number): number {
    const whole = length >>> 2;
    let all = 0;
    let i = 0;
    for (const last = whole - 3; i < last; i += 4) {
      const a = from[at + i]!;
      const b = from[at + i + 1]!;
      const c = from[at + i + 2]!;
      const d = from[at + i + 3]!;
      words[to + i] = a;
      words[to + i + 1] = b;
      words[to + i + 2] = c;
      words[to + i + 3] = d;
      all ^= a ^ b ^ c ^ d;
    }
    for (; i < whole; i++) {
      const word = from[at + i]!;
      words[to + i] = word;
      all ^= word;
    }
    const tail = length & 3;
    if (tail === 0) return all;
    const word = from[at + whole]!;
    words[to + whole] = word;
    return all ^ (word & ((1 << (tail * 8)) - 1));
  }

  function copyOut(first: number, end: number, into: Int32Array, at: number): number {
    let all = 0;
    let i = first;
    let to = at;
    for (const last = end - 3; i < last; i += 4, to += 4) {
      const a = words[i]!;
      const b = words[i + 1]!;
      const c = words[i + 2]!;
      const d = words[i + 3]!;
      into[to] = a;
      into[to + 1] = b;
      into[to + 2] = c;
      into[to + 3] = d;
      all ^= a ^ b ^ c ^ d;
    }
    for (; i < end; i++, to++) {
      const word = words[i]!;
      into[to] = word;
      all ^= word;
    }
    return all;
  }

  return { words, bytes, sum, copyIn, copyOut };
}

export const STAGE: Stage = createStage();
