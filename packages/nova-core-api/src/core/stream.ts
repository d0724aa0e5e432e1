import type { ContractError } from '../errors.ts';

/** Bytes that wait in a stream before who puts them has to wait. */
const ROOM = 2 ** 20;

/** Bytes on their way from one side to the other, never many at a time. */
export class Stream {
  readonly #chunks: Uint8Array[] = [];
  #bytes = 0;
  #ended = false;
  #broken: ContractError | undefined;
  #wake: (() => void)[] = [];

  /** Resolves when there is room again. @throws {ContractError} why it broke */
  async put(bytes: Uint8Array): Promise<void> {
    if (bytes.length > 0) this.#chunks.push(bytes);
    this.#bytes += bytes.length;
    this.#changed();
    while (this.#bytes > ROOM && !this.#broken) await this.#change();
    if (this.#broken) throw this.#broken;
  }

  /** No more will be put. */
  end(): void {
    this.#ended = true;
    this.#changed();
  }

  get ended(): boolean {
    return this.#ended;
  }

  /** Whoever waits fails with this. */
  fail(error: ContractError): void {
    this.#broken ??= error;
    this.#changed();
  }

  /** At most so many bytes; undefined at the end. @throws {ContractError} why it broke */
  async take(most: number = Infinity): Promise<Uint8Array | undefined> {
    while (this.#chunks.length === 0 && !this.#ended && !this.#broken) await this.#change();
    if (this.#broken) throw this.#broken;
    const first = this.#chunks.shift();
    if (first === undefined) return undefined;
    if (first.length > most) this.#chunks.unshift(first.subarray(most));
    const taken = first.subarray(0, most);
    this.#bytes -= taken.length;
    this.#changed();
    return taken;
  }

  /** Nothing is left to take, and no more will come. */
  get empty(): boolean {
    return this.#ended && this.#chunks.length === 0;
  }

  #change(): Promise<void> {
    return new Promise((resolve) => this.#wake.push(resolve));
  }

  #changed(): void {
    for (const wake of this.#wake.splice(0)) wake();
  }
}
