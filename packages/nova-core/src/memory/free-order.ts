/** A binary heap of numbers; `before` says which comes first. */
class Heap {
  readonly values: number[];
  readonly #before: (a: number, b: number) => boolean;

  constructor(before: (a: number, b: number) => boolean, values: Iterable<number> = []) {
    this.#before = before;
    this.values = [];
    for (const value of values) this.push(value);
  }

  push(value: number): void {
    const { values } = this;
    let at = values.push(value) - 1;
    while (at > 0) {
      const up = (at - 1) >>> 1;
      if (!this.#before(value, values[up]!)) break;
      values[at] = values[up]!;
      at = up;
    }
    values[at] = value;
  }

  pop(): void {
    const { values } = this;
    const last = values.pop();
    if (last === undefined || values.length === 0) return;
    let at = 0;
    for (;;) {
      let down = 2 * at + 1;
      if (down >= values.length) break;
      if (down + 1 < values.length && this.#before(values[down + 1]!, values[down]!)) down++;
      if (!this.#before(values[down]!, last)) break;
      values[at] = values[down]!;
      at = down;
    }
    values[at] = last;
  }
}

const ascending = (a: number, b: number): boolean => a < b;
const descending = (a: number, b: number): boolean => a > b;
/** Heaps keep what was removed until it comes to their top; they are made anew when most of them is that. */
const SLACK = 64;

/** The free blocks of one size, by where they start: added, removed and found at either end in logarithmic time. */
export class FreeOrder {
  readonly #starts = new Set<number>();
  #low = new Heap(ascending);
  #high = new Heap(descending);

  add(start: number): void {
    this.#starts.add(start);
    this.#low.push(start);
    this.#high.push(start);
  }

  remove(start: number): void {
    this.#starts.delete(start);
    const limit = 2 * this.#starts.size + SLACK;
    if (this.#low.values.length > limit) this.#low = new Heap(ascending, this.#starts);
    if (this.#high.values.length > limit) this.#high = new Heap(descending, this.#starts);
  }

  lowest(): number | undefined {
    return this.#top(this.#low);
  }

  highest(): number | undefined {
    return this.#top(this.#high);
  }

  #top(heap: Heap): number | undefined {
    for (let top = heap.values[0]; top !== undefined; top = heap.values[0]) {
      if (this.#starts.has(top)) return top;
      heap.pop();
    }
    return undefined;
  }
}
