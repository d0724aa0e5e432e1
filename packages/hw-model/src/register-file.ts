/** Bytes of BAR0. */
export const BAR0_SIZE = 0x1000000;

const PAGE = 0x1000;
const WORDS = PAGE / 4;

/** What a register does beyond holding a value. */
export interface RegisterHandler {
  read?(): number;
  write?(value: number): void;
}

/** A range of BAR0 that is no register file: PROM, PRAMIN, the configuration mirror. Offsets count from its start. */
export interface Window {
  read(offset: number, size: 1 | 2 | 4): number;
  write(offset: number, size: 1 | 2 | 4, value: number): void;
  readBlock?(offset: number, into: Uint8Array): void;
  writeBlock?(offset: number, from: Uint8Array): void;
}

/** Plain registers of a page, by page number. */
export type RegisterState = ReadonlyMap<number, Uint32Array>;

const UNKNOWN = 0;
const PLAIN = 1;
const READ_ONLY = 2;
const HANDLED = 3;

class Page {
  readonly values = new Uint32Array(WORDS);
  readonly defaults = new Uint32Array(WORDS);
  readonly kinds = new Uint8Array(WORDS);
  readonly handlers: (RegisterHandler | undefined)[] = [];
}

/**
 * The registers of BAR0. A plain register is one load from a typed array away; the rest goes to the unit that
 * declared it. What nobody declared is unknown, and answers as the priv ring does.
 */
export class RegisterFile {
  readonly #pages: (Page | undefined)[] = new Array<Page | undefined>(BAR0_SIZE / PAGE).fill(undefined);
  readonly #windows: { readonly start: number; readonly end: number; readonly window: Window }[] = [];
  readonly #unknown: (address: number, value?: number) => number;

  /** @param unknown - answers reads of unknown registers, and is told of writes to them */
  constructor(unknown: (address: number, value?: number) => number) {
    this.#unknown = unknown;
  }

  /** Declares a register that holds what is written to it. */
  plain(address: number, value = 0, { readOnly = false }: { readonly readOnly?: boolean } = {}): void {
    const page = this.#page(address);
    const word = (address % PAGE) >>> 2;
    page.kinds[word] = readOnly ? READ_ONLY : PLAIN;
    page.values[word] = page.defaults[word] = value >>> 0;
  }

  /** Declares a register with behaviour. A missing half reads zero, or ignores what is written. */
  handle(address: number, handler: RegisterHandler): void {
    const page = this.#page(address);
    const word = (address % PAGE) >>> 2;
    page.kinds[word] = HANDLED;
    page.handlers[word] = handler;
  }

  /** Declares a range of whole pages that is read and written in its own way. */
  window(start: number, length: number, window: Window): void {
    this.#windows.push({ start, end: start + length, window });
  }

  /** Value of a plain register, whoever may write it. */
  get(address: number): number {
    return this.#pages[(address / PAGE) | 0]?.values[(address % PAGE) >>> 2] ?? 0;
  }

  /** Sets a plain register from the inside; one that is unknown so far becomes plain. */
  set(address: number, value: number): void {
    const page = this.#page(address);
    const word = (address % PAGE) >>> 2;
    if (page.kinds[word] === UNKNOWN) page.kinds[word] = PLAIN;
    page.values[word] = value >>> 0;
  }

  read(address: number, size: 1 | 2 | 4): number {
    const page = this.#pages[(address / PAGE) | 0];
    if (page === undefined) {
      const hit = this.#windowAt(address);
      if (hit) return hit.window.read(address - hit.start, size);
    }
    const aligned = address & ~3;
    const word = this.#word(page, aligned);
    if (size === 4) return word;
    return (word >>> ((address & 3) * 8)) & (size === 1 ? 0xff : 0xffff);
  }

  write(address: number, size: 1 | 2 | 4, value: number): void {
    const page = this.#pages[(address / PAGE) | 0];
    if (page === undefined) {
      const hit = this.#windowAt(address);
      if (hit) {
        hit.window.write(address - hit.start, size, value);
        return;
      }
    }
    const aligned = address & ~3;
    let word = value >>> 0;
    if (size !== 4) {
      // The byte enables of the priv bus: a narrow write merges with what the register holds.
      const shift = (address & 3) * 8;
      const mask = (size === 1 ? 0xff : 0xffff) << shift;
      word = ((this.#word(page, aligned) & ~mask) | ((value << shift) & mask)) >>> 0;
    }
    this.#writeWord(page, aligned, word);
  }

  readBlock(address: number, into: Uint8Array): void {
    const hit = this.#windowAt(address);
    if (hit?.window.readBlock && address + into.length <= hit.end) {
      hit.window.readBlock(address - hit.start, into);
      return;
    }
    for (let done = 0; done < into.length; done++) into[done] = this.read(address + done, 1);
  }

  writeBlock(address: number, from: Uint8Array): void {
    const hit = this.#windowAt(address);
    if (hit?.window.writeBlock && address + from.length <= hit.end) {
      hit.window.writeBlock(address - hit.start, from);
      return;
    }
    let done = 0;
    for (; done + 4 <= from.length && (address & 3) === 0; done += 4) {
      this.write(address + done, 4, (from[done]! | (from[done + 1]! << 8) | (from[done + 2]! << 16) | (from[done + 3]! << 24)) >>> 0);
    }
    for (; done < from.length; done++) this.write(address + done, 1, from[done]!);
  }

  /** Every plain register back to its value after reset. */
  reset(): void {
    for (const page of this.#pages) page?.values.set(page.defaults);
  }

  state(): RegisterState {
    const state = new Map<number, Uint32Array>();
    this.#pages.forEach((page, index) => {
      if (page) state.set(index, page.values.slice());
    });
    return state;
  }

  restore(state: RegisterState): void {
    this.reset();
    for (const [index, values] of state) this.#pages[index]?.values.set(values);
  }

  #word(page: Page | undefined, address: number): number {
    if (page === undefined) return this.#unknown(address);
    const word = (address % PAGE) >>> 2;
    const kind = page.kinds[word];
    if (kind === PLAIN || kind === READ_ONLY) return page.values[word]!;
    if (kind === HANDLED) {
      const handler = page.handlers[word]!;
      return handler.read ? handler.read() >>> 0 : 0;
    }
    return this.#unknown(address);
  }

  #writeWord(page: Page | undefined, address: number, value: number): void {
    const word = (address % PAGE) >>> 2;
    switch (page?.kinds[word]) {
      case PLAIN:
        page.values[word] = value;
        break;
      case READ_ONLY:
        break;
      case HANDLED:
        page.handlers[word]!.write?.(value);
        break;
      default:
        this.#unknown(address, value);
    }
  }

  #page(address: number): Page {
    if (!Number.isInteger(address) || address < 0 || address >= BAR0_SIZE || address % 4 !== 0) {
      throw new RangeError(`BAR0 has no register at 0x${address.toString(16)}`);
    }
    const index = (address / PAGE) | 0;
    return (this.#pages[index] ??= new Page());
  }

  #windowAt(address: number): { readonly start: number; readonly end: number; readonly window: Window } | undefined {
    for (const one of this.#windows) if (address >= one.start && address < one.end) return one;
    return undefined;
  }
}
