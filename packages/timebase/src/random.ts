import { TimebaseError } from './errors.ts';

/** What a generator remembers: plain data, four 32-bit words and the key that forks are derived from. */
export interface RandomState {
  readonly key: number;
  readonly words: readonly [number, number, number, number];
}

/** Seeded pseudo-random numbers, reproducible everywhere; not for secrets. */
export interface Random {
  /** An integer from 0 to 2^32 - 1. */
  u32(): number;
  /** An integer from 0 to `limit` - 1, every one equally likely; `limit` from 1 to 2^32. */
  below(limit: number): number;
  bytes(length: number): Uint8Array<ArrayBuffer>;
  /**
   * A generator of its own. It depends on the seed and the label alone, not on what was drawn before, so that
   * one part of a program that draws more does not change what the others get.
   */
  fork(label: string): Random;
  /** A copy of the state, for {@link restoreRandom}. */
  state(): RandomState;
}

/** FNV-1a over UTF-16 code units, then the finaliser of MurmurHash3: labels that differ little give keys that differ much. */
function mix(key: number, label: string): number {
  let hash = (key ^ 0x811c9dc5) >>> 0;
  for (let i = 0; i < label.length; i++) hash = Math.imul(hash ^ label.charCodeAt(i), 0x01000193) >>> 0;
  hash = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b);
  hash = Math.imul(hash ^ (hash >>> 13), 0xc2b2ae35);
  return (hash ^ (hash >>> 16)) >>> 0;
}

/** sfc32 ("small fast counter", from PractRand): three mixed words and a counter. */
function generator(key: number, words: RandomState['words']): Random {
  let [a, b, c, counter] = words;
  const u32 = (): number => {
    const out = (a + b + counter) >>> 0;
    counter = (counter + 1) >>> 0;
    a = (b ^ (b >>> 9)) >>> 0;
    b = (c + (c << 3)) >>> 0;
    c = (((c << 21) | (c >>> 11)) + out) >>> 0;
    return out;
  };
  return {
    u32,
    below(limit) {
      if (!Number.isInteger(limit) || limit < 1 || limit > 2 ** 32) {
        throw new TimebaseError('BAD_RANDOM', `limit is ${limit}: expected an integer from 1 to 2^32`);
      }
      // Values at or above the largest multiple of `limit` would favour small results; draw again.
      const end = 2 ** 32 - (2 ** 32 % limit);
      let value = u32();
      while (value >= end) value = u32();
      return value % limit;
    },
    bytes(length) {
      if (!Number.isSafeInteger(length) || length < 0 || length > 2 ** 32) {
        throw new TimebaseError('BAD_RANDOM', `length is ${length}: expected an integer from 0 to 2^32`);
      }
      const out = new Uint8Array(length);
      for (let at = 0; at < length; at += 4) {
        const word = u32();
        for (let byte = 0; byte < 4 && at + byte < length; byte++) out[at + byte] = word >>> (8 * byte);
      }
      return out;
    },
    fork: (label) => createRandom(mix(key, label)),
    state: () => ({ key, words: [a, b, c, counter] }),
  };
}

/** @param seed An integer from 0 to 2^32 - 1. */
export function createRandom(seed: number): Random {
  if (seed >>> 0 !== seed) throw new TimebaseError('BAD_RANDOM', `seed is ${seed}: expected an integer from 0 to 2^32 - 1`);
  const random = generator(seed, [0, seed, 0x9e3779b9, 1]);
  for (let i = 0; i < 12; i++) random.u32();
  return random;
}

/** Goes on where a saved generator stood. */
export function restoreRandom(state: RandomState): Random {
  for (const word of [state.key, ...state.words]) {
    if (word >>> 0 !== word) throw new TimebaseError('BAD_RANDOM', `state holds ${word}: expected integers from 0 to 2^32 - 1`);
  }
  return generator(state.key, state.words);
}
