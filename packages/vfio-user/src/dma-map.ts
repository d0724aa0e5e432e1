import { AddressOrder } from './address-order.ts';
import { Refusal } from './errors.ts';
import type { FileMemory } from './fd/memory.ts';
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
  /** The memory itself, where its client passed it; closed when the range goes. */
  readonly memory?: FileMemory;
}

/** What a client's device may reach: ranges that do not overlap, of which there may be tens of thousands. */
export class DmaMap {
  readonly #ranges: AddressOrder<DmaRange> = new AddressOrder<DmaRange>();
  #last: DmaRange | undefined;

  get size(): number {
    return this.#ranges.size;
  }

  /** @throws Refusal as {@link DmaMap.check}. */
  map(range: DmaRange): void {
    this.check(range);
    this.#ranges.insert(range);
    this.#last = undefined;
  }

  /** Whether a range can be mapped. @throws Refusal EINVAL, EEXIST, ENOSPC. */
  check({ address, size }: DmaRange): void {
    if (size <= 0 || !Number.isSafeInteger(address + size)) throw new Refusal(ERRNO.EINVAL, `a range of ${size} bytes at 0x${address.toString(16)}: expected at least one byte, below 2^53`);
    if (this.#ranges.size >= MAX_DMA_MAPS) throw new Refusal(ERRNO.ENOSPC, `there are ${MAX_DMA_MAPS} ranges already`);
    const [before, next] = [this.#ranges.before(address), this.#ranges.after(address)];
    if ((before && before.address + before.size > address) || (next && address + size > next.address)) {
      throw new Refusal(ERRNO.EEXIST, `the range at 0x${address.toString(16)}, ${size} bytes, overlaps another one`);
    }
  }

  /** Takes away every range inside the given one; tells how many. @throws Refusal EINVAL when there is none, or it would cut one. */
  unmap(address: number, size: number): number {
    const end = address + size;
    const within: DmaRange[] = [];
    let next = this.#ranges.after(address - 1);
    for (; next && next.address + next.size <= end; next = this.#ranges.after(next.address)) within.push(next);
    const before = this.#ranges.before(address - 1);
    const cut = (next !== undefined && next.address < end) || (before !== undefined && before.address + before.size > address);
    if (cut || within.length === 0) throw new Refusal(ERRNO.EINVAL, `no ranges lie in ${size} bytes from 0x${address.toString(16)} on, or one only in part`);
    for (const range of within) this.#ranges.remove(range);
    return this.#release(within);
  }

  clear(): number {
    return this.#release(this.#ranges.clear());
  }

  #release(gone: readonly DmaRange[]): number {
    this.#last = undefined;
    for (const { memory } of gone) memory?.close();
    return gone.length;
  }

  /** The range that `address` lies in. */
  find(address: number): DmaRange | undefined {
    const last = this.#last;
    if (last && address >= last.address && address < last.address + last.size) return last;
    const range = this.#ranges.before(address);
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
}
