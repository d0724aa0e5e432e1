import { writeSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import { performance } from 'node:perf_hooks';

import { VfioUserError } from '../errors.ts';
import { BODY, COMMAND, FLAG, HEADER } from '../protocol.ts';
import { STATE, WANTED, WORD, WRITER, OUTBOX, type Mailbox, type Order } from './mailbox.ts';
import { PostedWrites } from './posted-writes.ts';

export interface CallerOptions {
  readonly box: Mailbox;
  /** Tells the socket's thread; never waits. */
  readonly tell: (order: Order) => void;
  /** Longest wait for one reply, or for room in the outbox, in milliseconds. */
  readonly timeout: number;
  /** The server broke the protocol, or was silent for too long: nothing that it says later may be heard. */
  readonly abandon: (why: VfioUserError) => void;
}

/** A reply; its body is lent until the next request. */
export interface Reply {
  readonly errno: number;
  readonly body: DataView;
}

/**
 * Looks at the mailbox before the thread goes to sleep. Where processors are few, a thread that looks takes the server's
 * away from it: a register read takes longer then, not shorter.
 */
const LOOKS = availableParallelism() >= 4 ? 2000 : 0;

/** A head of a request for a region: header, offset, region, count. */
const ACCESS_SIZE = HEADER.size + BODY.regionAccess;

/**
 * The caller's end of a mailbox: makes requests and waits for their replies, on a sleeping thread. What is to be sent is
 * sent from here where the socket takes it at once; the socket's thread need not wake for it.
 */
export class Caller {
  readonly #box: Mailbox;
  readonly #tell: (order: Order) => void;
  readonly #timeout: number;
  readonly #abandon: (why: VfioUserError) => void;
  readonly #out: DataView<SharedArrayBuffer>;
  readonly #reply: DataView<SharedArrayBuffer>;
  readonly #posted = new PostedWrites();
  #id = 0;
  /** The server takes many writes in one message. */
  multiple = false;

  constructor({ box, tell, timeout, abandon }: CallerOptions) {
    this.#box = box;
    this.#tell = tell;
    this.#timeout = timeout;
    this.#abandon = abandon;
    this.#out = new DataView(box.outbox.buffer, box.outbox.byteOffset, box.outbox.byteLength);
    this.#reply = new DataView(box.reply.buffer, box.reply.byteOffset, box.reply.byteLength);
  }

  /** The connection has ended; nothing is asked or sent any more. */
  get gone(): boolean {
    return Atomics.load(this.#box.words, WORD.state) === STATE.gone;
  }

  /** @throws {@link VfioUserError} `TIMEOUT`, `LOST`. */
  request(command: number, body: Uint8Array): Reply {
    if (this.gone) throw this.#lost();
    this.settle();
    const at = this.#begin(command, FLAG.request, body.length);
    this.#box.outbox.set(body, at + HEADER.size);
    return this.#ask(command, at + HEADER.size + body.length);
  }

  /**
   * Asks for `count` bytes of a region.
   *
   * @throws {@link VfioUserError} `TIMEOUT`, `LOST`, and `PROTOCOL` for a reply of another size.
   */
  read(region: number, offset: number, count: number): Reply {
    if (this.gone) throw this.#lost();
    if (this.#posted.count > 0) this.settle();
    const at = this.#access(COMMAND.regionRead, FLAG.request, region, offset, count, 0);
    const reply = this.#ask(COMMAND.regionRead, at + ACCESS_SIZE);
    if (reply.errno !== 0) return reply;
    const { body } = reply;
    if (body.byteLength !== BODY.regionAccess + count || body.getUint32(12, true) !== count) {
      throw this.#end(new VfioUserError('PROTOCOL', `A read of ${count} bytes of region ${region} was answered with ${body.byteLength - BODY.regionAccess}`));
    }
    return { errno: 0, body: new DataView(body.buffer, body.byteOffset + BODY.regionAccess, count) };
  }

  /** Writes and waits until it is done. @throws {@link VfioUserError} `TIMEOUT`, `LOST`. */
  write(region: number, offset: number, from: Uint8Array): Reply {
    if (this.gone) throw this.#lost();
    if (this.#posted.count > 0) this.settle();
    const at = this.#access(COMMAND.regionWrite, FLAG.request, region, offset, from.length, from.length);
    this.#box.outbox.set(from, at + ACCESS_SIZE);
    return this.#ask(COMMAND.regionWrite, at + ACCESS_SIZE + from.length);
  }

  /**
   * Writes 1, 2 or 4 bytes and does not wait. What is written so is sent with the next request, or when the running code
   * has come to a stop.
   *
   * @throws {@link VfioUserError} `TIMEOUT` when the server reads no more.
   */
  post(region: number, offset: number, size: number, value: number): void {
    if (this.#posted.count === 0) queueMicrotask(() => { this.#flushLater(); });
    this.#posted.add(region, offset, size, value);
    if (this.#posted.full) this.settle();
  }

  /** Writes a block and does not wait. @throws {@link VfioUserError} `TIMEOUT`. */
  postBlock(region: number, offset: number, from: Uint8Array): void {
    this.settle();
    if (this.gone) return;
    const at = this.#access(COMMAND.regionWrite, FLAG.request | FLAG.noReply, region, offset, from.length, from.length);
    this.#box.outbox.set(from, at + ACCESS_SIZE);
    this.#send(at + ACCESS_SIZE + from.length);
  }

  /** Sends what was posted. @throws {@link VfioUserError} `TIMEOUT`. */
  settle(): void {
    const posted = this.#posted;
    const { count } = posted;
    if (count === 0) return;
    if (this.gone) {
      posted.clear();
      return;
    }
    if (this.multiple && count > 1) {
      const bytes = posted.take();
      const at = this.#begin(COMMAND.regionWriteMulti, FLAG.request | FLAG.noReply, bytes.length);
      this.#box.outbox.set(bytes, at + HEADER.size);
      this.#send(at + HEADER.size + bytes.length);
      return;
    }
    let end = 0;
    for (let i = 0; i < count; i++) {
      const { region, offset, size, value } = posted.at(i);
      const at = this.#access(COMMAND.regionWrite, FLAG.request | FLAG.noReply, region, offset, size, size);
      for (let byte = 0; byte < size; byte++) this.#out.setUint8(at + ACCESS_SIZE + byte, value >>> (8 * byte));
      end = at + ACCESS_SIZE + size;
      Atomics.store(this.#box.words, WORD.head, end);
    }
    posted.clear();
    this.#send(end);
  }

  /** Nobody is there to hear of an error any more; the next access will find the connection ended. */
  #flushLater(): void {
    try {
      this.settle();
    } catch (error) {
      if (!(error instanceof VfioUserError)) throw error;
    }
  }

  #access(command: number, flags: number, region: number, offset: number, count: number, data: number): number {
    const at = this.#begin(command, flags, BODY.regionAccess + data);
    const out = this.#out;
    const body = at + HEADER.size;
    out.setUint32(body, offset % 2 ** 32, true);
    out.setUint32(body + 4, Math.floor(offset / 2 ** 32), true);
    out.setUint32(body + 8, region, true);
    out.setUint32(body + 12, count, true);
    return at;
  }

  /** Writes a header into the outbox, in which there is room for the body then; tells where. */
  #begin(command: number, flags: number, size: number): number {
    const at = this.#room(HEADER.size + size);
    const out = this.#out;
    this.#id = (this.#id + 1) & 0xffff;
    out.setUint16(at + HEADER.id, this.#id, true);
    out.setUint16(at + HEADER.command, command, true);
    out.setUint32(at + HEADER.length, HEADER.size + size, true);
    out.setUint32(at + HEADER.flags, flags, true);
    out.setUint32(at + HEADER.errno, 0, true);
    return at;
  }

  /** Room for `size` bytes behind what waits in the outbox; waits for the server to read where there is none. */
  #room(size: number): number {
    const { words } = this.#box;
    const head = Atomics.load(words, WORD.head);
    if (head + size <= OUTBOX) return head;
    const deadline = performance.now() + this.#timeout;
    for (;;) {
      const tail = Atomics.load(words, WORD.tail);
      if (tail === head && this.#lock()) {
        Atomics.store(words, WORD.head, 0);
        Atomics.store(words, WORD.tail, 0);
        this.#unlock();
        return 0;
      }
      if (this.gone) throw this.#lost();
      const left = deadline - performance.now();
      if (left <= 0) throw this.#end(new VfioUserError('TIMEOUT', `The server has not read what it was sent for ${this.#timeout} ms`));
      if (tail !== head) Atomics.wait(words, WORD.tail, tail, left);
      else Atomics.wait(words, WORD.writer, WRITER.socket, Math.min(left, 1));
    }
  }

  #ask(command: number, end: number): Reply {
    const { words } = this.#box;
    const id = this.#id;
    Atomics.store(words, WORD.command, command);
    Atomics.store(words, WORD.wanted, id);
    this.#send(end);
    for (let looks = LOOKS; looks > 0 && Atomics.load(words, WORD.wanted) === id; looks--);
    let deadline = 0;
    while (Atomics.load(words, WORD.wanted) === id) {
      if (this.gone) break;
      const now = performance.now();
      if (deadline === 0) deadline = now + this.#timeout;
      const left = deadline - now;
      if (left <= 0) throw this.#end(new VfioUserError('TIMEOUT', `The server has not answered command ${command} for ${this.#timeout} ms`));
      Atomics.wait(words, WORD.wanted, id, left);
    }
    if (Atomics.load(words, WORD.wanted) !== WANTED.answered) throw this.#lost();
    const { buffer, byteOffset } = this.#reply;
    return { errno: Atomics.load(words, WORD.errno), body: new DataView(buffer, byteOffset, Atomics.load(words, WORD.length)) };
  }

  /** Sends what is in the outbox up to `end`, or lets the socket's thread do it where the socket does not take it now. */
  #send(end: number): void {
    const { words, outbox } = this.#box;
    Atomics.store(words, WORD.head, end);
    // A thread that holds the lock looks at the outbox again when it lets go.
    if (!this.#lock()) return;
    const descriptor = Atomics.load(words, WORD.descriptor);
    let tail = Atomics.load(words, WORD.tail);
    try {
      if (descriptor >= 0) tail += writeSync(descriptor, outbox, tail, end - tail);
    } catch {
      // A full socket, or one whose other end is gone: the socket's thread will find out which.
    }
    // All is sent: what comes next begins at the front again.
    Atomics.store(words, WORD.head, tail === end ? 0 : end);
    Atomics.store(words, WORD.tail, tail === end ? 0 : tail);
    this.#unlock();
    if (tail < end) this.#tell({ kind: 'send' });
  }

  #lock(): boolean {
    return Atomics.compareExchange(this.#box.words, WORD.writer, WRITER.free, WRITER.caller) === WRITER.free;
  }

  #unlock(): void {
    Atomics.store(this.#box.words, WORD.writer, WRITER.free);
  }

  #lost(): VfioUserError {
    return new VfioUserError('LOST', 'The connection to the server has ended');
  }

  /** Ends the connection for the reason given. */
  #end(error: VfioUserError): VfioUserError {
    Atomics.store(this.#box.words, WORD.state, STATE.gone);
    this.#abandon(error);
    return error;
  }
}
