import { VfioUserError } from './errors.ts';
import { HEADER, MAX_MESSAGE } from './protocol.ts';

/**
 * One message of the stream. There is one such object per stream, and its body lies where the bytes came: both are only
 * lent, until the next message is read. Offsets count from the first byte after the header.
 */
export class Frame {
  id: number = 0;
  command: number = 0;
  flags: number = 0;
  errno: number = 0;
  #view: DataView = new DataView(new ArrayBuffer(0));
  #start = 0;
  #length = 0;

  /** Bytes of the body. */
  get length(): number {
    return this.#length;
  }

  /** The body by itself; costs an object, which the access to a register does without. */
  get body(): DataView {
    return new DataView(this.#view.buffer, this.#view.byteOffset + this.#start, this.#length);
  }

  /** A part of the body, not copied. */
  bytes(at: number, length: number): Uint8Array {
    return new Uint8Array(this.#view.buffer, this.#view.byteOffset + this.#start + at, length);
  }

  /** @throws RangeError where the buffer ends; whoever asks has compared with `length`. */
  u8(at: number): number {
    return this.#view.getUint8(this.#start + at);
  }

  u16(at: number): number {
    return this.#view.getUint16(this.#start + at, true);
  }

  u32(at: number): number {
    return this.#view.getUint32(this.#start + at, true);
  }

  /** A 64-bit number, rounded where it is 2^53 or more. */
  u64(at: number): number {
    return this.u32(at + 4) * 2 ** 32 + this.u32(at);
  }

  /** Becomes the message of `size` bytes that begins at `start`. */
  set(view: DataView, start: number, size: number): this {
    this.#view = view;
    this.#start = start + HEADER.size;
    this.#length = size - HEADER.size;
    this.id = view.getUint16(start + HEADER.id, true);
    this.command = view.getUint16(start + HEADER.command, true);
    this.flags = view.getUint32(start + HEADER.flags, true);
    this.errno = view.getUint32(start + HEADER.errno, true);
    return this;
  }
}

/** What is done with a message. `last`: no byte that came with it belongs to a later one. */
export type Take = (frame: Frame, last: boolean) => void;

/**
 * Cuts a byte stream into messages. A read of the socket may hold half a message or several; no more than one message
 * is ever kept.
 */
export class FrameReader {
  readonly #stop: () => boolean;
  readonly #frame = new Frame();
  /** What came and was not looked at, because whoever takes the messages wanted no more. */
  #rest: Uint8Array | undefined;
  /** What was pushed last, and the view of it. */
  #chunk: Uint8Array = new Uint8Array(0);
  #view: DataView = new DataView(this.#chunk.buffer);
  #kept: Uint8Array = new Uint8Array(4096);
  #keptView: DataView = new DataView(this.#kept.buffer);
  #length = 0;

  /** `stop` is asked after each message; true leaves the following ones until {@link FrameReader.resume}. */
  constructor(stop: () => boolean = () => false) {
    this.#stop = stop;
  }

  /** Messages wait for {@link FrameReader.resume}; nothing may be pushed until then. */
  get stopped(): boolean {
    return this.#rest !== undefined;
  }

  /** Goes on where it was stopped; true unless it is stopped again. */
  resume(take: Take): boolean {
    const rest = this.#rest;
    this.#rest = undefined;
    if (rest !== undefined) this.push(rest, take);
    return !this.stopped;
  }

  /** Bytes of a message that has begun. */
  get pending(): number {
    return this.#length;
  }

  /**
   * Calls `take` for each whole message in the first `length` bytes of `chunk`. Bodies lie in `chunk` where they can.
   *
   * @throws {@link VfioUserError} `PROTOCOL` for a message that is shorter than its header or longer than any can be.
   */
  push(chunk: Uint8Array, take: Take, length: number = chunk.length): void {
    let at = 0;
    if (this.#length > 0) {
      if (this.#length < HEADER.size) at += this.#keep(chunk, at, Math.min(HEADER.size - this.#length, length));
      if (this.#length < HEADER.size) return;
      const size = sizeOf(this.#keptView, 0);
      at += this.#keep(chunk, at, Math.min(size - this.#length, length - at));
      if (this.#length < size) return;
      this.#length = 0;
      take(this.#frame.set(this.#keptView, 0, size), at === length);
      if (at < length && this.#stop()) {
        this.#rest = chunk.slice(at, length);
        return;
      }
    }
    // Who lends the same buffer again and again pays for one view of it. To ask an array for its buffer costs more than all of this.
    if (this.#chunk !== chunk) {
      this.#chunk = chunk;
      this.#view = new DataView(chunk.buffer, chunk.byteOffset, chunk.length);
    }
    const view = this.#view;
    while (length - at >= HEADER.size) {
      const size = sizeOf(view, at);
      if (size > length - at) break;
      const start = at;
      at += size;
      take(this.#frame.set(view, start, size), at === length);
      if (at < length && this.#stop()) {
        this.#rest = chunk.slice(at, length);
        return;
      }
    }
    this.#keep(chunk, at, length - at);
  }

  /** Keeps `taken` bytes from `at` on. */
  #keep(chunk: Uint8Array, at: number, taken: number): number {
    if (taken === 0) return 0;
    const needed = this.#length + taken;
    if (needed > this.#kept.length) {
      const larger = new Uint8Array(Math.min(MAX_MESSAGE, Math.max(needed, this.#kept.length * 2)));
      larger.set(this.#kept.subarray(0, this.#length));
      this.#kept = larger;
      this.#keptView = new DataView(larger.buffer);
    }
    this.#kept.set(chunk.subarray(at, at + taken), this.#length);
    this.#length = needed;
    return taken;
  }
}

function sizeOf(view: DataView, at: number): number {
  const size = view.getUint32(at + HEADER.length, true);
  if (size >= HEADER.size && size <= MAX_MESSAGE) return size;
  throw new VfioUserError('PROTOCOL', `A message (command ${view.getUint16(at + HEADER.command, true)}) says that it has ${size} bytes: expected ${HEADER.size} to ${MAX_MESSAGE}`);
}

export interface Heading {
  readonly id: number;
  readonly command: number;
  readonly flags: number;
  readonly errno?: number;
}

/** A message with room for `size` bytes of body, and a view of the body. */
export function message({ id, command, flags, errno = 0 }: Heading, size: number): { readonly bytes: Uint8Array; readonly body: DataView } {
  const bytes = new Uint8Array(HEADER.size + size);
  const view = new DataView(bytes.buffer);
  view.setUint16(HEADER.id, id, true);
  view.setUint16(HEADER.command, command, true);
  view.setUint32(HEADER.length, bytes.length, true);
  view.setUint32(HEADER.flags, flags, true);
  view.setUint32(HEADER.errno, errno, true);
  return { bytes, body: new DataView(bytes.buffer, HEADER.size) };
}
