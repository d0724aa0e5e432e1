import { Refusal } from './errors.ts';
import { ERRNO, MAX_DMA_MAPS } from './protocol.ts';

/** Guest memory that a client announced. */
export interface DmaRange {
  /** Guest address. */
  readonly address: number;
  /** Bytes. */
  readonly size: number;
  /** Offset in the memory's file. */
  readonly offset: number;
  readonly readable: boolean;
  readonly writable: boolean;
}

/** What a client's device may reach: ranges that do not overlap, found by binary search, for there may be thousands. */
export class DmaMap {
  readonly #ranges: DmaRange[] = [];
  #last: DmaRange | undefined;

  get size(): number {
    return this.#ranges.length;
  }

  /** @throws Refusal EINVAL, EEXIST, ENOSPC. */
  map(range: DmaRange): void {
    const { address, size } = range;
    if (size <= 0 || !Number.isSafeInteger(address + size)) throw new Refusal(ERRNO.EINVAL, `a range of ${size} bytes at 0x${address.toString(16)}: expected at least one byte, below 2^53`);
    if (this.#ranges.length >= MAX_DMA_MAPS) throw new Refusal(ERRNO.ENOSPC, `there are ${MAX_DMA_MAPS} ranges already`);
    const index = this.#after(address);
    const [before, next] = [this.#ranges[index - 1], this.#ranges[index]];
    if ((before && before.address + before.size > address) || (next && address + size > next.address)) {
      throw new Refusal(ERRNO.EEXIST, `the range at 0x${address.toString(16)}, ${size} bytes, overlaps another one`);
    }
    this.#ranges.splice(index, 0, range);
    this.#last = undefined;
  }

  /** Takes away every range inside the given one; tells how many. @throws Refusal EINVAL when there is none, or it would cut one. */
  unmap(address: number, size: number): number {
    const first = this.#ranges[this.#after(address) - 1]?.address === address ? this.#after(address) - 1 : this.#after(address);
    let end = first;
    while (end < this.#ranges.length && this.#ranges[end]!.address + this.#ranges[end]!.size <= address + size) end++;
    const cut = [this.#ranges[first - 1], this.#ranges[end]].some((range) => range && range.address < address + size && address < range.address + range.size);
    if (cut || end === first) throw new Refusal(ERRNO.EINVAL, `no ranges lie in ${size} bytes from 0x${address.toString(16)} on, or one only in part`);
    this.#ranges.splice(first, end - first);
    this.#last = undefined;
    return end - first;
  }

  clear(): number {
    this.#last = undefined;
    return this.#ranges.splice(0).length;
  }

  /** The range that `address` lies in. */
  find(address: number): DmaRange | undefined {
    const last = this.#last;
    if (last && address >= last.address && address < last.address + last.size) return last;
    const range = this.#ranges[this.#after(address) - 1];
    return range && address < range.address + range.size ? (this.#last = range) : undefined;
  }

  /** Cuts an access into what lies in one range each; undefined when part of it lies in none, or may not be accessed so. */
  cut(address: number, length: number, op: 'read' | 'write'): { readonly range: DmaRange; readonly at: number; readonly start: number; readonly length: number }[] | undefined {
    const parts = [];
    for (let done = 0; done < length;) {
      const range = this.find(address + done);
      if (!range || !(op === 'read' ? range.readable : range.writable)) return undefined;
      const at = address + done - range.address;
      const part = Math.min(range.size - at, length - done);
      parts.push({ range, at, start: done, length: part });
      done += part;
    }
    return parts;
  }

  /** Index of the first range that begins after `address`. */
  #after(address: number): number {
    let [low, high] = [0, this.#ranges.length];
    while (low < high) {
      const middle = (low + high) >>> 1;
      if (this.#ranges[middle]!.address <= address) low = middle + 1;
      else high = middle;
    }
    return low;
  }
}
