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
  /** Copies a short run of words from `from` at word `at`, less than calling a copy costs, and sums its first `length` bytes on the way. */
  copyShort(from: Int32Array, at: number, length: number): number;
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

  function copyShort(from: Int32Array, at: number, length: number): number {
    const whole = length >>> 2;
    let all = 0;
    for (let i = 0; i < whole; i++) {
      const word = from[at + i]!;
      words[i] = word;
      all ^= word;
    }
    const tail = length & 3;
    if (tail === 0) return all;
    const word = from[at + whole]!;
    words[whole] = word;
    return all ^ (word & ((1 << (tail * 8)) - 1));
  }

  return { words, bytes, sum, copyShort };
}

export const STAGE: Stage = createStage();
