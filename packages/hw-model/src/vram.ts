/** Bytes of one chunk of modelled VRAM: what a first touch costs, and the grain in which zeroes are given back. */
export const CHUNK = 1 << 20;

/** VRAM as plain data: only chunks that hold something. */
export interface VramState {
  readonly chunks: ReadonlyMap<number, Uint8Array>;
}

/**
 * The framebuffer: as large as the board says, as expensive as what was touched. Untouched memory reads zero.
 */
export class Vram {
  /** Bytes. */
  readonly size: number;
  #chunks = new Map<number, Uint8Array>();

  constructor(size: number) {
    this.size = size;
  }

  /** Bytes of host memory held. */
  get resident(): number {
    return this.#chunks.size * CHUNK;
  }

  read(address: number, into: Uint8Array): void {
    this.#check(address, into.length);
    for (let done = 0; done < into.length; ) {
      const at = address + done;
      const offset = at % CHUNK;
      const length = Math.min(CHUNK - offset, into.length - done);
      const chunk = this.#chunks.get((at - offset) / CHUNK);
      if (chunk) into.set(chunk.subarray(offset, offset + length), done);
      else into.fill(0, done, done + length);
      done += length;
    }
  }

  write(address: number, from: Uint8Array): void {
    this.#check(address, from.length);
    for (let done = 0; done < from.length; ) {
      const span = this.span(address + done, from.length - done);
      span.set(from.subarray(done, done + span.length));
      done += span.length;
    }
  }

  /** Fills with one byte; zero gives whole chunks back. */
  fill(address: number, length: number, byte: number): void {
    this.#check(address, length);
    const end = address + length;
    if (byte === 0) {
      // Over the chunks that exist, for the range may be most of a large card.
      for (const [index, chunk] of this.#chunks) {
        const start = index * CHUNK;
        if (start + CHUNK <= address || start >= end) continue;
        if (start >= address && start + CHUNK <= end) this.#chunks.delete(index);
        else chunk.fill(0, Math.max(0, address - start), Math.min(CHUNK, end - start));
      }
      return;
    }
    for (let at = address; at < end; ) {
      const span = this.span(at, end - at);
      span.fill(byte);
      at += span.length;
    }
  }

  /** The bytes from `address` on in place, at most `length` of them, at least one: up to the end of their chunk. */
  span(address: number, length: number): Uint8Array {
    this.#check(address, length);
    const offset = address % CHUNK;
    const index = (address - offset) / CHUNK;
    let chunk = this.#chunks.get(index);
    if (!chunk) this.#chunks.set(index, (chunk = new Uint8Array(CHUNK)));
    return chunk.subarray(offset, Math.min(CHUNK, offset + length));
  }

  state(): VramState {
    return { chunks: new Map([...this.#chunks].sort(([a], [b]) => a - b).map(([index, bytes]) => [index, bytes.slice()])) };
  }

  restore({ chunks }: VramState): void {
    this.#chunks = new Map([...chunks].map(([index, bytes]) => [index, bytes.slice()]));
  }

  clear(): void {
    this.#chunks.clear();
  }

  #check(address: number, length: number): void {
    if (!Number.isSafeInteger(address) || address < 0 || length < 0 || address + length > this.size) {
      throw new RangeError(`VRAM has no ${length} bytes at 0x${address.toString(16)}: it ends at 0x${this.size.toString(16)}`);
    }
  }
}
