import type { DmaRequest } from './dma.ts';
import { PciError, hex } from './errors.ts';
import { isPowerOfTwo } from './bar.ts';

/** Granularity of a mapping in bytes: what follows a buffer in its last page reads zero and takes no writes. */
export const DMA_PAGE = 4096;

/** Memory that devices can reach. */
export interface DmaRange {
  readonly address: number;
  /** Bytes. */
  readonly size: number;
  readonly bytes: Uint8Array;
}

/** A part of the address space that addresses are given out from; both ends in bytes, the second one not included. */
export interface DmaWindow {
  readonly start: number;
  readonly end: number;
}

/** Bus addresses and the memory behind them: ranges sorted by address, found by binary search. */
export class DmaSpace {
  readonly #starts: number[] = [];
  readonly #ranges: DmaRange[] = [];
  /** Where the search for room in the window that starts there goes on, so that an address given back is not soon used again. */
  readonly #cursors = new Map<number, number>();
  #last: DmaRange | undefined;

  get ranges(): readonly DmaRange[] {
    return this.#ranges;
  }

  /**
   * Makes `bytes` reachable at `address`.
   *
   * @throws {@link PciError} `OUT_OF_RANGE`, `UNALIGNED`, `BUSY` when something is there already.
   */
  map(address: number, bytes: Uint8Array): DmaRange {
    if (!Number.isSafeInteger(address) || address < 0 || bytes.length === 0 || !Number.isSafeInteger(address + pages(bytes.length))) {
      throw new PciError('OUT_OF_RANGE', `Cannot map ${bytes.length} bytes at ${hex(address)}: expected at least one byte below 2^53`);
    }
    if (address % DMA_PAGE !== 0) throw new PciError('UNALIGNED', `Cannot map at ${hex(address)}: expected a multiple of ${DMA_PAGE}`);
    const index = this.#after(address);
    const before = this.#ranges[index - 1];
    const next = this.#ranges[index];
    const clash = before && before.address + pages(before.size) > address ? before
      : next && address + pages(bytes.length) > next.address ? next : undefined;
    if (clash) throw new PciError('BUSY', `Cannot map ${bytes.length} bytes at ${hex(address)}: ${clash.size} bytes are mapped at ${hex(clash.address)}`);
    const range = { address, size: bytes.length, bytes };
    this.#starts.splice(index, 0, address);
    this.#ranges.splice(index, 0, range);
    return range;
  }

  /** @throws {@link PciError} `OUT_OF_RANGE` unless a mapping begins at `address`. */
  unmap(address: number): void {
    const index = this.#after(address) - 1;
    if (this.#starts[index] !== address) throw new PciError('OUT_OF_RANGE', `Nothing is mapped from ${hex(address)} on`);
    this.#starts.splice(index, 1);
    this.#ranges.splice(index, 1);
    this.#last = undefined;
  }

  /** The mapping that `address` lies in. */
  find(address: number): DmaRange | undefined {
    const last = this.#last;
    if (last && address >= last.address && address < last.address + pages(last.size)) return last;
    const range = this.#ranges[this.#after(address) - 1];
    if (!range || address >= range.address + pages(range.size)) return undefined;
    return (this.#last = range);
  }

  /**
   * Finds `size` free bytes in `window`, with a free page behind them where that is possible, so that a device that
   * goes beyond its memory meets a bus error.
   *
   * @returns Undefined when there is no room.
   * @throws {@link PciError} `BAD_VALUE` for an alignment that is no power of two.
   */
  room(window: DmaWindow, size: number, align: number = DMA_PAGE): number | undefined {
    if (!isPowerOfTwo(align)) throw new PciError('BAD_VALUE', `Alignment is ${align}: expected a power of two`);
    const step = Math.max(align, DMA_PAGE);
    const cursor = this.#cursors.get(window.start) ?? window.start;
    const found = this.#search(cursor, window.end, pages(size), step) ?? this.#search(window.start, window.end, pages(size), step);
    if (found !== undefined) this.#cursors.set(window.start, found + pages(size) + DMA_PAGE);
    return found;
  }

  /**
   * Carries out a request, over as many mappings as it spans.
   *
   * @returns False when part of it is not mapped; the part before it is done then.
   */
  perform(request: DmaRequest): boolean {
    const buffer = request.op === 'read' ? request.into : request.from;
    for (let done = 0; done < buffer.length;) {
      const address = request.address + done;
      const range = this.find(address);
      if (!range) return false;
      const offset = address - range.address;
      const inBytes = range.size - offset;
      if (inBytes > 0) {
        const length = Math.min(inBytes, buffer.length - done);
        if (request.op === 'read') copy(range.bytes, offset, request.into, done, length);
        else copy(request.from, done, range.bytes, offset, length);
        done += length;
      } else {
        const length = Math.min(pages(range.size) - offset, buffer.length - done);
        if (request.op === 'read') request.into.fill(0, done, done + length);
        done += length;
      }
    }
    return true;
  }

  /** Index of the first mapping that begins after `address`. */
  #after(address: number): number {
    let [low, high] = [0, this.#starts.length];
    while (low < high) {
      const middle = (low + high) >>> 1;
      if (this.#starts[middle]! <= address) low = middle + 1;
      else high = middle;
    }
    return low;
  }

  #search(from: number, end: number, size: number, step: number): number | undefined {
    let address = Math.ceil(from / step) * step;
    let index = this.#after(address);
    const before = this.#ranges[index - 1];
    if (before && before.address + pages(before.size) > address) address = Math.ceil((before.address + pages(before.size)) / step) * step;
    for (; index < this.#ranges.length && address + size > this.#starts[index]!; index++) {
      const { address: start, size: taken } = this.#ranges[index]!;
      if (start + pages(taken) > address) address = Math.ceil((start + pages(taken)) / step) * step;
    }
    return address + size <= end ? address : undefined;
  }
}

const pages = (size: number): number => Math.ceil(size / DMA_PAGE) * DMA_PAGE;

function copy(from: Uint8Array, start: number, into: Uint8Array, at: number, length: number): void {
  // Below this many bytes a loop is cheaper than a view of the part.
  if (length <= 32) for (let i = 0; i < length; i++) into[at + i] = from[start + i]!;
  else into.set(start === 0 && length === from.length ? from : from.subarray(start, start + length), at);
}
