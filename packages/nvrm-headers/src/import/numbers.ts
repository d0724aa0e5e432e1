/** A whole number as JSON can carry it without loss: a number, or decimal text outside plus and minus 2^53 - 1. */
export function exact(value: bigint): number | string {
  const number = Number(value);
  return Number.isSafeInteger(number) ? number : value.toString();
}
