import type { AccessSize } from '@nova-stack/pci';

/** Bytes of one chunk of modelled VRAM: what a first touch costs, and the grain in which zeroes are given back. */
export const CHUNK: number = 1 << 18;

/** VRAM as plain data: only chunks that were touched. */
export interface VramState {
  readonly chunks: ReadonlyMap<number, Uint8Array>;
}

/** The framebuffer: as large as the board says, as expensive as what was touched. Untouched memory reads zero. */
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

  /** Reads 1, 2 or 4 bytes, little endian; `address` is aligned to `size`. */
  load(address: number, size: AccessSize): number {
    if (address < 0 || address + size > this.size) this.#refuse(address, size);
    const offset = address % CHUNK;
    const chunk = this.#chunks.get((address - offset) / CHUNK);
    if (chunk === undefined) return 0;
    const low = chunk[offset]!;
    if (size === 1) return low;
    if (size === 2) return low | (chunk[offset + 1]! << 8);
    return (low | (chunk[offset + 1]! << 8) | (chunk[offset + 2]! << 16) | (chunk[offset + 3]! << 24)) >>> 0;
  }

  /** Writes 1, 2 or 4 bytes; `address` is aligned to `size`. */
  store(address: number, size: AccessSize, value: number): void {
    const span = this.span(address, size);
    if (span.length < size) this.#refuse(address, size);
    for (let i = 0; i < size; i++) span[i] = value >>> (8 * i);
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
    if ((byte & 0xff) === 0) {
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

  /** The bytes from `address` on in place, at most `length` of them, at least one if `length` is: up to the end of their chunk. */
  span(address: number, length: number): Uint8Array {
    this.#check(address, length);
    const offset = address % CHUNK;
    const index = (address - offset) / CHUNK;
    let chunk = this.#chunks.get(index);
    if (chunk === undefined) {
      if (length === 0) return new Uint8Array(0);
      // The last chunk of a card may be cut short.
      this.#chunks.set(index, (chunk = new Uint8Array(Math.min(CHUNK, this.size - index * CHUNK))));
    }
    return chunk.subarray(offset, offset + length);
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
    if (!Number.isSafeInteger(address) || !Number.isSafeInteger(length) || address < 0 || length < 0 || address + length > this.size) {
      this.#refuse(address, length);
    }
  }

  #refuse(address: number, length: number): never {
    throw new RangeError(`VRAM has no ${length} bytes at 0x${address.toString(16)}: it ends at 0x${this.size.toString(16)}`);
  }
}
