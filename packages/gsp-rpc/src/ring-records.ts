import { xorBytes } from './checksum.ts';
import { readRecordHeader, writeRecordHeader, type RecordHeader } from './record.ts';
import type { FramingProfile } from './profile.ts';
import { SHARED_MEMORY } from './shared-memory.ts';

/** The entries of one queue as bytes in place: what an end with mapped memory works on. */
export interface RingEntries {
  readonly bytes: Uint8Array;
  readonly words: Int32Array;
  /** Byte offset of entry 0. */
  readonly start: number;
  readonly count: number;
}

const { entrySize } = SHARED_MEMORY;

/** Checksum of the `total` bytes of a record at `entry`, which may go around the end of the ring. */
function sumAt(ring: RingEntries, entry: number, total: number): number {
  const untilEnd = (ring.count - entry) * entrySize;
  const at = (ring.start + entry * entrySize) >>> 2;
  if (total <= untilEnd) return xorBytes(ring.words, at, total);
  return xorBytes(ring.words, at, untilEnd) ^ xorBytes(ring.words, ring.start >>> 2, total - untilEnd);
}

/**
 * Writes one record at `entry` with its checksum; the rest of its last entry becomes zero, so the sum is right
 * under every release's rule. The write pointer is the caller's to move, afterwards.
 *
 * @param from - first byte of `payload` to send; the record takes `header.length` less the RPC header
 */
export function writeRecord(
  profile: FramingProfile, ring: RingEntries, entry: number, header: RecordHeader, payload: Uint8Array, from: number,
): void {
  const { wire } = profile;
  const at = ring.start + entry * entrySize;
  const total = wire.element + header.length;
  const length = total - wire.payload;
  writeRecordHeader(profile, ring.words, at >>> 2, header);

  const untilEnd = (ring.count - entry) * entrySize;
  const first = Math.min(length, untilEnd - wire.payload);
  ring.bytes.set(payload.subarray(from, from + first), at + wire.payload);
  if (first < length) ring.bytes.set(payload.subarray(from + first, from + length), ring.start);

  const tail = header.elemCount * entrySize - total;
  const tailAt = total < untilEnd ? at + total : ring.start + total - untilEnd;
  ring.bytes.fill(0, tailAt, tailAt + tail);

  ring.words[(at + wire.checkSum) >>> 2] = sumAt(ring, entry, total);
}

/** Header of the record at `entry`. */
export function peekRecord(profile: FramingProfile, ring: RingEntries, entry: number): RecordHeader {
  return readRecordHeader(profile, ring.words, (ring.start + entry * entrySize) >>> 2);
}

/** Checksum of a record whose sizes were checked; zero when it is good. */
export function sumRecord(profile: FramingProfile, ring: RingEntries, entry: number, header: RecordHeader): number {
  const exact = sumAt(ring, entry, profile.wire.element + header.length);
  if (exact === 0 || profile.checksum === 'message') return exact;
  return sumAt(ring, entry, header.elemCount * entrySize);
}

/** Copies the first `length` bytes of a record's payload to `into` at `offset`. */
export function copyPayload(
  profile: FramingProfile, ring: RingEntries, entry: number, into: Uint8Array, offset: number, length: number,
): void {
  const { wire } = profile;
  const at = ring.start + entry * entrySize + wire.payload;
  const first = Math.min(length, (ring.count - entry) * entrySize - wire.payload);
  into.set(ring.bytes.subarray(at, at + first), offset);
  if (first < length) into.set(ring.bytes.subarray(ring.start, ring.start + length - first), offset + first);
}
