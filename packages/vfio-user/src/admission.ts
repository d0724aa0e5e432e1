import type { Connection, Conversation } from './carrier.ts';
import { ERRNO, FLAG, HEADER } from './protocol.ts';

/** A server may hear of a client's end after the next one has called: so long that one waits for it, in milliseconds. */
const PATIENCE = 250;
/** A client that is turned away is told why when it says something; one that says nothing is not kept for longer, in milliseconds. */
const SILENCE = 1000;
/** Most clients that wait, or are being turned away, at a time; further ones are cut off at once. */
const MOST = 16;

/** Lets one client at a time talk to a device; one that calls while another is there waits a moment for that to end. */
export class Admission {
  readonly #begin: (connection: Connection) => Conversation;
  readonly #refused: () => void;
  readonly #waiting = new Map<Connection, () => void>();
  readonly #turnedAway = new Set<Connection>();
  readonly #discard: (descriptor: number) => void;
  #current: Connection | undefined;
  #closed = false;

  /**
   * @param begin - starts the conversation with a client
   * @param refused - hears of each that was turned away
   * @param discard - closes a descriptor that such a client passed
   */
  constructor(begin: (connection: Connection) => Conversation, refused: () => void, discard: (descriptor: number) => void) {
    this.#discard = discard;
    this.#begin = begin;
    this.#refused = refused;
  }

  /** A client is here. */
  get taken(): boolean {
    return this.#current !== undefined;
  }

  /** Who calls first talks first; nothing is read from those that wait. */
  admit(connection: Connection): Conversation | Promise<Conversation> {
    if (this.#current === undefined) return this.#take(connection);
    if (this.#waiting.size + this.#turnedAway.size >= MOST) {
      connection.close();
      this.#refused();
      return NOBODY;
    }
    return new Promise((resolve) => {
      const settle = (): void => {
        clearTimeout(timer);
        this.#waiting.delete(connection);
        resolve(this.#closed ? NOBODY : this.#current === undefined ? this.#take(connection) : this.#turnAway(connection));
      };
      const timer = setTimeout(settle, PATIENCE);
      this.#waiting.set(connection, settle);
    });
  }

  /** Ends everything. */
  close(): void {
    this.#closed = true;
    for (const connection of [this.#current, ...this.#waiting.keys(), ...this.#turnedAway]) connection?.close();
    for (const settle of [...this.#waiting.values()]) settle();
  }

  #take(connection: Connection): Conversation {
    this.#current = connection;
    const conversation = this.#begin(connection);
    return {
      receive: (bytes, length, descriptors) => { conversation.receive(bytes, length, descriptors); },
      resume: () => conversation.resume(),
      gone: (why) => {
        conversation.gone(why);
        this.#current = undefined;
        const [next] = this.#waiting.values();
        next?.();
      },
    };
  }

  /** The first thing that the client asks is answered with EBUSY. */
  #turnAway(connection: Connection): Conversation {
    this.#refused();
    this.#turnedAway.add(connection);
    const timer = setTimeout(() => { connection.close(); }, SILENCE);
    const header = new Uint8Array(HEADER.size);
    let have = 0;
    return {
      receive: (bytes, length, descriptors) => {
        for (const descriptor of descriptors) this.#discard(descriptor);
        for (let at = 0; at < length && have < HEADER.size; at++) header[have++] = bytes[at]!;
        if (have < HEADER.size) return;
        const view = new DataView(header.buffer);
        view.setUint32(HEADER.length, HEADER.size, true);
        view.setUint32(HEADER.flags, FLAG.reply | FLAG.error, true);
        view.setUint32(HEADER.errno, ERRNO.EBUSY, true);
        connection.send(header, HEADER.size, true);
        connection.close();
      },
      resume: () => true,
      gone: () => {
        clearTimeout(timer);
        this.#turnedAway.delete(connection);
      },
    };
  }
}

/** The conversation with one that was cut off. */
const NOBODY: Conversation = { receive: () => undefined, resume: () => true, gone: () => undefined };
