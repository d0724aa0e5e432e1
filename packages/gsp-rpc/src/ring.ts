/**
 * Pointer arithmetic of a ring. Pointers count entries, `0..count - 1`; one entry always stays empty, so a ring
 * of 63 entries holds 62. 63 is no power of two: nothing here may mask.
 *
 * Source: open-gpu-kernel-modules 570.144: src/common/shared/msgq/msgq.c
 */

/** Entries that are waiting to be read, `0..count - 1`. */
export function used(read: number, write: number, count: number): number {
  return (write + count - read) % count;
}

/** Entries that may be written now, `0..count - 1`. */
export function free(read: number, write: number, count: number): number {
  return (read + count - write - 1) % count;
}

/** The pointer `by` entries further on. */
export function advance(pointer: number, by: number, count: number): number {
  return (pointer + by) % count;
}
