import { UsageError } from './command-line.ts';

const UNITS: Readonly<Record<string, number>> = { '': 1, K: 2 ** 10, M: 2 ** 20, G: 2 ** 30, T: 2 ** 40 };

/**
 * A size on the command line: a whole number of bytes, or of KiB, MiB, GiB or TiB with K, M, G or T behind it.
 *
 * @param option - its name, for the error
 * @returns bytes
 * @throws {@link UsageError} for anything else.
 */
export function parseSize(option: string, text: string): number {
  const [, number, unit] = /^(\d{1,16})([KMGT]?)$/i.exec(text) ?? [];
  const size = number === undefined ? NaN : Number(number) * UNITS[unit!.toUpperCase()]!;
  if (!Number.isSafeInteger(size)) throw new UsageError(`${option} wants a size such as 256M or 24G, not "${text}"`);
  return size;
}
