const TABLE: Uint32Array = Uint32Array.from({ length: 256 }, (_, i) => {
  let value = i;
  for (let bit = 0; bit < 8; bit++) value = value & 1 ? (value >>> 1) ^ 0xedb88320 : value >>> 1;
  return value;
});

/**
 * CRC-32 register (reflected polynomial 0xedb88320, start value 0xffffffff) after `bytes`, without the final
 * inversion: `~crc32Register(b) >>> 0` is CRC-32/ISO-HDLC, and the register itself CRC-32/JAMCRC. Pass the last result to go on.
 */
export function crc32Register(bytes: Uint8Array, register: number = 0xffffffff): number {
  let crc = register;
  for (const byte of bytes) crc = TABLE[(crc ^ byte) & 0xff]! ^ (crc >>> 8);
  return crc >>> 0;
}
