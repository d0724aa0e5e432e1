/** Two words of an entry, the low one first. */
export interface Words {
  readonly low: number;
  readonly high: number;
}

/** Reads one field of a 64-bit entry that is held in two words. */
export type Reader = (entry: Words) => number;

/** A reader of bits `high` to `low`, 64 at most 117; those from 64 on are of an entry's second half. Exact up to 53 bits. */
export function bitsReader([high, low]: readonly [high: number, low: number]): Reader {
  const [from, to] = [low % 64, high % 64];
  const width = to - from + 1;
  if (from >= 32) return ({ high: word }) => ((word >>> (from - 32)) & mask(width)) >>> 0;
  if (to < 32) return ({ low: word }) => ((word >>> from) & mask(width)) >>> 0;
  const upper = mask(to - 31);
  return ({ low: word, high: top }) => ((top & upper) >>> 0) * 2 ** (32 - from) + (word >>> from);
}

const mask = (width: number): number => (width >= 32 ? 0xffff_ffff : 2 ** width - 1);
