import { firmwarePointer } from './command-ring.ts';
import { takeRecord, type PartialMessage } from './continuation.ts';
import type { RingPointers } from './errors.ts';
import type { RpcMessage } from './message.ts';
import type { FramingProfile } from './profile.ts';
import { HEADER_WORDS } from './queue-header.ts';
import { checkRecordSequence, checkRecordSize, checkRpcHeader, checksumError } from './record.ts';
import { advance, used } from './ring.ts';
import { copyPayload, peekRecord, sumRecord, type RingEntries } from './ring-records.ts';
import { SHARED_MEMORY, statusQueueLinked } from './shared-memory.ts';

const { entries: COUNT, entrySize, commandQueue, statusQueue } = SHARED_MEMORY;
const COMMAND_HEADER = commandQueue / 4;

/** The driver's side of the status queue: makes every check of a strict receiver. */
export class StatusRing {
  readonly #profile: FramingProfile;
  readonly #words: Int32Array;
  readonly #ring: RingEntries;
  readonly #pointers: () => RingPointers;
  #linked: boolean = false;
  #read: number = 0;
  #seqNum: number = 0;
  #partial: PartialMessage | undefined;

  constructor(profile: FramingProfile, bytes: Uint8Array, words: Int32Array, pointers: () => RingPointers) {
    this.#profile = profile;
    this.#words = words;
    this.#ring = { bytes, words, start: statusQueue + entrySize, count: COUNT };
    this.#pointers = pointers;
  }

  /** Entry that is read next. */
  get read(): number {
    return this.#read;
  }

  /** Whether the firmware has written a valid header. @throws {@link GspRpcError} `RING_HEADER` */
  linked(): boolean {
    this.#linked ||= statusQueueLinked(this.#words);
    return this.#linked;
  }

  /**
   * Takes records until a message is whole or the ring is empty.
   *
   * @returns the message, or undefined when there is none yet
   * @throws {@link GspRpcError} the first check that a record fails; under 570 the record stays in the ring
   */
  take(): RpcMessage | undefined {
    if (!this.linked()) return undefined;
    for (;;) {
      const available = used(this.#read, firmwarePointer(this.#words, 'statusWrite', this.#pointers), COUNT);
      if (available === 0) return undefined;
      const taken = this.#takeRecord(available);
      if ('message' in taken) {
        this.#partial = undefined;
        return taken.message;
      }
      this.#partial = taken.partial;
    }
  }

  #takeRecord(available: number): ReturnType<typeof takeRecord> {
    const profile = this.#profile;
    const ring = this.#ring;
    const entry = this.#read;
    const header = peekRecord(profile, ring, entry);
    checkRecordSize(profile, header, available);
    let good = profile.consumesBadElements;
    try {
      const sum = sumRecord(profile, ring, entry, header);
      if (sum !== 0) throw checksumError(header, sum);
      checkRecordSequence(header, this.#seqNum);
      checkRpcHeader(header);
      const taken = takeRecord(profile, this.#partial, header, (into, offset, length) => {
        copyPayload(profile, ring, entry, into, offset, length);
      });
      good = true;
      return taken;
    } finally {
      if (good) {
        this.#seqNum = (this.#seqNum + 1) >>> 0;
        this.#read = advance(entry, header.elemCount, COUNT);
        Atomics.store(this.#words, COMMAND_HEADER + HEADER_WORDS.readPtr, this.#read);
      }
    }
  }
}
