/** Bytes that wait for a client before no more of its requests are read. */
export const MAX_BACKLOG: number = 8 << 20;
/** Bytes that wait before a client that does not read is cut off: a device may go on sending when its client is not read from. */
export const MAX_WAITING: number = 2 * MAX_BACKLOG;
/** What is answered to one read goes out in one write, up to so many bytes. */
export const BATCH: number = 1 << 16;

interface Chunk {
  readonly bytes: Uint8Array;
  start: number;
  end: number;
}

/** What goes to a client: gathered while its requests are worked on, kept where the client is slow. */
export class Outbox {
  readonly #write: (bytes: Uint8Array, length: number) => number;
  readonly #batch: Uint8Array = new Uint8Array(BATCH);
  readonly #backlog: Chunk[] = [];
  #gathered = 0;
  #holding = false;
  #waiting = 0;

  /** `write` takes as many of the first `length` bytes as it can at once, and tells how many that are; it keeps none of the buffer. */
  constructor(write: (bytes: Uint8Array, length: number) => number) {
    this.#write = write;
  }

  /** Bytes that could not be written yet. */
  get waiting(): number {
    return this.#waiting;
  }

  /** From here on, what is sent is gathered. */
  hold(): void {
    this.#holding = true;
  }

  release(): void {
    this.#holding = false;
    this.#flush();
  }

  /** Sends the first `length` bytes, which are only lent; what is the last of a batch, and the first, need not be gathered. */
  send(bytes: Uint8Array, length: number, last: boolean = false): void {
    if (this.#gathered + length > BATCH) this.#flush();
    if (!this.#holding || length > BATCH || (last && this.#gathered === 0)) {
      this.#put(bytes, length);
      return;
    }
    const batch = this.#batch;
    // The usual answer is shorter than what a copy by the runtime costs.
    if (length <= 64) for (let i = 0; i < length; i++) batch[this.#gathered + i] = bytes[i]!;
    else batch.set(bytes.subarray(0, length), this.#gathered);
    this.#gathered += length;
  }

  /** Writes what waits, as far as it goes. */
  drain(): void {
    for (let first = this.#backlog[0]; first; first = this.#backlog[0]) {
      const taken = this.#write(first.bytes.subarray(first.start, first.end), first.end - first.start);
      this.#waiting -= taken;
      first.start += taken;
      if (first.start < first.end) return;
      this.#backlog.shift();
    }
  }

  clear(): void {
    this.#backlog.length = 0;
    this.#gathered = 0;
    this.#waiting = 0;
  }

  #flush(): void {
    if (this.#gathered === 0) return;
    const length = this.#gathered;
    this.#gathered = 0;
    this.#put(this.#batch, length);
  }

  #put(bytes: Uint8Array, length: number): void {
    const taken = this.#waiting > 0 ? 0 : this.#write(bytes, length);
    if (taken === length) return;
    this.#keep(bytes, taken, length);
    this.#waiting += length - taken;
  }

  /** Many short messages share a piece of memory. */
  #keep(bytes: Uint8Array, from: number, to: number): void {
    const size = to - from;
    let last = this.#backlog.at(-1);
    if (!last || last.bytes.length - last.end < size) this.#backlog.push(last = { bytes: new Uint8Array(Math.max(BATCH, size)), start: 0, end: 0 });
    last.bytes.set(bytes.subarray(from, to), last.end);
    last.end += size;
  }
}
