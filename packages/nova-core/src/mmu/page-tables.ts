import { hex, NovaCoreError } from '../errors.ts';
import { PAGE } from '../sizes.ts';
import { TableCopies, WORDS } from './copies.ts';
import { ENTRY_FORMATS, type EntryFormat, type PageAttributes, type TableLevel, type Words } from './format.ts';

/** Memory for tables, each of one page of 4 KiB of VRAM. */
export interface TableMemory {
  /** Address of a page whose bytes are anything; undefined when there is none. */
  allocate(): number | undefined;
  free(address: number): void;
  write(address: number, bytes: Uint8Array): void;
}

/** What a change of the tables leads to. */
export interface TableChange {
  /** Whether the GPU may keep something that is not true any more. */
  readonly stale: boolean;
  /** Tables that nothing refers to; they are to be freed once the GPU has forgotten them. */
  readonly unused: readonly number[];
}

/** Virtual addresses and pages are counted in pages of 4 KiB here: a number is exact for all of their bits then. */
const SMALL = 1;
const BIG = 16;

/** One table, and a copy of what stands in it. */
interface Table {
  readonly address: number;
  readonly words: Uint32Array;
  /** Entries that say something. */
  used: number;
  /** Tables below, by entry; two for an entry with two halves, the big pages' first. Undefined while there was none. */
  children: (Table | undefined)[] | undefined;
  /** Levels from the root. */
  readonly depth: number;
  /** Words that are to be written. */
  from: number;
  to: number;
}

/** Pages or sparse memory from the first unit on. */
interface Run {
  readonly va: number;
  readonly count: number;
  /** Of the first page; undefined is sparse memory. */
  readonly page: number | undefined;
  readonly entry: Words;
}

/** Puts a table below another. */
function adopt(table: Table, level: TableLevel, child: number, below: Table): void {
  table.children ??= new Array<Table | undefined>(level.entries * level.halves).fill(undefined);
  table.children[child] = below;
}
const indexOf = ({ span, entries }: TableLevel, va: number): number => Math.floor(va / span) % entries;

/**
 * The page tables of one address space in VRAM, with a copy of each on the driver's side, so that nothing is ever read back.
 * Pages are as large as size and alignment allow. Whatever fails leaves every translation as it was.
 * Sources: linux: drivers/gpu/drm/nouveau/nvkm/subdev/mmu/vmmgp100.c, vmmgh100.c.
 */
export class PageTables {
  readonly #format: EntryFormat;
  readonly #memory: TableMemory;
  readonly #root: Table;
  readonly #copies: TableCopies;
  /** Tables in which words are to be written, by depth. */
  readonly #dirty: readonly Table[][];
  /** Sizes of pages in units, the largest first; sparse memory may be as large as an entry of any directory but the root. */
  readonly #sizes: readonly number[];
  readonly #sparseSizes: readonly number[];
  #unused: number[] = [];
  #stale = false;

  /**
   * @param copies - may be shared by many address spaces, which saves memory that was touched before
   * @throws {@link NovaCoreError} `NO_MEMORY`
   */
  constructor(gmmu: 'ver2' | 'ver3', memory: TableMemory, copies: TableCopies = new TableCopies()) {
    this.#copies = copies;
    this.#dirty = [...ENTRY_FORMATS[gmmu].levels, 'pages'].map(() => []);
    this.#format = ENTRY_FORMATS[gmmu];
    this.#memory = memory;
    this.#sizes = [...this.#format.levels.filter(({ pages }) => pages).map(({ span }) => span), BIG, SMALL];
    this.#sparseSizes = [...this.#format.levels.slice(1).map(({ span }) => span), BIG];
    this.#root = this.#make(0);
    this.#flush();
  }

  /** Address of the root in VRAM. */
  get root(): number {
    return this.#root.address;
  }

  /** Entries of the root. */
  get rootEntries(): number {
    return this.#format.levels[0]!.entries;
  }

  /**
   * Maps `size` bytes of memory that lie at `address` to `va`. All three are multiples of 4 KiB.
   *
   * @throws {@link NovaCoreError} `RANGE` for an address or size that no table can hold, `BUSY` where something is mapped or sparse, `NO_MEMORY`
   */
  map(va: number, address: number, size: number, attributes: PageAttributes): TableChange {
    const { first, count } = this.#range(va, size);
    const limit = attributes.aperture === 'vram' ? this.#format.limits.vram : this.#format.limits.system;
    if (!(Number.isSafeInteger(address) && address >= 0 && address % PAGE === 0 && address / PAGE + count <= limit)) throw range('address', address);
    const { kind } = attributes;
    if (kind !== undefined && !(Number.isInteger(kind) && kind >= 0 && kind <= (this.#format === ENTRY_FORMATS.ver2 ? 0xff : 0xf))) throw range('kind', kind);
    return this.#fill({ va: first, count, page: address / PAGE, entry: this.#format.page(attributes) });
  }

  /**
   * Makes a range sparse: reads of it are zero, writes vanish. Both are multiples of 64 KiB.
   *
   * @throws {@link NovaCoreError} as {@link map}
   */
  sparse(va: number, size: number): TableChange {
    const { first, count } = this.#range(va, size, BIG);
    return this.#fill({ va: first, count, page: undefined, entry: this.#format.sparsePage });
  }

  /**
   * Takes away what stands in a range, mapped or sparse; the rest of a page that reaches out of it stays, in smaller pages.
   *
   * @throws {@link NovaCoreError} `RANGE` for a range that no table can hold or that cuts 64 KiB of sparse memory, `NO_MEMORY` when a page cannot be cut
   */
  unmap(va: number, size: number): TableChange {
    const { first, count } = this.#range(va, size);
    this.#cut(first);
    this.#cut(first + count);
    this.#erase(this.#root, 0, first, first + count);
    this.#flush();
    return this.#changed();
  }

  /** Frees every table; the address space is not used any more. */
  destroy(): void {
    const free = (table: Table): void => {
      for (const child of table.children ?? []) if (child !== undefined) free(child);
      this.#memory.free(table.address);
      this.#copies.give(table.words);
    };
    free(this.#root);
  }

  #range(va: number, size: number, unit = SMALL): { readonly first: number; readonly count: number } {
    const top = this.#format.levels[0]!;
    const step = unit * PAGE;
    // Above 53 bits a number of bytes is not exact.
    const end = Math.min(top.span * top.entries * PAGE, Number.MAX_SAFE_INTEGER + 1);
    if (!(Number.isSafeInteger(va) && va >= 0 && va % step === 0)) throw range('va', va);
    if (!(Number.isSafeInteger(size) && size > 0 && size % step === 0 && va + size <= end)) throw range('size', size);
    return { first: va / PAGE, count: size / PAGE };
  }

  #fill(run: Run): TableChange {
    const taken = this.#taken(this.#root, 0, run.va, run.va + run.count);
    if (taken !== undefined) throw new NovaCoreError('BUSY', 'memory', `something is mapped at va ${hex(taken * PAGE)}`, { detail: { va: taken * PAGE } });
    try {
      for (let done = 0; done < run.count;) done += this.#some(run, done);
    } catch (error) {
      // All of it was free: nobody else's goes.
      this.#erase(this.#root, 0, run.va, run.va + run.count);
      this.#settle();
      throw error;
    }
    this.#flush();
    return this.#changed();
  }

  /** Writes entries of one size into one table. @returns units that are done by it */
  #some({ va, count, page, entry }: Run, done: number): number {
    const at = va + done;
    const left = count - done;
    const sizes = page === undefined ? this.#sparseSizes : this.#sizes;
    // What both the address and the memory are a multiple of.
    const [first, apart] = page === undefined ? [0, 0] : [page + done, page - va];
    let order = 0;
    while (at % sizes[order]! !== 0 || first % sizes[order]! !== 0 || left < sizes[order]!) order++;
    const size = sizes[order]!;
    const larger = sizes[order - 1];
    const reachable = larger !== undefined && apart % larger === 0 && left >= larger ? (larger - (at % larger)) / size : Infinity;
    const { table, level } = this.#tableFor(at, size);
    const index = indexOf(level, at);
    const number = Math.min(Math.floor(left / size), level.entries - index, reachable);
    const directory = level !== this.#format.tables.big && level !== this.#format.tables.small;
    this.#write(table, level, index, number, page === undefined && directory ? this.#format.sparseDirectory : entry, page === undefined ? undefined : first, size);
    return number * size;
  }

  #write(table: Table, { step }: TableLevel, index: number, number: number, [low, high]: Words, page: number | undefined, size: number): void {
    const begin = index * step;
    const scale = 2 ** this.#format.addressShift;
    const stride = page === undefined ? 0 : size * scale;
    // The address has bits of its own: adding it to the flags is or-ing it.
    const start = (page ?? 0) * scale;
    let lower = (start % 2 ** 32) + low;
    let upper = Math.floor(start / 2 ** 32) + high;
    for (let done = 0; done < number;) {
      // As far as nothing is carried out of the low word.
      const part = stride === 0 ? number : Math.min(number - done, Math.ceil((2 ** 32 - lower) / stride));
      store(table.words, begin + done * step, part, step, lower | 0, upper | 0, stride | 0);
      done += part;
      lower += part * stride;
      upper += Math.floor(lower / 2 ** 32);
      lower %= 2 ** 32;
    }
    table.used += number;
    this.#touch(table, begin, begin + number * step);
  }

  /** The table whose entries are of that size, made where it is missing. */
  #tableFor(va: number, size: number): { readonly table: Table; readonly level: TableLevel } {
    const { levels, tables } = this.#format;
    let table = this.#root;
    for (const level of levels) {
      if (level.span === size) return { table, level };
      const index = indexOf(level, va);
      if (level.halves === 1) table = this.#below(table, level, index, index);
      else {
        const half = size === BIG ? 0 : 1;
        return { table: this.#below(table, level, index, 2 * index + half), level: half === 0 ? tables.big : tables.small };
      }
    }
    throw new RangeError(`there are no pages of ${size} units`);
  }

  #below(table: Table, level: TableLevel, index: number, child: number): Table {
    const known = table.children?.[child];
    if (known !== undefined) return known;
    const made = this.#make(table.depth + 1);
    if (this.#childless(table, level, index)) table.used++;
    adopt(table, level, child, made);
    this.#link(table, level, index);
    return made;
  }

  #childless(table: Table, { halves }: TableLevel, index: number): boolean {
    const { children } = table;
    if (children === undefined) return true;
    return halves === 1 ? children[index] === undefined : children[2 * index] === undefined && children[2 * index + 1] === undefined;
  }

  /** Writes an entry that names the tables below it, or nothing. */
  #link(table: Table, level: TableLevel, index: number): void {
    const { words, children } = table;
    if (level.halves === 1) {
      const child = children?.[index];
      words.set(child === undefined ? [0, 0] : this.#format.directory(child.address), index * 2);
      this.#touch(table, index * 2, index * 2 + 2);
    } else {
      const [first, second] = this.#format.double(children?.[2 * index]?.address, children?.[2 * index + 1]?.address);
      words.set([...first, ...second], index * 4);
      this.#touch(table, index * 4, index * 4 + 4);
    }
    this.#stale = true;
  }

  #make(depth: number): Table {
    const address = this.#memory.allocate();
    if (address === undefined) throw new NovaCoreError('NO_MEMORY', 'memory', 'no framebuffer for another page table', { detail: { size: PAGE } });
    const table: Table = { address, words: this.#copies.take(), used: 0, children: undefined, depth, from: 0, to: WORDS };
    this.#dirty[depth]!.push(table);
    return table;
  }

  #touch(table: Table, from: number, to: number): void {
    if (table.to === 0) this.#dirty[table.depth]!.push(table);
    if (from < table.from) table.from = from;
    if (to > table.to) table.to = to;
  }

  /** The entries of a table that a range reaches. */
  #reach({ span, entries }: TableLevel, base: number, from: number, to: number): readonly [begin: number, end: number] {
    return [Math.max(0, Math.floor((from - base) / span)), Math.min(entries, Math.ceil((to - base) / span))];
  }

  #levelBelow({ depth }: Table, level: TableLevel, child: number): TableLevel {
    if (level.halves === 1) return this.#format.levels[depth + 1]!;
    return child % 2 === 0 ? this.#format.tables.big : this.#format.tables.small;
  }

  /** The first unit of a range where something stands. */
  #taken(table: Table, base: number, from: number, to: number, level: TableLevel = this.#format.levels[0]!): number | undefined {
    if (table.used === 0) return undefined;
    const { words, children } = table;
    const { halves, step } = level;
    const [begin, end] = this.#reach(level, base, from, to);
    for (let index = begin; index < end; index++) {
      const start = base + index * level.span;
      if (words[index * step] === 0 && words[index * step + 1] === 0 && this.#childless(table, level, index)) continue;
      if (this.#childless(table, level, index)) return Math.max(start, from);
      for (let child = index * halves; child < (index + 1) * halves; child++) {
        const below = children?.[child];
        const found = below && this.#taken(below, start, from, to, this.#levelBelow(table, level, child));
        if (found !== undefined) return found;
      }
    }
    return undefined;
  }

  /** Takes away all that stands in a range; no page reaches out of it. */
  #erase(table: Table, base: number, from: number, to: number, level: TableLevel = this.#format.levels[0]!): void {
    if (table.used === 0) return;
    const [begin, end] = this.#reach(level, base, from, to);
    for (let index = begin; index < end; index++) {
      if (this.#childless(table, level, index)) this.#clear(table, level, index);
      else this.#eraseBelow(table, level, index, base + index * level.span, from, to);
    }
  }

  /** Takes away a page or sparse memory, if there is one. */
  #clear(table: Table, { step }: TableLevel, index: number): void {
    const { words } = table;
    const at = index * step;
    if (words[at] === 0 && words[at + 1] === 0) return;
    words[at] = words[at + 1] = 0;
    table.used--;
    this.#stale = true;
    this.#touch(table, at, at + 2);
  }

  #eraseBelow(table: Table, level: TableLevel, index: number, start: number, from: number, to: number): void {
    const { halves } = level;
    let unlinked = false;
    for (let child = index * halves; child < (index + 1) * halves; child++) {
      const below = table.children?.[child];
      if (below === undefined) continue;
      this.#erase(below, start, from, to, this.#levelBelow(table, level, child));
      if (below.used > 0) continue;
      this.#drop(table, child, below);
      unlinked = true;
    }
    if (!unlinked) return;
    this.#link(table, level, index);
    if (this.#childless(table, level, index)) table.used--;
  }

  /** Nothing refers to a table any more. */
  #drop(table: Table, child: number, below: Table): void {
    table.children![child] = undefined;
    // Nothing of it is to be written any more.
    below.from = below.to = 0;
    this.#copies.give(below.words);
    this.#unused.push(below.address);
  }

  /** Cuts a page or sparse memory in two where it reaches across `va`; what is translated stays. */
  #cut(va: number): void {
    const { levels } = this.#format;
    let table = this.#root;
    for (const level of levels) {
      if (va % level.span === 0) return;
      const index = indexOf(level, va);
      const at = index * level.step;
      if (this.#childless(table, level, index)) {
        const entry: Words = [table.words[at]!, table.words[at + 1]!];
        if (entry[0] === 0 && entry[1] === 0) return;
        this.#split(table, level, index, entry);
        this.#cut(va);
        return;
      }
      if (level.halves === 2) {
        this.#cutBig(table, index, va - (va % level.span), va);
        return;
      }
      table = table.children![index]!;
    }
  }

  /** The same for pages of 64 KiB; their table is the first of two below the entry. */
  #cutBig(table: Table, index: number, start: number, va: number): void {
    const big = table.children?.[2 * index];
    if (big === undefined || va % BIG === 0) return;
    const at = indexOf(this.#format.tables.big, va) * 2;
    const entry: Words = [big.words[at]!, big.words[at + 1]!];
    if (entry[0] === 0 && entry[1] === 0) return;
    if (!isPage(entry)) throw range('va', va * PAGE);
    const level = this.#format.levels.at(-1)!;
    const small = this.#below(table, level, index, 2 * index + 1);
    const first = va - (va % BIG);
    this.#write(small, this.#format.tables.small, first - start, BIG, this.#flags(entry), this.#pageOf(entry), SMALL);
    // Only now: no moment without a translation.
    this.#flush();
    big.words[at] = big.words[at + 1] = 0;
    big.used--;
    this.#stale = true;
    this.#touch(big, at, at + 2);
    if (big.used > 0) return;
    this.#drop(table, 2 * index, big);
    this.#link(table, level, index);
  }

  /** Puts a table in the place of a directory's page or sparse entry. */
  #split(table: Table, level: TableLevel, index: number, entry: Words): void {
    const child = index * level.halves;
    const below = this.#levelBelow(table, level, child);
    const page = isPage(entry);
    const directory = level.halves === 1;
    const made = this.#make(table.depth + 1);
    const [low, high] = page ? this.#flags(entry) : directory ? this.#format.sparseDirectory : this.#format.sparsePage;
    this.#write(made, below, 0, below.entries, [low, high], page ? this.#pageOf(entry) : undefined, below.span);
    this.#flush();
    adopt(table, level, child, made);
    this.#link(table, level, index);
  }

  /** The number of the page that an entry names. */
  #pageOf([low, high]: Words): number {
    const { addressShift, limits } = this.#format;
    const beyond = (2 ** addressShift * Math.max(limits.vram, limits.system)) / 2 ** 32;
    return Math.floor(low / 2 ** addressShift) + (high % beyond) * 2 ** (32 - addressShift);
  }

  /** An entry without its address. */
  #flags(entry: Words): Words {
    const scaled = this.#pageOf(entry) * 2 ** this.#format.addressShift;
    return [entry[0] - (scaled % 2 ** 32), entry[1] - Math.floor(scaled / 2 ** 32)];
  }

  /** Writes what has changed, the lowest tables first, so that no entry ever names a table that is not there yet. */
  #flush(): void {
    for (let depth = this.#dirty.length - 1; depth >= 0; depth--) {
      const tables = this.#dirty[depth]!;
      for (const table of tables) {
        const { address, words, from, to } = table;
        if (to > from) this.#memory.write(address + from * 4, new Uint8Array(words.buffer, words.byteOffset + from * 4, (to - from) * 4));
        table.from = WORDS;
        table.to = 0;
      }
      tables.length = 0;
    }
  }

  #changed(): TableChange {
    const change = { stale: this.#stale, unused: this.#unused };
    this.#stale = false;
    this.#unused = [];
    return change;
  }

  /** What was begun is undone, and the GPU has seen none of it but directories that lead nowhere. */
  #settle(): void {
    this.#flush();
    for (const address of this.#changed().unused) this.#memory.free(address);
  }
}

/** Whether an entry that says something is a page; otherwise it marks sparse memory. */
const isPage = ([low]: Words): boolean => (low & 1) === 1;

/** `part` entries from a word on, all on the integer path: this is where the time goes. */
function store(words: Uint32Array, at: number, part: number, step: number, lower: number, upper: number, stride: number): void {
  for (let i = 0; i < part; i++) {
    words[at] = lower;
    words[at + 1] = upper;
    lower = (lower + stride) | 0;
    at += step;
  }
}

const range = (field: string, value: number): NovaCoreError =>
  new NovaCoreError('RANGE', 'memory', `${field} ${Number.isSafeInteger(value) && value >= 0 ? hex(value) : String(value)} is not what page tables can hold`, { detail: { field, value } });
