/**
 * The element checksum: XOR of all little-endian 64-bit words (a shorter tail is taken as zero-extended), high
 * half XOR low half. That is the XOR of all 32-bit words, so no 64-bit arithmetic is needed. The checksum field
 * itself counts as zero when sending; a receiver that sums the message with the field in place gets zero.
 *
 * Source: open-gpu-kernel-modules 570.144: src/nvidia/src/kernel/gpu/gsp/message_queue_cpu.c
 */

/** XOR of the words `[start, end)`; indices count 32-bit words. */
export function xorWords(words: Int32Array, start: number, end: number): number {
  let a = 0;
  let b = 0;
  let c = 0;
  let d = 0;
  let i = start;
  for (const last = end - 3; i < last; i += 4) {
    a ^= words[i]!;
    b ^= words[i + 1]!;
    c ^= words[i + 2]!;
    d ^= words[i + 3]!;
  }
  for (; i < end; i++) a ^= words[i]!;
  return a ^ b ^ c ^ d;
}

/**
 * XOR of the 32-bit words of `length` bytes from word `start`, where the last word may be partial: the bytes of it
 * past `length` are left out, whatever they hold.
 */
export function xorBytes(words: Int32Array, start: number, length: number): number {
  const whole = start + (length >>> 2);
  const sum = xorWords(words, start, whole);
  const tail = length & 3;
  return tail === 0 ? sum : sum ^ (words[whole]! & ((1 << (tail * 8)) - 1));
}
