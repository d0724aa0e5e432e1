import { Socket } from 'node:net';
import { receiveMessageOnPort, type MessagePort } from 'node:worker_threads';

import { VfioUserError } from '../errors.ts';
import { FrameReader, type Frame } from '../frames.ts';
import { ERRNO, FLAG } from '../protocol.ts';
import { DmaServer } from './dma-server.ts';
import { mailboxOn, STATE, WANTED, WORD, WRITER, type Mailbox, type Notice, type Order } from './mailbox.ts';

/** Bytes read of the socket at a time. */
const READ_SIZE = 1 << 18;
/** Bytes that wait for a server that does not read, before no more of its requests are read. */
const MAX_BACKLOG = 8 << 20;

/** A socket that lets its owner know before its descriptor is closed, and may so be used for another. */
class WatchedSocket extends Socket {
  beforeClose: (error: Error | null) => void = () => undefined;

  override _destroy(error: Error | null, done: (error?: Error | null) => void): void {
    this.beforeClose(error);
    super._destroy(error, done);
  }
}

/**
 * Owns a client's socket, in a thread of its own: gives the caller its replies, serves the server's requests from the
 * memory that the caller lent, and sends what the caller could not send itself.
 */
export class SocketOwner {
  readonly #box: Mailbox;
  readonly #port: MessagePort;
  readonly #socket: WatchedSocket;
  readonly #frames = new FrameReader();
  readonly #dma = new DmaServer();
  readonly #replies: Uint8Array[] = [];
  /** This thread has the writer's lock. */
  #writing = false;
  #reading = true;
  #end: { readonly code: 'SOCKET' | 'PROTOCOL' | 'LOST'; readonly why: string } | undefined;

  constructor({ path, memory, port }: { readonly path: string; readonly memory: SharedArrayBuffer; readonly port: MessagePort }) {
    this.#box = mailboxOn(memory);
    this.#port = port;
    const buffer = new Uint8Array(READ_SIZE);
    // `onread` is an option of every socket; the types know it for those that are made by connecting.
    const options: object = { onread: { buffer, callback: (length: number) => this.#receive(buffer.subarray(0, length)) } };
    this.#socket = new WatchedSocket(options);
    this.#socket.beforeClose = (error) => { this.#gone(error); };
    // It was dealt with before the socket was closed.
    this.#socket.on('error', () => undefined);
    this.#socket.on('end', () => this.#fail('LOST', 'the server closed it'));
    this.#socket.on('close', () => { this.#port.close(); });
    this.#port.on('message', (order: Order) => { this.#obey(order); });
    this.#socket.connect(path, () => { this.#connected(); });
  }

  #connected(): void {
    const { words } = this.#box;
    // Not in Node's documentation, though in all its versions; without it the caller leaves all sending to this thread.
    const descriptor = (this.#socket as unknown as { readonly _handle?: { readonly fd?: unknown } })._handle?.fd;
    Atomics.store(words, WORD.descriptor, typeof descriptor === 'number' ? descriptor : -1);
    // The caller may have given up.
    if (Atomics.compareExchange(words, WORD.state, STATE.connecting, STATE.ready) !== STATE.connecting) return;
    this.#tell({ kind: 'ready' });
  }

  #obey(order: Order): void {
    switch (order.kind) {
      case 'send': this.#send(); return;
      case 'map': this.#dma.map(order.address, order.memory); return;
      case 'unmap': this.#dma.unmap(order.address); return;
      case 'messages': this.#dma.messages = order.address; return;
    }
  }

  /** @returns whether to go on reading */
  #receive(bytes: Uint8Array): boolean {
    try {
      this.#frames.push(bytes, (frame) => { this.#handle(frame); });
      if (this.#replies.length > 0) this.#send();
    } catch (error) {
      this.#fail(error instanceof VfioUserError ? 'PROTOCOL' : 'LOST', error instanceof Error ? error.message : String(error));
    }
    this.#reading = this.#socket.writableLength < MAX_BACKLOG;
    return this.#reading;
  }

  #handle(frame: Frame): void {
    if ((frame.flags & FLAG.typeMask) === FLAG.reply) {
      this.#answer(frame);
      return;
    }
    // What was lent before the server could make this request must be known before it is served.
    for (let given = receiveMessageOnPort(this.#port); given; given = receiveMessageOnPort(this.#port)) this.#obey(given.message as Order);
    const { reply, interrupt, refused } = this.#dma.serve(frame);
    // Whoever sees what a later request writes sees what this one wrote.
    Atomics.add(this.#box.words, WORD.served, 1);
    if (reply) this.#replies.push(reply);
    if (interrupt && Atomics.exchange(this.#box.words, WORD.interrupt, 1) === 0) this.#tell({ kind: 'interrupt' });
    if (refused && Atomics.add(this.#box.words, WORD.refused, 1) === 0) this.#tell({ kind: 'refused', ...refused });
  }

  #answer({ id, command, flags, errno, body }: Frame): void {
    const { words, reply } = this.#box;
    if (Atomics.load(words, WORD.wanted) !== id || Atomics.load(words, WORD.command) !== command) {
      throw new VfioUserError('PROTOCOL', `A reply to message ${id}, command ${command}, which nobody waits for`);
    }
    Atomics.store(words, WORD.errno, flags & FLAG.error ? errno || ERRNO.EIO : 0);
    Atomics.store(words, WORD.length, body.byteLength);
    reply.set(new Uint8Array(body.buffer, body.byteOffset, body.byteLength));
    Atomics.store(words, WORD.wanted, WANTED.answered);
    Atomics.notify(words, WORD.wanted);
  }

  /** Sends the outbox, which ends with a whole message, and then the replies. */
  #send(): void {
    if (this.#writing || this.#end || !this.#waiting) return;
    this.#lock();
    const { words, outbox } = this.#box;
    const [tail, head] = [Atomics.load(words, WORD.tail), Atomics.load(words, WORD.head)];
    const pieces: Uint8Array[] = this.#replies.splice(0);
    if (head > tail) pieces.unshift(outbox.slice(tail, head));
    let waiting = true;
    const sent = (error?: Error | null): void => {
      if (!waiting || error || this.#end) return;
      waiting = false;
      this.#sent(head);
    };
    this.#socket.write(pieces.length === 1 ? pieces[0]! : Buffer.concat(pieces), sent);
    // What the kernel took at once need not be waited for.
    if (this.#socket.writableLength === 0) sent();
  }

  #sent(head: number): void {
    const { words } = this.#box;
    Atomics.store(words, WORD.tail, head);
    Atomics.notify(words, WORD.tail);
    this.#unlock();
    if (!this.#reading) {
      this.#reading = true;
      this.#socket.resume();
    }
    // What came to the outbox meanwhile found the lock taken.
    this.#send();
  }

  /** There is something to send. */
  get #waiting(): boolean {
    const { words } = this.#box;
    return this.#replies.length > 0 || Atomics.load(words, WORD.head) > Atomics.load(words, WORD.tail);
  }

  /** The caller holds the lock for no longer than one system call that does not wait. */
  #lock(): void {
    const { words } = this.#box;
    while (Atomics.compareExchange(words, WORD.writer, WRITER.free, WRITER.socket) !== WRITER.free) Atomics.wait(words, WORD.writer, WRITER.caller, 1);
    this.#writing = true;
  }

  #unlock(): void {
    this.#writing = false;
    Atomics.store(this.#box.words, WORD.writer, WRITER.free);
  }

  #fail(code: 'SOCKET' | 'PROTOCOL' | 'LOST', why: string): void {
    this.#end ??= { code, why };
    this.#socket.destroy();
  }

  /** The descriptor is about to be closed: the caller must never write to it again, and wait for nothing. */
  #gone(error: Error | null): void {
    if (!this.#writing) this.#lock();
    const { words } = this.#box;
    const code = Atomics.load(words, WORD.state) === STATE.connecting ? 'SOCKET' : 'LOST';
    this.#end ??= { code, why: error?.message ?? 'it ended' };
    this.#tell({ kind: 'gone', ...this.#end });
    Atomics.store(words, WORD.state, STATE.gone);
    Atomics.store(words, WORD.descriptor, -1);
    Atomics.store(words, WORD.wanted, WANTED.lost);
    Atomics.notify(words, WORD.wanted);
    Atomics.notify(words, WORD.tail);
  }

  #tell(notice: Notice): void {
    this.#port.postMessage(notice);
  }
}
