import { xorWords } from './checksum.ts';
import type { Judge } from './checks.ts';
import { GspRpcError, type RingPointers } from './errors.ts';
import type { FramingProfile } from './profile.ts';
import { emptyHeader, HEADER_VERSION, headerSum, PENDING, recordEntries, SIGNATURE, writeRecordHeader } from './record.ts';
import { advance, free } from './ring.ts';
import { loadPointer, storePointer, type RingMemory } from './ring-memory.ts';
import { SHARED_MEMORY } from './shared-memory.ts';
import { STAGE } from './stage.ts';

const { entrySize } = SHARED_MEMORY;
/** Up to here a payload is summed where it lies: bringing it to the stage would cost more. */
const SHORT = 256;

/** The sending side of a queue in mapped memory: one record at a time, nothing is waited for, nothing is allocated. */
export class RingWriter {
  readonly #profile: FramingProfile;
  readonly #ring: RingMemory;
  readonly #judge: Judge;
  readonly #pointers: (() => RingPointers) | undefined;
  readonly #header = emptyHeader();
  /** Bytes from each entry's start that may not be zero. What lies behind a record's end must be: whole elements are summed by some. */
  readonly #used: Uint16Array;
  #write: number = 0;
  #seqNum: number = 0;
  /** Entries that are known to be free: the peer's pointer is only looked at when these do not do. */
  #room: number;

  /**
   * @param fresh - whether the entries are all zero
   * @param pointers - for errors
   */
  constructor(profile: FramingProfile, ring: RingMemory, judge: Judge, fresh: boolean, pointers?: () => RingPointers) {
    this.#profile = profile;
    this.#ring = ring;
    this.#judge = judge;
    this.#pointers = pointers;
    this.#room = ring.count - 1;
    this.#used = new Uint16Array(ring.count).fill(fresh ? 0 : entrySize);
  }

  /** Entry that is written next. */
  get write(): number {
    return this.#write;
  }

  /** Whether a record with `length` payload bytes fits now. @throws {@link GspRpcError} `RING_POINTER`, `RING_PROGRESS` */
  fits(length: number): boolean {
    const needed = recordEntries(this.#profile, length);
    if (needed <= this.#room) return true;
    this.#room = this.#freeNow();
    return needed <= this.#room;
  }

  #freeNow(): number {
    const { queue, count, readPtr } = this.#ring;
    const read = loadPointer(this.#ring, readPtr);
    if (read >= count) {
      this.#judge.find(new GspRpcError('RING_POINTER', 'the receiver published a pointer outside the ring', {
        field: `${queue}Read`, value: read, allowed: `0..${count - 1}`, ...this.#where(),
      }));
      return this.#room;
    }
    const room = free(read, this.#write, count);
    if (room < this.#room) {
      this.#judge.find(new GspRpcError('RING_PROGRESS', 'the receiver went back, or past what was sent', { field: `${queue}Read`, value: read, ...this.#where() }));
    }
    return room;
  }

  #where(): { readonly pointers?: RingPointers } {
    return this.#pointers === undefined ? {} : { pointers: this.#pointers() };
  }

  /**
   * Writes and publishes one record, `length` bytes of `payload` from `from` on. It fits: {@link fits} was asked.
   *
   * @param result - `rpc_result`: {@link PENDING} in requests
   */
  put(fn: number, result: number, sequence: number, payload: Uint8Array, from: number, length: number): void {
    const profile = this.#profile;
    const { bytes, words, start, count, writePtr } = this.#ring;
    const { wire } = profile;
    const entry = this.#write;
    const total = wire.payload + length;
    const entries = recordEntries(profile, length);
    const at = start + entry * entrySize;

    const header = this.#header;
    header.seqNum = this.#seqNum;
    header.elemCount = entries;
    header.headerVersion = HEADER_VERSION;
    header.signature = SIGNATURE;
    header.length = total - wire.element;
    header.function = fn;
    header.result = result;
    header.resultPrivate = result === PENDING ? PENDING : 0;
    header.sequence = sequence;
    writeRecordHeader(profile, words, at >>> 2, header);

    const chunk = from === 0 && length === payload.length ? payload : payload.subarray(from, from + length);
    const untilEnd = (count - entry) * entrySize;
    if (total <= untilEnd) bytes.set(chunk, at + wire.payload);
    else {
      const first = untilEnd - wire.payload;
      bytes.set(chunk.subarray(0, first), at + wire.payload);
      bytes.set(chunk.subarray(first), start);
    }
    this.#clearBehind(entry, entries, total);

    let sum = headerSum(header);
    if (length <= SHORT) sum ^= xorWords(words, (at + wire.payload) >>> 2, (at + total + 3) >>> 2);
    else {
      STAGE.bytes.set(chunk);
      sum ^= STAGE.sum(length);
    }
    words[(at + wire.checkSum) >>> 2] = sum;

    this.#seqNum = (this.#seqNum + 1) >>> 0;
    this.#write = advance(entry, entries, count);
    this.#room -= entries;
    storePointer(this.#ring, writePtr, this.#write);
  }

  /** Makes zero what earlier records left behind the end of this one. */
  #clearBehind(entry: number, entries: number, total: number): void {
    const { bytes, start, count } = this.#ring;
    const used = this.#used;
    const last = advance(entry, entries - 1, count);
    const end = total - (entries - 1) * entrySize;
    if (used[last]! > end) bytes.fill(0, start + last * entrySize + end, start + last * entrySize + used[last]!);
    for (let i = entries - 1, at = entry; i > 0; i--, at = advance(at, 1, count)) used[at] = entrySize;
    used[last] = end;
  }
}
