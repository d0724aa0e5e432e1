import { free, advance } from './ring.ts';
import { GspRpcError, type RingPointers } from './errors.ts';
import type { FramingProfile } from './profile.ts';
import { HEADER_WORDS } from './queue-header.ts';
import { HEADER_VERSION, PENDING, recordEntries, recordPayload, SIGNATURE } from './record.ts';
import { writeRecord, type RingEntries } from './ring-records.ts';
import { SHARED_MEMORY } from './shared-memory.ts';

const { entries: COUNT, entrySize, commandQueue, statusQueue } = SHARED_MEMORY;
const COMMAND_HEADER = commandQueue / 4;
const STATUS_HEADER = statusQueue / 4;

/** A pointer that the firmware published. @throws {@link GspRpcError} `RING_POINTER` */
export function firmwarePointer(words: Int32Array, field: 'commandRead' | 'statusWrite', pointers: () => RingPointers): number {
  const index = field === 'commandRead' ? HEADER_WORDS.readPtr : HEADER_WORDS.writePtr;
  const value = Atomics.load(words, STATUS_HEADER + index) >>> 0;
  if (value >= COUNT) {
    throw new GspRpcError('RING_POINTER', 'the firmware published a pointer outside the ring', {
      field, value, allowed: `0..${COUNT - 1}`, pointers: pointers(),
    });
  }
  return value;
}

/** The driver's side of the command queue: one record at a time, nothing is waited for. */
export class CommandRing {
  readonly #profile: FramingProfile;
  readonly #words: Int32Array;
  readonly #ring: RingEntries;
  readonly #pointers: () => RingPointers;
  #write: number = 0;
  #seqNum: number = 0;

  constructor(profile: FramingProfile, bytes: Uint8Array, words: Int32Array, pointers: () => RingPointers) {
    this.#profile = profile;
    this.#words = words;
    this.#ring = { bytes, words, start: commandQueue + entrySize, count: COUNT };
    this.#pointers = pointers;
  }

  /** Entry that is written next. */
  get write(): number {
    return this.#write;
  }

  /** Payload bytes that the record from `from` on takes. */
  take(payload: Uint8Array, from: number): number {
    return Math.min(recordPayload(this.#profile), payload.length - from);
  }

  /** Whether a record with `length` payload bytes fits now. @throws {@link GspRpcError} `RING_POINTER` */
  fits(length: number): boolean {
    const read = firmwarePointer(this.#words, 'commandRead', this.#pointers);
    return free(read, this.#write, COUNT) >= recordEntries(this.#profile, length);
  }

  /** Writes and publishes one record; it fits. */
  put(fn: number, sequence: number, payload: Uint8Array, from: number, length: number): void {
    const { wire } = this.#profile;
    const entries = recordEntries(this.#profile, length);
    writeRecord(this.#profile, this.#ring, this.#write, {
      seqNum: this.#seqNum, elemCount: entries, headerVersion: HEADER_VERSION, signature: SIGNATURE,
      length: length + wire.payload - wire.element, function: fn, result: PENDING, resultPrivate: PENDING, sequence,
    }, payload, from);
    this.#seqNum = (this.#seqNum + 1) >>> 0;
    this.#write = advance(this.#write, entries, COUNT);
    Atomics.store(this.#words, COMMAND_HEADER + HEADER_WORDS.writePtr, this.#write);
  }
}
