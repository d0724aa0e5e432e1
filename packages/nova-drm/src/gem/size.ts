import { DrmError } from '../errors.ts';

const PAGE = 4096n;
const U64 = 2n ** 64n;

/**
 * Bytes of an object that is asked for with `size`, in whole pages.
 *
 * @throws {DrmError} `EINVAL` for none or for what overflows, `ENOMEM` for more than anybody has
 */
export function wholePages(size: bigint): number {
  const rounded = ((size + PAGE - 1n) / PAGE) * PAGE;
  if (rounded === 0n || rounded >= U64) throw new DrmError('EINVAL', `A buffer of ${size} bytes cannot be made`);
  if (rounded > BigInt(Number.MAX_SAFE_INTEGER)) throw new DrmError('ENOMEM', `There are no ${rounded} bytes`);
  return Number(rounded);
}
