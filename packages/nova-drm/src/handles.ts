import { DrmError } from './errors.ts';
import type { Errno } from './uapi/errno.ts';

/** Numbers from 1 for things of one file; the lowest free one is given. */
export class Handles<T> {
  readonly #what: string;
  readonly #all = new Map<number, T>();
  /** No number below this one is free. */
  #low = 1;

  /** @param what - for errors: `buffer` */
  constructor(what: string) {
    this.#what = what;
  }

  get numbers(): number[] {
    return [...this.#all.keys()];
  }

  add(one: T): number {
    while (this.#all.has(this.#low)) this.#low++;
    this.#all.set(this.#low, one);
    return this.#low;
  }

  find(handle: number): T | undefined {
    return this.#all.get(handle);
  }

  /** @throws {DrmError} `unknown` where there is no such handle */
  get(handle: number, unknown: Errno = 'ENOENT'): T {
    const one = this.#all.get(handle);
    if (one === undefined) throw new DrmError(unknown, `There is no ${this.#what} ${handle}`);
    return one;
  }

  /** @throws {DrmError} `unknown` */
  remove(handle: number, unknown: Errno): T {
    const one = this.get(handle, unknown);
    this.#all.delete(handle);
    if (handle < this.#low) this.#low = handle;
    return one;
  }

  /** Takes all out, the last one first. */
  clear(): T[] {
    const all = [...this.#all.values()].reverse();
    this.#all.clear();
    this.#low = 1;
    return all;
  }
}
