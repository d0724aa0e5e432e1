import { GspRpcError } from './errors.ts';

/**
 * Word indices in a queue's header page: the transmit header, then the receive header at `rxHdrOff`. With the
 * SWAP_RX flag the read pointer in a queue's page counts the *other* queue's entries: each side writes only its
 * own page.
 *
 * Source: open-gpu-kernel-modules 570.144: src/common/shared/msgq/inc/msgq/msgq_priv.h
 */
export const HEADER_WORDS = {
  version: 0, size: 1, msgSize: 2, msgCount: 3, writePtr: 4, flags: 5, rxHdrOff: 6, entryOff: 7, readPtr: 8,
} as const;

/** Bit of `flags`: read pointers are swapped. */
export const SWAP_RX: number = 1;

const RX_HEADER_OFFSET = 0x20;
const ENTRY_OFFSET = 0x1000;
const ENTRY_SIZE = 0x1000;

/** Nine words: transmit header and read pointer of a queue of `size` bytes, both pointers zero. */
export function queueHeader(size: number): Int32Array {
  const header = new Int32Array(9);
  header[HEADER_WORDS.size] = size;
  header[HEADER_WORDS.msgSize] = ENTRY_SIZE;
  header[HEADER_WORDS.msgCount] = Math.floor((size - ENTRY_OFFSET) / ENTRY_SIZE);
  header[HEADER_WORDS.flags] = SWAP_RX;
  header[HEADER_WORDS.rxHdrOff] = RX_HEADER_OFFSET;
  header[HEADER_WORDS.entryOff] = ENTRY_OFFSET;
  return header;
}

/** The header that drivers write into the command queue. */
export function commandQueueHeader(): Int32Array {
  return queueHeader(0x40000);
}

/**
 * Checks a peer's header at word `at`.
 *
 * @param size - size of the queue in bytes; undefined takes what the header says, if it is a whole number of pages
 * @throws {@link GspRpcError} `RING_HEADER` with the field, its value and what was allowed
 */
export function checkQueueHeader(words: Int32Array, at: number, size: number | undefined): void {
  const told = words[at + HEADER_WORDS.size]! >>> 0;
  const expected = size ?? told;
  const header = queueHeader(expected);
  if (expected < 2 * ENTRY_SIZE || expected % ENTRY_SIZE !== 0) {
    throw headerError('size', told, 'multiples of 0x1000 from 0x2000');
  }
  for (const field of ['version', 'size', 'msgSize', 'msgCount', 'flags', 'rxHdrOff', 'entryOff'] as const) {
    const index = HEADER_WORDS[field];
    const value = words[at + index]! >>> 0;
    const allowed = header[index]! >>> 0;
    if (value !== allowed) throw headerError(field, value, `0x${allowed.toString(16)}`);
  }
}

function headerError(field: string, value: number, allowed: string): GspRpcError {
  return new GspRpcError('RING_HEADER', 'queue header differs from the agreed geometry', { field, value, allowed });
}
