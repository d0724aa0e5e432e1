import { createConnection, type Socket } from 'node:net';

import { FRAMES } from '@nova-stack/nova-core-api/wire';

import { FrameStream } from '../frame-stream.ts';
import { WAIT, type Notice, type Order, type ThreadStart } from './mailbox.ts';

/** Where in a frame its kind stands. */
const TYPE_AT = 4;

/** Owns a client's socket, so that the client's own thread may sleep for an answer. The core answers in the order of the requests. */
export class SocketThread {
  readonly #start: ThreadStart;
  readonly #socket: Socket;
  readonly #stream = new FrameStream();
  /** Of each request without an answer, whether somebody sleeps for it. */
  readonly #asked: boolean[] = [];
  #why = 'the core closed the connection';

  constructor(start: ThreadStart) {
    this.#start = start;
    this.#socket = createConnection(start.path, () => { this.#tell({ kind: 'ready' }); });
    this.#socket.on('data', (bytes) => { this.#receive(bytes); });
    this.#socket.on('error', (error) => { this.#why = error.message; });
    this.#socket.on('close', () => { this.#gone(); });
    start.port.on('message', ({ frame, asleep }: Order) => {
      this.#asked.push(asleep);
      this.#socket.write(frame);
    });
  }

  #receive(bytes: Buffer): void {
    this.#stream.push(bytes);
    try {
      for (let frame = this.#stream.next(); frame; frame = this.#stream.next()) this.#pass(new Uint8Array(frame));
    } catch (error) {
      this.#why = error instanceof Error ? error.message : String(error);
      this.#socket.destroy();
    }
  }

  #pass(frame: Uint8Array<ArrayBuffer>): void {
    const type = new DataView(frame.buffer).getUint16(TYPE_AT, true);
    if (type !== FRAMES.reply.number) {
      this.#tell({ kind: 'frame', frame }, [frame.buffer]);
      return;
    }
    const asleep = this.#asked.shift();
    if (asleep === undefined) throw new Error('an answer came that nobody had asked for');
    if (!asleep) {
      this.#tell({ kind: 'frame', frame }, [frame.buffer]);
      return;
    }
    const { word, answers } = this.#start;
    answers.postMessage(frame, [frame.buffer]);
    Atomics.compareExchange(word, 0, WAIT.none, WAIT.answered);
    Atomics.notify(word, 0);
  }

  #gone(): void {
    const { word } = this.#start;
    this.#tell({ kind: 'gone', why: this.#why });
    Atomics.store(word, 0, WAIT.gone);
    Atomics.notify(word, 0);
  }

  #tell(notice: Notice, transfer: readonly ArrayBuffer[] = []): void {
    this.#start.port.postMessage(notice, transfer);
  }
}
