import type { LibC } from './libc.ts';
import { SystemError } from './errors.ts';

/** Most descriptors that one message of a peer may carry here; QEMU takes no server that announces more. */
export const MAX_DESCRIPTORS = 16;

/** What one call brought. It is lent: the next call, on any socket, overwrites it. */
export interface Received {
  readonly bytes: Uint8Array;
  /** Bytes that came; 0 when the peer has ended the stream, -1 when there is nothing now. */
  length: number;
  /** Descriptors that came with the last of these bytes; whoever asked owns them. */
  descriptors: readonly number[];
  /** There were more descriptors than one message may carry, or than this process may have. */
  truncated: boolean;
}

const [SOL_SOCKET, SCM_RIGHTS] = [1, 1];
const FLAGS = { truncated: 0x8, dontWait: 0x40, noSignal: 0x4000, closeOnExec: 0x4000_0000 } as const;
const [EINTR, EAGAIN] = [4, 11];
/** struct msghdr and struct cmsghdr with 64 bits. */
const MESSAGE = { size: 56, vectors: 16, vectorCount: 24, control: 32, controlLength: 40, flags: 48 } as const;
const CONTROL = { level: 8, type: 12, data: 16 } as const;
/** Bytes that one call takes at most: what a socket's buffer holds. */
const CHUNK = 1 << 18;
const NONE: readonly number[] = [];

/** Sends and receives with descriptors, through structures that are made once. */
export class Messages {
  readonly #c: LibC;
  readonly #received: Received;
  readonly #in: Header;
  readonly #out: Header;
  /** What was sent last, and where it lies: the same few buffers are sent again and again. */
  #bytes: Uint8Array = new Uint8Array(0);
  #address = 0;

  constructor(c: LibC) {
    this.#c = c;
    this.#received = { bytes: new Uint8Array(new ArrayBuffer(CHUNK)), length: 0, descriptors: NONE, truncated: false };
    this.#in = new Header(c);
    this.#in.point(addressOf(c, this.#received.bytes.buffer), CHUNK);
    this.#out = new Header(c);
  }

  /** Takes what there is, without waiting. @throws {@link SystemError} */
  receive(socket: number): Received {
    const received = this.#received;
    const header = this.#in;
    header.room(MAX_DESCRIPTORS);
    const length = this.#c.recvmsg(socket, header.address, FLAGS.dontWait | FLAGS.closeOnExec);
    received.descriptors = NONE;
    received.truncated = false;
    received.length = length;
    if (length < 0) {
      const errno = this.#c.koffi.errno();
      if (errno !== EAGAIN && errno !== EINTR) throw new SystemError('recvmsg', errno);
      received.length = -1;
    } else if (header.controlLength > 0) {
      received.descriptors = header.descriptors();
      received.truncated = (header.flags & FLAGS.truncated) !== 0;
    }
    return received;
  }

  /** Sends the first `length` bytes; tells how many were taken, without waiting. @throws {@link SystemError} */
  send(socket: number, bytes: Uint8Array, length: number, descriptors: readonly number[] = NONE): number {
    let sent: number;
    if (bytes !== this.#bytes) {
      this.#bytes = bytes;
      this.#address = addressOf(this.#c, bytes.buffer) + bytes.byteOffset;
    }
    if (descriptors.length === 0) sent = this.#c.send(socket, this.#address, length, FLAGS.dontWait | FLAGS.noSignal);
    else {
      this.#out.point(this.#address, length);
      this.#out.pass(descriptors);
      sent = this.#c.sendmsg(socket, this.#out.address, FLAGS.dontWait | FLAGS.noSignal);
    }
    if (sent >= 0) return sent;
    const errno = this.#c.koffi.errno();
    if (errno === EAGAIN || errno === EINTR) return 0;
    throw new SystemError('send', errno);
  }
}

/** Where a buffer lies; one that is no part of a small array stays there. */
const addressOf = (c: LibC, buffer: ArrayBufferLike): number => Number(c.koffi.address(buffer));

/** A struct msghdr with one vector and room for descriptors. */
class Header {
  readonly address: number;
  readonly #view: DataView;
  readonly #vector: DataView;
  readonly #control: DataView;

  constructor(c: LibC) {
    // Buffers made so, and not as small arrays, stay where they are.
    const [message, vector, control] = [MESSAGE.size, 16, CONTROL.data + 4 * MAX_DESCRIPTORS].map((size) => new ArrayBuffer(size)) as [ArrayBuffer, ArrayBuffer, ArrayBuffer];
    this.address = addressOf(c, message);
    this.#view = new DataView(message);
    this.#vector = new DataView(vector);
    this.#control = new DataView(control);
    this.#view.setBigUint64(MESSAGE.vectors, BigInt(addressOf(c, vector)), true);
    this.#view.setBigUint64(MESSAGE.vectorCount, 1n, true);
    this.#view.setBigUint64(MESSAGE.control, BigInt(addressOf(c, control)), true);
  }

  point(address: number, length: number): void {
    this.#vector.setBigUint64(0, BigInt(address), true);
    this.#vector.setBigUint64(8, BigInt(length), true);
  }

  room(descriptors: number): void {
    this.#view.setUint32(MESSAGE.controlLength, CONTROL.data + 4 * descriptors, true);
  }

  /** @throws RangeError */
  pass(descriptors: readonly number[]): void {
    if (descriptors.length > MAX_DESCRIPTORS) throw new RangeError(`${descriptors.length} descriptors in one message: expected at most ${MAX_DESCRIPTORS}`);
    this.room(descriptors.length);
    this.#control.setUint32(0, CONTROL.data + 4 * descriptors.length, true);
    this.#control.setInt32(CONTROL.level, SOL_SOCKET, true);
    this.#control.setInt32(CONTROL.type, SCM_RIGHTS, true);
    descriptors.forEach((fd, index) => { this.#control.setInt32(CONTROL.data + 4 * index, fd, true); });
  }

  get controlLength(): number {
    return this.#view.getUint32(MESSAGE.controlLength, true);
  }

  get flags(): number {
    return this.#view.getUint32(MESSAGE.flags, true);
  }

  /** The kernel puts the descriptors of one call into one block. */
  descriptors(): readonly number[] {
    const control = this.#control;
    if (this.controlLength < CONTROL.data || control.getInt32(CONTROL.level, true) !== SOL_SOCKET || control.getInt32(CONTROL.type, true) !== SCM_RIGHTS) return NONE;
    const count = (control.getUint32(0, true) - CONTROL.data) >> 2;
    return Array.from({ length: count }, (_, index) => control.getInt32(CONTROL.data + 4 * index, true));
  }
}
