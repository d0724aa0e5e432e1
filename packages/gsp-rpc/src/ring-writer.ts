import type { Judge } from './checks.ts';
import { GspRpcError, type RingPointers } from './errors.ts';
import type { FramingProfile } from './profile.ts';
import { emptyHeader, HEADER_VERSION, PENDING, recordEntries, recordPayload, SIGNATURE, writeRecordHeader } from './record.ts';
import { advance, free } from './ring.ts';
import { loadPointer, storePointer, type RingMemory } from './ring-memory.ts';
import type { RingRecord } from './ring-record.ts';
import { SHARED_MEMORY } from './shared-memory.ts';
import { CHECKSUM_WORD, shortUpTo, writeShortFrame, writeShortHeader, writeShortPayload, writeShortShared, writeShortWords } from './short-record.ts';
import { STAGE } from './stage.ts';

const { entrySize, elementEntries } = SHARED_MEMORY;
const ENTRY_WORDS = entrySize / 4;
/** The sending side of a queue in mapped memory: one record at a time, nothing is waited for, nothing is allocated. */
export class RingWriter {
  readonly #profile: FramingProfile;
  readonly #ring: RingMemory;
  readonly #judge: Judge;
  readonly #pointers: (() => RingPointers) | undefined;
  readonly #bytes: Uint8Array;
  readonly #words: Int32Array;
  readonly #shared: boolean;
  /** Word of entry 0. */
  readonly #start: number;
  /** Bytes up to which a record is short. */
  readonly #short: number;
  /** Whether receivers sum whole elements. */
  readonly #whole: boolean;
  readonly #header = emptyHeader();
  /** Bytes from each entry's start that may not be zero; what lies behind a record's end must be, where whole elements are summed. */
  readonly #used: Uint16Array;
  /** Entries whose first words are those of a short record. */
  readonly #framed: Uint8Array;
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
    this.#bytes = ring.bytes;
    this.#words = ring.words;
    this.#shared = ring.shared;
    this.#start = ring.start >>> 2;
    this.#short = shortUpTo(profile);
    this.#whole = profile.checksum === 'elements';
    this.#room = ring.count - 1;
    this.#framed = new Uint8Array(ring.count);
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
   * @throws {@link GspRpcError} `TOO_LARGE` for more than one record holds; nothing was written
   */
  put(fn: number, result: number, sequence: number, payload: Uint8Array, from: number, length: number): void {
    const profile = this.#profile;
    const entry = this.#write;
    const total = profile.wire.payload + length;
    const chunk = from === 0 && length === payload.length ? payload : payload.subarray(from, from + length);
    let entries = 1;
    if (total <= this.#short) this.#putShort(fn, result, sequence, chunk);
    else this.#putLong(fn, result, sequence, chunk, entries = recordEntries(profile, length));
    this.#publish(entry, entries, total);
  }

  /**
   * The same with a record from `createRecord`: its first `length` bytes. Of all ways the fastest for short ones, for their words are
   * copied as words.
   */
  putRecord({ function: fn, result, sequence, length, bytes, words: from }: RingRecord): void {
    if (length + this.#profile.wire.payload > this.#short) {
      this.put(fn, result, sequence, bytes, 0, length);
      return;
    }
    const words = this.#words;
    const entry = this.#write;
    const at = this.#start + entry * ENTRY_WORDS;
    if (this.#framed[entry] === 0) this.#frame(entry, at);
    const sum = writeShortHeader(words, at, this.#seqNum, length, fn, result, sequence);
    words[at + CHECKSUM_WORD] = sum ^ writeShortWords(words, at, from, length);
    this.#publish(entry, 1, this.#profile.wire.payload + length);
  }

  #publish(entry: number, entries: number, total: number): void {
    if (this.#whole) this.#clearBehind(entry, entries, total);
    this.#seqNum = (this.#seqNum + 1) | 0;
    this.#write = advance(entry, entries, this.#ring.count);
    this.#room -= entries;
    storePointer(this.#ring, this.#ring.writePtr, this.#write);
  }

  #frame(entry: number, at: number): void {
    writeShortFrame(this.#words, at);
    this.#framed[entry] = 1;
  }

  /** A record of one entry, every word of which is touched once. */
  #putShort(fn: number, result: number, sequence: number, payload: Uint8Array): void {
    const words = this.#words;
    const entry = this.#write;
    const at = this.#start + entry * ENTRY_WORDS;
    if (this.#framed[entry] === 0) this.#frame(entry, at);
    const sum = writeShortHeader(words, at, this.#seqNum, payload.length, fn, result, sequence);
    words[at + CHECKSUM_WORD] = sum ^ (this.#shared ? writeShortShared(words, at, payload) : writeShortPayload(words, this.#bytes, at, payload));
  }

  #putLong(fn: number, result: number, sequence: number, payload: Uint8Array, entries: number): void {
    const { wire } = this.#profile;
    const { bytes, words, start, count } = this.#ring;
    const entry = this.#write;
    const total = wire.payload + payload.length;
    const at = start + entry * entrySize;
    if (entries > elementEntries) {
      throw new GspRpcError('TOO_LARGE', 'payload above the largest record', {
        field: 'payload.length', value: payload.length, allowed: `0..0x${recordPayload(this.#profile).toString(16)}`, function: fn,
      });
    }
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
    // Receivers sum whole words of 64 bits: what the last one has beyond the payload is zero.
    const end = ((total + 7) >>> 3) << 1;
    STAGE.words[end - 1] = 0;
    STAGE.words[end - 2] = 0;
    writeRecordHeader(this.#profile, STAGE.words, 0, header);
    STAGE.bytes.set(payload, wire.payload);

    for (let i = 0, over = entry; i < entries; i++, over = advance(over, 1, count)) this.#framed[over] = 0;
    const untilEnd = ((count - entry) * entrySize) >>> 2;
    let sum: number;
    if (end > untilEnd) sum = STAGE.copyOut(0, untilEnd, words, at >>> 2) ^ STAGE.copyOut(untilEnd, end, words, start >>> 2);
    else {
      STAGE.copyOut(0, wire.payload >>> 2, words, at >>> 2);
      STAGE.copyOut(end - 2, end, words, (at >>> 2) + end - 2);
      bytes.set(payload, at + wire.payload);
      sum = STAGE.sum(total);
    }
    words[(at + wire.checkSum) >>> 2] = sum;
  }

  /** Makes zero what earlier records left behind the end of this one, from the next word on. */
  #clearBehind(entry: number, entries: number, total: number): void {
    const { words, start, count } = this.#ring;
    const used = this.#used;
    const last = advance(entry, entries - 1, count);
    const end = total - (entries - 1) * entrySize;
    const at = start + last * entrySize;
    if (used[last]! > end) words.fill(0, (at + end + 3) >>> 2, (at + used[last]! + 3) >>> 2);
    for (let i = entries - 1, at = entry; i > 0; i--, at = advance(at, 1, count)) used[at] = entrySize;
    used[last] = end;
  }
}
