import { xorWords } from './checksum.ts';
import type { Judge } from './checks.ts';
import { assemble, type Assembly } from './continuation.ts';
import { GspRpcError, type RingPointers } from './errors.ts';
import type { RpcMessage } from './message.ts';
import type { FramingProfile } from './profile.ts';
import {
  authenticationFault, checksumFault, emptyHeader, entriesFault, paddingFault, readRecordHeader, rpcHeaderFault, sequenceFault, sizeFault, type RecordHeader,
} from './record.ts';
import { advance, used } from './ring.ts';
import { loadPointer, storePointer, type RingMemory } from './ring-memory.ts';
import type { RingRecord } from './ring-record.ts';
import { SHARED_MEMORY } from './shared-memory.ts';
import { readShort, shortUpTo } from './short-record.ts';
import { STAGE } from './stage.ts';

const { entrySize, elementEntries } = SHARED_MEMORY;
const ENTRY_WORDS = entrySize / 4;
/** Windows grow by this many bytes. */
const STEP = 0x400;

/** The receiving side of a queue in mapped memory: makes every check, waits for nothing. */
export class RingReader {
  readonly #profile: FramingProfile;
  readonly #ring: RingMemory;
  readonly #judge: Judge;
  readonly #pointers: (() => RingPointers) | undefined;
  readonly #words: Int32Array;
  /** Bytes up to which a record is short. */
  readonly #short: number;
  /** Word of entry 0. */
  readonly #start: number;
  readonly #header: RecordHeader = emptyHeader();
  readonly #assembly: Assembly = { partial: undefined };
  /** Views of the ring by entry and length, made when first needed: a view per message would be garbage. */
  readonly #windows: Uint8Array[][];
  /** The same of the stage, from the payload on. */
  readonly #payloads: Uint8Array[] = [];
  #read: number = 0;
  #seqNum: number = 0;
  /** Entries that are known to be published and were not taken yet. */
  #available: number = 0;
  #lastBad: number | undefined;

  constructor(profile: FramingProfile, ring: RingMemory, judge: Judge, pointers?: () => RingPointers) {
    this.#profile = profile;
    this.#ring = ring;
    this.#judge = judge;
    this.#pointers = pointers;
    this.#words = ring.words;
    this.#short = shortUpTo(profile);
    this.#start = ring.start >>> 2;
    this.#windows = Array.from({ length: ring.count }, () => []);
  }

  /** Entry that is read next. */
  get read(): number {
    return this.#read;
  }

  /**
   * Takes the next record into `into` and allocates nothing. Continuation records come as what they are.
   *
   * @returns whether there was one
   * @throws {@link GspRpcError} the first check that it fails
   */
  readRecord(into: RingRecord): boolean {
    if (this.#available === 0 && !this.#look()) return false;
    if (this.#short > 0 && !this.#judge.listening) {
      if (readShort(this.#words, this.#start + this.#read * ENTRY_WORDS, this.#seqNum | 0, into)) {
        this.#seqNum = (this.#seqNum + 1) >>> 0;
        this.#consume(1);
        return true;
      }
    }
    if (!this.#next()) return false;
    const header = this.#header;
    into.function = header.function;
    into.result = header.result;
    into.sequence = header.sequence;
    into.length = header.length + this.#profile.wire.element - this.#profile.wire.payload;
    this.#copyOut(into);
    return true;
  }

  /**
   * Takes records until a message is whole or the ring is empty.
   *
   * @returns the message with its own copy of the payload, or undefined when there is none yet
   * @throws {@link GspRpcError} the first check that a record fails; see the profile for whether it stays in the ring
   */
  take(): RpcMessage | undefined {
    const { wire } = this.#profile;
    const { held } = this.#assembly;
    if (held !== undefined) {
      this.#assembly.held = undefined;
      return held;
    }
    while (this.#next()) {
      const header = this.#header;
      const length = header.length + wire.element - wire.payload;
      const message = assemble(this.#profile, this.#ring.queue, this.#assembly, header, length, STAGE.bytes, wire.payload, this.#judge);
      if (message !== undefined) return message;
    }
    return undefined;
  }

  /** Brings the next good record to the stage and moves past it. False when there is none. */
  #next(): boolean {
    const profile = this.#profile;
    const judge = this.#judge;
    const header = this.#header;
    const { words, start } = this.#ring;
    // An old element counts as a step towards the right one only while the gap gets smaller.
    let gap = Infinity;
    for (;;) {
      if (this.#available === 0 && !this.#look()) return false;
      const at = (start + this.#read * entrySize) >>> 2;
      readRecordHeader(profile, words, at, header);
      if (header.elemCount > this.#available) this.#look();

      const unknown = entriesFault(header, this.#available);
      if (unknown !== undefined) {
        judge.find(unknown);
        this.#makeSense();
      }
      const entries = header.elemCount;
      const unfit = sizeFault(profile, header);
      if (unfit !== undefined) {
        this.#reject(unfit, entries);
        this.#makeSense(entries);
      }
      const sum = this.#stage(at);
      const bad = sum === 0 ? undefined : checksumFault(header, sum);
      if (bad !== undefined) this.#reject(bad, entries);

      if (header.seqNum !== this.#seqNum) {
        const wrong = sequenceFault(header, this.#seqNum)!;
        if (wrong.code === 'OLD_ELEMENT' && this.#seqNum - header.seqNum < gap) {
          gap = this.#seqNum - header.seqNum;
          judge.find(wrong);
          this.#consume(entries);
          continue;
        }
        this.#reject(wrong.code === 'SEQUENCE' ? wrong : new GspRpcError('SEQUENCE', 'old elements do not lead to the next one', wrong.detail), entries);
        this.#seqNum = header.seqNum;
      }
      this.#seqNum = (this.#seqNum + 1) >>> 0;
      this.#consume(entries);
      // From here on the element was good: what is wrong is in the message.
      const foreign = rpcHeaderFault(header);
      if (foreign !== undefined) judge.find(foreign);
      if (judge.listening) this.#remark();
      return true;
    }
  }

  /** Looks how far the sender has come. */
  #look(): boolean {
    const { queue, count, writePtr } = this.#ring;
    const write = loadPointer(this.#ring, writePtr);
    if (write >= count) {
      // Told once: in lenient mode every look would find it again.
      if (this.#judge.lenient && this.#lastBad === write) return false;
      this.#lastBad = write;
      this.#judge.find(new GspRpcError('RING_POINTER', 'the sender published a pointer outside the ring', {
        field: `${queue}Write`, value: write, allowed: `0..${count - 1}`, ...(this.#pointers && { pointers: this.#pointers() }),
      }));
      return false;
    }
    const available = used(this.#read, write, count);
    if (available < this.#available) {
      this.#judge.find(new GspRpcError('RING_PROGRESS', 'the sender went back', { field: `${queue}Write`, value: write, ...(this.#pointers && { pointers: this.#pointers() }) }));
    }
    this.#available = available;
    return available > 0;
  }

  /** Throws what a strict receiver throws, past the element or before it as the release does. */
  #reject(fault: GspRpcError, entries: number): void {
    if (!this.#judge.lenient && this.#profile.consumesBadElements) {
      this.#seqNum = (this.#seqNum + 1) >>> 0;
      this.#consume(entries);
    }
    this.#judge.find(fault);
  }

  #consume(entries: number): void {
    this.#read = advance(this.#read, entries, this.#ring.count);
    this.#available -= entries;
    storePointer(this.#ring, this.#ring.readPtr, this.#read);
  }

  /** Lenient: makes the sizes of the header such that the record can be taken. */
  #makeSense(entries?: number): void {
    const { wire } = this.#profile;
    const header = this.#header;
    const most = Math.min(elementEntries, this.#available);
    header.elemCount = entries ?? Math.max(1, Math.min(most, Math.ceil((wire.element + header.length) / entrySize)));
    header.length = Math.max(wire.payload - wire.element, Math.min(header.length, header.elemCount * entrySize - wire.element));
  }

  /** Copies the record at word `at` to the stage and sums it there. */
  #stage(at: number): number {
    const { wire, checksum } = this.#profile;
    const { words, start, count } = this.#ring;
    const total = wire.element + this.#header.length;
    const untilEnd = (count - this.#read) * entrySize;
    let sum: number;
    if (total <= this.#short) sum = STAGE.copyIn(words, at, 0, total);
    else {
      STAGE.bytes.set(this.#window(this.#read, Math.min(total, untilEnd)));
      if (total > untilEnd) STAGE.bytes.set(this.#window(0, total - untilEnd), untilEnd);
      sum = STAGE.sum(total);
    }
    if (sum === 0 || checksum === 'message') return sum;
    // Whole elements are summed, with whatever their sender left behind the message.
    const whole = this.#header.elemCount * entrySize / 4;
    const first = Math.min(whole, (count - this.#read) * entrySize / 4);
    return xorWords(words, at, at + first) ^ xorWords(words, start >>> 2, (start >>> 2) + whole - first);
  }

  /** At least `length` bytes from the start of `entry`, at most to the end of the ring. */
  #window(entry: number, length: number): Uint8Array {
    const { bytes, start } = this.#ring;
    const steps = Math.ceil(length / STEP);
    return (this.#windows[entry]![steps] ??= bytes.subarray(start + entry * entrySize, start + entry * entrySize + steps * STEP));
  }

  #remark(): void {
    const { function: fn } = this.#header;
    const tag = authenticationFault(STAGE.words, 0, fn);
    if (tag !== undefined) this.#judge.find(tag);
    const pad = paddingFault(this.#profile, STAGE.words, 0, fn);
    if (pad !== undefined) this.#judge.find(pad);
  }

  /** Copies the payload from the stage, and up to {@link STEP} bytes behind it. */
  #copyOut({ bytes, words, length }: RingRecord): void {
    const from = this.#profile.wire.payload;
    if (length <= this.#short) {
      STAGE.copyOut(from >>> 2, (from + length + 3) >>> 2, words, 0);
      return;
    }
    const steps = Math.ceil(length / STEP);
    bytes.set((this.#payloads[steps] ??= STAGE.bytes.subarray(from, from + steps * STEP)));
  }
}
