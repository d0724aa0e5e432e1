/** Byte sizes, by the names that engineers say. */
export const KiB: number = 1024;
export const MiB: number = 1024 * KiB;
export const GiB: number = 1024 * MiB;

/** The page that every address handed to the GPU is a multiple of. */
export const PAGE: number = 4 * KiB;

/** Largest multiple of `to` that is at most `value`. Both at most 2^53 - 1; `to` need not be a power of two. */
export function alignDown(value: number, to: number): number {
  return value - (((value % to) + to) % to);
}

/** Smallest multiple of `to` that is at least `value`. */
export function alignUp(value: number, to: number): number {
  return alignDown(value + to - 1, to);
}
