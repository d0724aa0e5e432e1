import { VfioUserError } from './errors.ts';
import { HEADER, MAX_MESSAGE } from './protocol.ts';

/** One message of the stream. `body` is what follows the header; it is only lent, until the next one is read. */
export interface Frame {
  readonly id: number;
  readonly command: number;
  readonly flags: number;
  readonly errno: number;
  readonly body: DataView;
}

/**
 * Cuts a byte stream into messages. A read of the socket may hold half a message or several; no more than one message
 * is ever kept.
 */
export class FrameReader {
  #kept: Uint8Array = new Uint8Array(4096);
  #length = 0;

  /** Bytes of a message that has begun. */
  get pending(): number {
    return this.#length;
  }

  /**
   * Calls `take` for each whole message. Bodies lie in `chunk` where they can.
   *
   * @throws {@link VfioUserError} `PROTOCOL` for a message that is shorter than its header or longer than any can be.
   */
  push(chunk: Uint8Array, take: (frame: Frame) => void): void {
    let at = 0;
    if (this.#length > 0) {
      if (this.#length < HEADER.size) at += this.#keep(chunk, at, HEADER.size - this.#length);
      if (this.#length < HEADER.size) return;
      const size = sizeOf(new DataView(this.#kept.buffer, 0, HEADER.size));
      at += this.#keep(chunk, at, size - this.#length);
      if (this.#length < size) return;
      this.#length = 0;
      take(frameOf(new DataView(this.#kept.buffer, 0, size)));
    }
    while (chunk.length - at >= HEADER.size) {
      const left = new DataView(chunk.buffer, chunk.byteOffset + at, chunk.length - at);
      const size = sizeOf(left);
      if (size > left.byteLength) break;
      take(frameOf(new DataView(chunk.buffer, chunk.byteOffset + at, size)));
      at += size;
    }
    this.#keep(chunk, at, chunk.length - at);
  }

  /** Keeps up to `wanted` bytes from `at` on; tells how many there were. */
  #keep(chunk: Uint8Array, at: number, wanted: number): number {
    const taken = Math.min(wanted, chunk.length - at);
    const needed = this.#length + taken;
    if (needed > this.#kept.length) {
      const larger = new Uint8Array(Math.min(MAX_MESSAGE, Math.max(needed, this.#kept.length * 2)));
      larger.set(this.#kept.subarray(0, this.#length));
      this.#kept = larger;
    }
    this.#kept.set(chunk.subarray(at, at + taken), this.#length);
    this.#length = needed;
    return taken;
  }
}

function sizeOf(header: DataView): number {
  const size = header.getUint32(HEADER.length, true);
  if (size >= HEADER.size && size <= MAX_MESSAGE) return size;
  throw new VfioUserError('PROTOCOL', `A message (command ${header.getUint16(HEADER.command, true)}) says that it has ${size} bytes: expected ${HEADER.size} to ${MAX_MESSAGE}`);
}

function frameOf(view: DataView): Frame {
  return {
    id: view.getUint16(HEADER.id, true),
    command: view.getUint16(HEADER.command, true),
    flags: view.getUint32(HEADER.flags, true),
    errno: view.getUint32(HEADER.errno, true),
    body: new DataView(view.buffer, view.byteOffset + HEADER.size, view.byteLength - HEADER.size),
  };
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
