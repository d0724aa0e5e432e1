import { DrmError } from '../errors.ts';
import type { Memory } from './memory.ts';

export interface GemFacts {
  /** Bytes, in whole pages; the memory may have more. */
  readonly size: number;
  /** Bits of `GEM_DOMAIN`; 0 in nova's interface, which has none. */
  readonly domain: number;
  readonly tileMode: number;
  readonly tileFlags: number;
  /** Where the file shows it to `mmap`. */
  readonly mapOffset: bigint;
}

/** A buffer. It lives as long as somebody holds it: a handle, a mapping of the CPU, or one of the GPU. */
export class GemObject {
  readonly facts: GemFacts;
  readonly memory: Memory;
  #holders = 1;
  #released: Promise<void> | undefined;

  /** Is held once: by its maker. */
  constructor(memory: Memory, facts: GemFacts) {
    this.memory = memory;
    this.facts = facts;
  }

  get size(): number {
    return this.facts.size;
  }

  hold(): this {
    this.#holders++;
    return this;
  }

  /** Resolves when its memory was given back, if nobody holds it any more. */
  async drop(): Promise<void> {
    if (--this.#holders === 0) this.#released = this.memory.release();
    await this.#released;
  }

  /** @throws {DrmError} `EINVAL` */
  inside(offset: number, length: number): void {
    if (!(offset >= 0 && offset + length <= this.size)) throw new DrmError('EINVAL', `${length} bytes at ${offset} are outside the buffer of ${this.size} bytes`);
  }
}

/** Offsets of a file at which objects are mapped: above all handles, never the same twice. linux: drivers/gpu/drm/drm_vma_manager.c */
export class MapOffsets {
  #next = 0x1_0000_0000n;

  /** For an object of `size` bytes, in whole pages. */
  next(size: number): bigint {
    const offset = this.#next;
    this.#next += BigInt(size);
    return offset;
  }
}
