/**
 * Pointer arithmetic of a ring. Pointers count entries, `0..count - 1`; one entry always stays empty, so a ring
 * of 63 entries holds 62. 63 is no power of two: nothing here may mask.
 *
 * Source: open-gpu-kernel-modules 570.144: src/common/shared/msgq/msgq.c
 */

import { SHARED_MEMORY } from './shared-memory.ts';

const { entrySize } = SHARED_MEMORY;
const ENTRY_SHIFT = Math.log2(entrySize);

/** Entries that `bytes` take; `bytes` is below 2^31. */
export function entriesOf(bytes: number): number {
  return (bytes + entrySize - 1) >>> ENTRY_SHIFT;
}

// Dividing takes longer than everything else that is done to a pointer.

/** Entries that are waiting to be read, `0..count - 1`. */
export function used(read: number, write: number, count: number): number {
  const entries = write - read;
  return entries < 0 ? entries + count : entries;
}

/** Entries that may be written now, `0..count - 1`. */
export function free(read: number, write: number, count: number): number {
  const entries = read - write - 1;
  return entries < 0 ? entries + count : entries;
}

/** The pointer `by` entries further on; `by` is at most `count`. */
export function advance(pointer: number, by: number, count: number): number {
  const next = pointer + by;
  return next < count ? next : next - count;
}
