/** Items in one run, by default. */
const LIMIT = 512;

/**
 * Items in the order of their addresses, of which no two are the same. They lie in runs of limited length, so that among
 * tens of thousands one is found by two short binary searches, and coming and going moves a few hundred others at most.
 */
export class AddressOrder<T extends { readonly address: number }> {
  readonly #limit: number;
  /** None is empty. */
  readonly #runs: T[][] = [];
  #size = 0;

  /** @param limit - most items in one run, at least 2 */
  constructor(limit: number = LIMIT) {
    this.#limit = limit;
  }

  get size(): number {
    return this.#size;
  }

  /** The last item that begins at or before `address`. */
  before(address: number): T | undefined {
    const run = this.#runs[this.#runOf(address)];
    return run?.[countUpTo(run, address) - 1];
  }

  /** The first item that begins after `address`. */
  after(address: number): T | undefined {
    const index = this.#runOf(address);
    const run = this.#runs[index];
    return run?.[countUpTo(run, address)] ?? this.#runs[index + 1]?.[0];
  }

  insert(item: T): void {
    this.#size++;
    const index = Math.max(0, this.#runOf(item.address));
    const run = this.#runs[index];
    if (run === undefined) {
      this.#runs.push([item]);
      return;
    }
    run.splice(countUpTo(run, item.address), 0, item);
    if (run.length > this.#limit) this.#runs.splice(index + 1, 0, run.splice(run.length >>> 1));
  }

  /** Takes out an item that is there. */
  remove(item: T): void {
    this.#size--;
    const index = this.#runOf(item.address);
    const run = this.#runs[index]!;
    run.splice(countUpTo(run, item.address) - 1, 1);
    if (run.length === 0) this.#runs.splice(index, 1);
    else {
      this.#join(index);
      this.#join(index - 1);
    }
  }

  /** Takes out everything, and says what that was. */
  clear(): readonly T[] {
    this.#size = 0;
    return this.#runs.splice(0).flat();
  }

  /** Makes one run of two neighbours that have become short, so that there are never more runs than items need. */
  #join(index: number): void {
    const [run, next] = [this.#runs[index], this.#runs[index + 1]];
    if (run === undefined || next === undefined || run.length + next.length > this.#limit >>> 1) return;
    run.push(...next);
    this.#runs.splice(index + 1, 1);
  }

  /** Index of the last run that begins at or before `address`, or -1. */
  #runOf(address: number): number {
    let [low, high] = [0, this.#runs.length];
    while (low < high) {
      const middle = (low + high) >>> 1;
      if (this.#runs[middle]![0]!.address <= address) low = middle + 1;
      else high = middle;
    }
    return low - 1;
  }
}

/** How many of a run's items begin at or before `address`. */
function countUpTo(run: readonly { readonly address: number }[], address: number): number {
  let [low, high] = [0, run.length];
  while (low < high) {
    const middle = (low + high) >>> 1;
    if (run[middle]!.address <= address) low = middle + 1;
    else high = middle;
  }
  return low;
}
