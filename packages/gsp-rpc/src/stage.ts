/**
 * Private memory for one record: what lies in shared memory is copied here once, then judged, then handed on, so that a peer cannot
 * change what was checked. Sending sums its payload here.
 *
 * There is one for the whole module, and whoever uses it is done before anybody else runs. V8 compiles the address and the length of a
 * constant array into the code, which halves the time of a checksum.
 */
import { SHARED_MEMORY } from './shared-memory.ts';

const SIZE = SHARED_MEMORY.elementEntries * SHARED_MEMORY.entrySize;
const words = new Int32Array(SIZE / 4);
const bytes = new Uint8Array(words.buffer);

export const STAGE_WORDS: Int32Array = words;
export const STAGE_BYTES: Uint8Array = bytes;

/** XOR of the words of the first `length` bytes; of the last word, what lies past them is left out. */
export function sumStage(length: number): number {
  const whole = length >>> 2;
  let a = 0;
  let b = 0;
  let c = 0;
  let d = 0;
  let i = 0;
  for (const last = whole - 7; i < last; i += 8) {
    a ^= words[i]! ^ words[i + 4]!;
    b ^= words[i + 1]! ^ words[i + 5]!;
    c ^= words[i + 2]! ^ words[i + 6]!;
    d ^= words[i + 3]! ^ words[i + 7]!;
  }
  for (; i < whole; i++) a ^= words[i]!;
  const tail = length & 3;
  if (tail !== 0) a ^= words[whole]! & ((1 << (tail * 8)) - 1);
  return a ^ b ^ c ^ d;
}

/** Copies a short run of words from `from` at word `at` and sums the first `length` bytes of it on the way: less than calling a copy. */
export function stageShort(from: Int32Array, at: number, length: number): number {
  const whole = length >>> 2;
  let sum = 0;
  for (let i = 0; i < whole; i++) {
    const word = from[at + i]!;
    words[i] = word;
    sum ^= word;
  }
  const tail = length & 3;
  if (tail === 0) return sum;
  const word = from[at + whole]!;
  words[whole] = word;
  return sum ^ (word & ((1 << (tail * 8)) - 1));
}
