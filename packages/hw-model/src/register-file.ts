import { BAR0_SIZE, type Access } from '@nova-stack/gpu-regs';
import type { AccessSize } from '@nova-stack/pci';

const PAGE = 0x1000;
const PAGE_SHIFT = 12;
const WORDS = PAGE / 4;

/** Where a register is and what the CPU may do: a `Register` of gpu-regs, or less. */
export interface Place {
  readonly address: number;
  readonly access?: Access;
}

/** What a register does beyond holding a value. A missing half reads zero, or ignores what is written. */
export interface RegisterHandler {
  readonly read?: () => number;
  /** A narrow write comes with the other bytes zero. */
  readonly write?: (value: number) => void;
}

/** A range of whole pages that is no register file: PROM, PRAMIN. Registers declared inside come first. Offsets count from its start. */
export interface Window {
  read(offset: number, size: AccessSize): number;
  write(offset: number, size: AccessSize, value: number): void;
  /** Where these are missing, blocks are read and written by words. */
  readBlock?(offset: number, into: Uint8Array): void;
  writeBlock?(offset: number, from: Uint8Array): void;
}

/** Values of plain registers, by page number. */
export type RegisterState = ReadonlyMap<number, Uint32Array>;

/** What is at a word. The order matters: from {@link PLAIN} on, a read is a load. */
const UNKNOWN = 0;
const HANDLED = 1;
const PLAIN = 2;
const READ_ONLY = 3;

interface WindowRange {
  readonly start: number;
  readonly end: number;
  readonly window: Window;
}

/**
 * The registers of BAR0, in pages. A plain register is three loads from typed arrays away; the rest goes to the unit
 * that declared it. What nobody declared is unknown, and its owner says what it reads.
 */
export class RegisterFile {
  /** Where a page's words start in the arrays below; 0 for pages that nobody declared, whose words are all unknown. */
  readonly #homes: Uint32Array = new Uint32Array(BAR0_SIZE / PAGE);
  /** The same as the CPU sees it: pages that are shut all show one page. */
  readonly #starts: Uint32Array = new Uint32Array(BAR0_SIZE / PAGE);
  /** Where the page that stands for shut ones starts, by what it reads. */
  readonly #shutPages = new Map<number, number>();
  #kinds: Uint8Array = new Uint8Array(WORDS);
  #values: Uint32Array = new Uint32Array(WORDS);
  #defaults: Uint32Array = new Uint32Array(WORDS);
  readonly #handlers: (RegisterHandler | undefined)[] = [];
  #end = WORDS;
  readonly #windows: (WindowRange | undefined)[] = new Array<WindowRange | undefined>(BAR0_SIZE / PAGE).fill(undefined);
  readonly #unknown: (address: number, value?: number) => number;

  /** @param unknown - answers reads of unknown registers, and is told of writes to them */
  constructor(unknown: (address: number, value?: number) => number) {
    this.#unknown = unknown;
  }

  /** Declares a register that holds a value; the CPU changes it unless its access is `ro`. */
  plain({ address, access }: Place, value = 0): void {
    const index = this.#declare(address);
    this.#kinds[index] = access === 'ro' ? READ_ONLY : PLAIN;
    this.#values[index] = this.#defaults[index] = value;
  }

  /** Declares a register with behaviour. */
  handle({ address }: Place, handler: RegisterHandler): void {
    const index = this.#declare(address);
    this.#kinds[index] = HANDLED;
    this.#handlers[index] = handler;
  }

  /** Declares whole pages that are read and written in their own way. */
  window(start: number, length: number, window: Window): void {
    const range = { start, end: start + length, window };
    for (let page = start >>> PAGE_SHIFT; page < range.end >>> PAGE_SHIFT; page++) this.#windows[page] = range;
  }

  /** Keeps the CPU away from whole pages: every word of them reads `value`, and writes vanish. */
  shut(start: number, length: number, value: number): void {
    let page = this.#shutPages.get(value);
    if (page === undefined) {
      page = this.#newPage();
      this.#kinds.fill(READ_ONLY, page, page + WORDS);
      this.#values.fill(value, page, page + WORDS);
      this.#defaults.fill(value, page, page + WORDS);
      this.#shutPages.set(value, page);
    }
    this.#starts.fill(page, start >>> PAGE_SHIFT, (start + length) >>> PAGE_SHIFT);
  }

  /** Lets the CPU at pages again. */
  open(start: number, length: number): void {
    for (let page = start >>> PAGE_SHIFT; page < (start + length) >>> PAGE_SHIFT; page++) this.#starts[page] = this.#homes[page]!;
  }

  /** Value of a plain register, also where the CPU cannot read it. */
  get({ address }: Place): number {
    return this.#values[this.#home(address)] ?? 0;
  }

  /** Sets a plain register from the inside; one that is unknown so far becomes plain. @throws RangeError outside BAR0 */
  set({ address }: Place, value: number): void {
    const index = this.#declare(address);
    if (this.#kinds[index] === UNKNOWN) this.#kinds[index] = PLAIN;
    this.#values[index] = value;
  }

  read(address: number, size: AccessSize): number {
    // Short enough to be inlined: most reads are of whole plain registers.
    const index = this.#index(address);
    if (this.#kinds[index]! >= PLAIN && size === 4) return this.#values[index]!;
    return this.#readElse(index, address, size);
  }

  write(address: number, size: AccessSize, value: number): void {
    const index = this.#index(address);
    const kind = this.#kinds[index]!;
    if (kind === READ_ONLY) return;
    if (kind === UNKNOWN) {
      const range = this.#windows[address >>> PAGE_SHIFT];
      if (range !== undefined) {
        range.window.write(address - range.start, size, value);
        return;
      }
    }
    const shift = (address & 3) * 8;
    const shifted = size === 4 ? value : (value << shift) >>> 0;
    if (kind === PLAIN) {
      const mask = size === 4 ? 0xffff_ffff : (size === 1 ? 0xff : 0xffff) << shift;
      this.#values[index] = (this.#values[index]! & ~mask) | shifted;
    } else if (kind === HANDLED) this.#handlers[index]!.write?.(shifted);
    else this.#unknown(address & ~3, shifted);
  }

  /** Reads by words where the range is aligned, else by bytes. */
  readBlock(address: number, into: Uint8Array): void {
    const range = this.#windows[address >>> PAGE_SHIFT];
    if (range?.window.readBlock !== undefined && address + into.length <= range.end) {
      range.window.readBlock(address - range.start, into);
      return;
    }
    let done = 0;
    while (done < into.length) {
      const at = address + done;
      if ((at & 3) === 0 && into.length - done >= 4) {
        const word = this.read(at, 4);
        for (let i = 0; i < 4; i++) into[done++] = word >>> (8 * i);
      } else into[done++] = this.read(at, 1);
    }
  }

  /** Writes by words where the range is aligned, else by bytes. */
  writeBlock(address: number, from: Uint8Array): void {
    const range = this.#windows[address >>> PAGE_SHIFT];
    if (range?.window.writeBlock !== undefined && address + from.length <= range.end) {
      range.window.writeBlock(address - range.start, from);
      return;
    }
    let done = 0;
    while (done < from.length) {
      const at = address + done;
      if ((at & 3) === 0 && from.length - done >= 4) {
        this.write(at, 4, (from[done]! | (from[done + 1]! << 8) | (from[done + 2]! << 16) | (from[done + 3]! << 24)) >>> 0);
        done += 4;
      } else this.write(at, 1, from[done++]!);
    }
  }

  /** Every plain register back to its value after reset. */
  cold(): void {
    this.#values.set(this.#defaults);
  }

  state(): RegisterState {
    const state = new Map<number, Uint32Array>();
    this.#homes.forEach((start, page) => {
      if (start > 0) state.set(page, this.#values.slice(start, start + WORDS));
    });
    return state;
  }

  restore(state: RegisterState): void {
    this.cold();
    for (const [page, values] of state) if (this.#homes[page]) this.#values.set(values.subarray(0, WORDS), this.#homes[page]);
  }

  /** Where the word that the CPU sees at an address is in the arrays. */
  #index(address: number): number {
    return this.#starts[address >>> PAGE_SHIFT]! + ((address >>> 2) & (WORDS - 1));
  }

  /** Where a register's own word is in the arrays. */
  #home(address: number): number {
    return this.#homes[address >>> PAGE_SHIFT]! + ((address >>> 2) & (WORDS - 1));
  }

  #readElse(index: number, address: number, size: AccessSize): number {
    const kind = this.#kinds[index]!;
    let value: number;
    if (kind >= PLAIN) value = this.#values[index]!;
    else if (kind === HANDLED) value = this.#handlers[index]!.read?.() ?? 0;
    else {
      const range = this.#windows[address >>> PAGE_SHIFT];
      if (range !== undefined) return range.window.read(address - range.start, size);
      value = this.#unknown(address & ~3);
    }
    return size === 4 ? value >>> 0 : (value >>> ((address & 3) * 8)) & (size === 1 ? 0xff : 0xffff);
  }

  /** The same, after making room for the page. */
  #declare(address: number): number {
    if (!Number.isInteger(address) || address < 0 || address >= BAR0_SIZE || address % 4 !== 0) {
      throw new RangeError(`BAR0 has no register at 0x${address.toString(16)}`);
    }
    const page = address >>> PAGE_SHIFT;
    if (this.#homes[page] === 0) {
      const start = this.#newPage();
      // A page that is shut stays so.
      if (this.#starts[page] === 0) this.#starts[page] = start;
      this.#homes[page] = start;
    }
    return this.#home(address);
  }

  #newPage(): number {
    if (this.#end === this.#kinds.length) this.#grow();
    const start = this.#end;
    this.#end += WORDS;
    return start;
  }

  #grow(): void {
    const [kinds, values, defaults] = [this.#kinds, this.#values, this.#defaults];
    const length = kinds.length * 2;
    this.#kinds = new Uint8Array(length);
    this.#kinds.set(kinds);
    this.#values = new Uint32Array(length);
    this.#values.set(values);
    this.#defaults = new Uint32Array(length);
    this.#defaults.set(defaults);
  }
}
