/** A 64-bit address or size as a number; what is above 2^53 becomes 2^53 - 1, which every range check refuses. */
export function toNumber(value: bigint): number {
  return value > BigInt(Number.MAX_SAFE_INTEGER) ? Number.MAX_SAFE_INTEGER : Number(value);
}

/** `size` bytes of ASCII, cut so that a NUL always ends it. */
export function ascii(value: string, size: number): Uint8Array {
  const bytes = new Uint8Array(size);
  for (let i = 0; i < value.length && i < size - 1; i++) bytes[i] = value.charCodeAt(i) & 0x7f;
  return bytes;
}
