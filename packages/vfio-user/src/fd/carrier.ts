import { CLOSED_BY_CLIENT, READS_NOTHING, type Accept, type Carrier, type Connection, type Conversation, type Listening } from '../carrier.ts';
import { MAX_BACKLOG, MAX_WAITING, Outbox } from '../outbox.ts';
import type { Descriptors, Watch } from './descriptors.ts';
import { SystemError } from './errors.ts';
import { MAX_DESCRIPTORS } from './messages.ts';

/**
 * Sockets that bring descriptors. The event loop says when there is something to read; then it is taken, up to some reads:
 * so every client, and whatever else the process does, has its turn.
 */
export function descriptorCarrier(descriptors: Descriptors): Carrier {
  return {
    descriptors,
    listen(path, accept): Promise<Listening> {
      const listener = descriptors.listen(path);
      const watch = descriptors.watch(listener, { readable: true }, () => {
        const socket = acceptOne(descriptors, listener);
        if (socket !== undefined) new Peer(descriptors, socket, accept);
      });
      let open = true;
      return Promise.resolve({
        close() {
          if (open) {
            watch.close();
            descriptors.close(listener);
          }
          open = false;
          return Promise.resolve();
        },
      });
    },
  };
}

/** A client that cannot be had now, as too much is open, is asked for again in the next turn. */
function acceptOne(descriptors: Descriptors, listener: number): number | undefined {
  try {
    return descriptors.accept(listener);
  } catch (error) {
    if (error instanceof SystemError) return undefined;
    throw error;
  }
}

/** Most reads of one client, and bytes after which there is no further one, in one turn of the event loop. */
const READS = 64;
const TURN = 4 << 20;

/** One client's socket. */
class Peer implements Connection {
  readonly #descriptors: Descriptors;
  readonly #socket: number;
  readonly #outbox: Outbox;
  #conversation: Conversation | undefined;
  #watch: Watch | undefined;
  #open = true;
  /** Bytes that may still be read in this turn. */
  #left = 0;
  #reading = true;
  /** Why it is over. */
  #ended: string | undefined;
  #watched = { readable: true, writable: false };

  constructor(descriptors: Descriptors, socket: number, accept: Accept) {
    this.#descriptors = descriptors;
    this.#socket = socket;
    this.#outbox = new Outbox((bytes, length) => (this.#open ? descriptors.send(socket, bytes, length) : length));
    const given = accept(this);
    if (given instanceof Promise) void given.then((conversation) => { this.#begin(conversation); });
    else this.#begin(given);
  }

  #begin(conversation: Conversation): void {
    this.#conversation = conversation;
    if (this.#open) this.#watch = this.#descriptors.watch(this.#socket, { readable: true }, () => { this.#ready(); });
    else if (this.#ended !== undefined) this.#part(this.#ended);
  }

  get congested(): boolean {
    return this.#outbox.waiting > MAX_BACKLOG;
  }

  send(bytes: Uint8Array, length: number, last: boolean): void {
    if (!this.#open) return;
    try {
      this.#outbox.send(bytes, length, last);
    } catch (error) {
      this.#fail(error);
      return;
    }
    this.#watchOn();
  }

  close(): void {
    this.#end(CLOSED_BY_CLIENT);
  }

  #ready(): void {
    if (!this.#open) return;
    try {
      this.#goOn();
    } catch (error) {
      this.#fail(error);
      return;
    }
    this.#watchOn();
  }

  #goOn(): void {
    const outbox = this.#outbox;
    if (outbox.waiting > 0) outbox.drain();
    if (!this.#reading) {
      // One that was stopped goes on when everything is written.
      if (outbox.waiting === 0 && this.#resumed()) this.#reading = true;
      return;
    }
    // Whoever waits for an answer asks again at once: it is worth to look again before the event loop does.
    this.#left = TURN;
    for (let times = 0; times < READS && this.#left > 0 && this.#receive(); times++);
  }

  /** Takes what there is; false when there is nothing. What one read brought is answered in one write. */
  #receive(): boolean {
    const { bytes, length, descriptors, truncated } = this.#descriptors.receive(this.#socket);
    if (length < 0) return false;
    if (length === 0) {
      this.#end(CLOSED_BY_CLIENT);
      return false;
    }
    if (truncated) {
      for (const fd of descriptors) this.#descriptors.close(fd);
      throw new Error(`it passed more than ${MAX_DESCRIPTORS} descriptors at once, or more than this process may have`);
    }
    this.#left -= length;
    this.#outbox.hold();
    try {
      this.#conversation!.receive(bytes, length, descriptors);
    } finally {
      this.#outbox.release();
    }
    if (this.congested) this.#reading = false;
    return this.#open && this.#reading;
  }

  #resumed(): boolean {
    this.#outbox.hold();
    try {
      return this.#conversation!.resume();
    } finally {
      this.#outbox.release();
    }
  }

  #fail(error: unknown): void {
    this.#end(error instanceof Error ? error.message : String(error));
  }

  /** Has the socket watched for what is needed now. */
  #watchOn(): void {
    const { waiting } = this.#outbox;
    if (waiting > MAX_WAITING) this.#end(READS_NOTHING);
    if (!this.#open) return;
    if (waiting > MAX_BACKLOG) this.#reading = false;
    const [readable, writable] = [this.#reading, waiting > 0 || !this.#reading];
    if (readable === this.#watched.readable && writable === this.#watched.writable) return;
    this.#watched = { readable, writable };
    this.#watch?.change(this.#watched);
  }

  #end(why: string): void {
    if (!this.#open) return;
    this.#open = false;
    this.#watch?.close();
    this.#descriptors.close(this.#socket);
    this.#outbox.clear();
    this.#ended = why;
    if (this.#conversation) this.#part(why);
  }

  /** Says that it is over: not to one that is not there yet, and in a later turn. */
  #part(why: string): void {
    setImmediate(() => { this.#conversation?.gone(why); });
  }
}
