import { ContractError } from '@nova-stack/nova-core-api';

/** Handles with one index are told apart by their generation, so often. */
const GENERATIONS = 2 ** 32;

interface Row<T> {
  value: T | undefined;
  generation: number;
}

/**
 * What a client names things by: 64 bits, the low half an index above 0, the high half a generation that changes with every use of the
 * index. No handle ever means a second thing.
 */
export class Handles<T> {
  readonly #what: string;
  readonly #limit: number;
  readonly #rows: Row<T>[] = [];
  readonly #free: number[] = [];
  #size = 0;

  /**
   * @param what - for errors
   * @param limit - how many there can be at a time
   */
  constructor(what: string, limit: number) {
    this.#what = what;
    this.#limit = limit;
  }

  get full(): boolean {
    return this.#size >= this.#limit;
  }

  /** @throws {ContractError} `NoCapacity` when it is full */
  add(value: T): bigint {
    if (this.full) throw new ContractError('NoCapacity', `A connection has at most ${this.#limit} ${this.#what}s at a time`, { subject: this.#what });
    const index = this.#free.pop() ?? this.#rows.push({ value: undefined, generation: 0 }) - 1;
    const row = this.#rows[index]!;
    row.value = value;
    this.#size++;
    return (BigInt(row.generation) << 32n) | BigInt(index + 1);
  }

  /** @throws {ContractError} `InvalidState` for what was given back, `InvalidArgument` for what never was */
  get(handle: bigint): T {
    const { row, generation } = this.#find(handle);
    if (row !== undefined && generation < row.generation) throw this.#error('InvalidState', handle, 'was given back');
    if (row?.value === undefined || generation > row.generation) throw this.#error('InvalidArgument', handle, 'is none of this connection');
    return row.value;
  }

  /** From now on the handle is one that was given back. */
  delete(handle: bigint): void {
    this.get(handle);
    const { row, index } = this.#find(handle);
    row!.value = undefined;
    row!.generation++;
    this.#size--;
    // An index whose generations are used up is not used again.
    if (row!.generation < GENERATIONS) this.#free.push(index);
  }

  /** All that there are, with their handles. */
  *entries(): Generator<readonly [handle: bigint, value: T]> {
    for (const [index, { value, generation }] of this.#rows.entries()) if (value !== undefined) yield [(BigInt(generation) << 32n) | BigInt(index + 1), value];
  }

  #find(handle: bigint): { readonly row: Row<T> | undefined; readonly index: number; readonly generation: number } {
    const index = Number(handle & 0xffffffffn) - 1;
    return { row: this.#rows[index], index, generation: Number(handle >> 32n) };
  }

  #error(code: 'InvalidArgument' | 'InvalidState', handle: bigint, is: string): ContractError {
    return new ContractError(code, `The ${this.#what} 0x${handle.toString(16)} ${is}`, { subject: this.#what });
  }
}
