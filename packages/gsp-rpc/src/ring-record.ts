import { SHARED_MEMORY } from './shared-memory.ts';

const { entrySize, elementEntries } = SHARED_MEMORY;

/** One record, to be read into, or written from, again and again. */
export interface RingRecord {
  function: number;
  result: number;
  sequence: number;
  /** Bytes of the payload, at the start of `bytes`; what lies behind them means nothing. */
  length: number;
  readonly bytes: Uint8Array;
  /** The same memory as words. */
  readonly words: Int32Array;
}

/** Room for any record. */
export function createRecord(): RingRecord {
  const words = new Int32Array(elementEntries * entrySize / 4);
  return { function: 0, result: 0, sequence: 0, length: 0, bytes: new Uint8Array(words.buffer), words };
}
