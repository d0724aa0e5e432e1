import { FreeOrder } from './free-order.ts';

/** `[start, end)` in bytes. */
export interface ByteRange {
  readonly start: number;
  readonly end: number;
}

/**
 * Free memory as blocks of a power of two that lie at multiples of their size: two halves of one, both free, are one
 * again. A request is met by the block that lies furthest to one end among those large enough, in logarithmic time, and
 * what is too much of it goes back; only where none is large enough are neighbours looked for that are so together.
 */
export class BuddyAllocator {
  /** Smallest block, in bytes, a power of two. */
  readonly unit: number;
  /** By log2 of the size in units. */
  readonly #orders: FreeOrder[] = [];
  /** Order of each free block, by where it starts. */
  readonly #free = new Map<number, number>();
  #bytes = 0;

  /** Ranges are shortened to whole units. */
  constructor(ranges: readonly ByteRange[], unit: number) {
    this.unit = unit;
    for (const { start, end } of ranges) this.release({ start: Math.ceil(start / unit) * unit, end: Math.floor(end / unit) * unit });
  }

  /** Free bytes. */
  get bytes(): number {
    return this.#bytes;
  }

  /** Free blocks; neighbours that are not two halves of one count apart. */
  get blocks(): number {
    return this.#free.size;
  }

  /**
   * Takes a range of `size` bytes at a multiple of `align`.
   *
   * @param size - a multiple of `align` and of the unit
   * @param align - a power of two
   */
  take(size: number, align: number, from: 'low' | 'high'): ByteRange | undefined {
    const block = this.#outermost(Math.max(size, align), from);
    if (block === undefined) return this.takePacked(size, align, from);
    this.#remove(block.start);
    const start = from === 'low' ? block.start : block.end - size;
    this.release({ start: block.start, end: start });
    this.release({ start: start + size, end: block.end });
    return { start, end: start + size };
  }

  /**
   * The same without a gap: from the first neighbours at that end that are large enough together, whatever blocks they are. It takes as
   * long as there are blocks, and is for the few and large that must fill everything.
   */
  takePacked(size: number, align: number, from: 'low' | 'high'): ByteRange | undefined {
    const runs = this.#runs();
    for (const run of from === 'low' ? runs : runs.reverse()) {
      const start = from === 'low' ? Math.ceil(run.start / align) * align : Math.floor((run.end - size) / align) * align;
      if (start < run.start || start + size > run.end) continue;
      for (let at = run.start; at < run.end;) {
        const next = at + this.unit * 2 ** this.#free.get(at)!;
        this.#remove(at);
        at = next;
      }
      this.release({ start: run.start, end: start });
      this.release({ start: start + size, end: run.end });
      return { start, end: start + size };
    }
    return undefined;
  }

  /** Takes ranges that are `size` bytes together, each of a power of two of at least `align`, the largest first; all of them or none. */
  takeScattered(size: number, align: number, from: 'low' | 'high'): readonly ByteRange[] | undefined {
    const taken: ByteRange[] = [];
    for (let left = size; left > 0;) {
      const wanted = 2 ** Math.floor(Math.log2(left));
      const part = this.#largestUpTo(wanted, align, from);
      if (part === undefined) {
        for (const range of taken) this.release(range);
        return undefined;
      }
      taken.push(part);
      left -= part.end - part.start;
    }
    return taken;
  }

  /** Largest size that {@link take} would grant with this alignment. */
  largest(align: number): number {
    return this.#runs().reduce((most, { start, end }) => Math.max(most, Math.floor(end / align) * align - Math.ceil(start / align) * align), 0);
  }

  /** Gives a range of whole units back. */
  release({ start, end }: ByteRange): void {
    for (let at = start; at < end;) {
      const order = Math.min(this.#alignment(at), Math.floor(Math.log2((end - at) / this.unit)));
      this.#insert(at, order);
      at += this.unit * 2 ** order;
    }
  }

  /** Log2 of the largest block in units that may start here. */
  #alignment(start: number): number {
    let units = start / this.unit;
    if (units === 0) return 52;
    let order = 0;
    while (units % 2 === 0) {
      units /= 2;
      order++;
    }
    return order;
  }

  #insert(start: number, order: number): void {
    this.#bytes += this.unit * 2 ** order;
    let [at, up] = [start, order];
    for (;;) {
      const size = this.unit * 2 ** up;
      const buddy = (at / size) % 2 === 0 ? at + size : at - size;
      if (this.#free.get(buddy) !== up) break;
      this.#free.delete(buddy);
      this.#orders[up]!.remove(buddy);
      at = Math.min(at, buddy);
      up++;
    }
    while (this.#orders.length <= up) this.#orders.push(new FreeOrder());
    this.#free.set(at, up);
    this.#orders[up]!.add(at);
  }

  #remove(start: number): void {
    const order = this.#free.get(start)!;
    this.#free.delete(start);
    this.#orders[order]!.remove(start);
    this.#bytes -= this.unit * 2 ** order;
  }

  /** The block of at least `size` bytes that lies furthest to one end. */
  #outermost(size: number, from: 'low' | 'high'): ByteRange | undefined {
    let found: ByteRange | undefined;
    for (let order = Math.max(0, Math.ceil(Math.log2(size / this.unit))); order < this.#orders.length; order++) {
      const start = from === 'low' ? this.#orders[order]!.lowest() : this.#orders[order]!.highest();
      if (start === undefined) continue;
      const end = start + this.unit * 2 ** order;
      if (found === undefined || (from === 'low' ? start < found.start : end > found.end)) found = { start, end };
    }
    return found;
  }

  /** `wanted` bytes, or the largest block below; not less than `align`. */
  #largestUpTo(wanted: number, align: number, from: 'low' | 'high'): ByteRange | undefined {
    for (let size = wanted; size >= Math.max(align, this.unit); size /= 2) {
      if (this.#outermost(size, from) !== undefined) return this.take(size, align, from);
    }
    return undefined;
  }

  /** Free neighbours as one, ascending. */
  #runs(): ByteRange[] {
    const runs: { start: number; end: number }[] = [];
    for (const [start, order] of [...this.#free].sort(([a], [b]) => a - b)) {
      const last = runs.at(-1);
      const end = start + this.unit * 2 ** order;
      if (last?.end === start) last.end = end;
      else runs.push({ start, end });
    }
    return runs;
  }
}
