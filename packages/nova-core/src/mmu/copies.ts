import { PAGE } from '../sizes.ts';

/** Words of a table's copy. */
export const WORDS: number = PAGE / 4;
/** Copies that are made at a time: few at first, then as many as there are. */
const FIRST = 8;
const MOST = 256;

/** Copies of tables, many in one array: an array of its own for each costs more than filling it. */
export class TableCopies {
  readonly #free: Uint32Array[] = [];
  #made = 0;

  /** All zero. */
  take(): Uint32Array {
    const used = this.#free.pop();
    if (used !== undefined) return used.fill(0);
    const count = Math.min(Math.max(FIRST, this.#made), MOST);
    const many = new Uint32Array(count * WORDS);
    for (let i = count - 1; i > 0; i--) this.#free.push(many.subarray(i * WORDS, (i + 1) * WORDS));
    this.#made += count;
    return many.subarray(0, WORDS);
  }

  give(copy: Uint32Array): void {
    this.#free.push(copy);
  }
}
