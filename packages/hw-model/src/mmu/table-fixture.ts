// For tests: page tables as a driver builds them, from the formats' encoders.
import { makeEntry, VER2_DUAL_PDE, VER2_LEVELS, VER2_PDE, VER2_PTE, VER2_TABLES, VER3_DUAL_PDE, VER3_LEVELS, VER3_PDE, VER3_PTE } from '@nova-stack/gpu-regs';

export type Gmmu = 'ver2' | 'ver3';
const KIB4 = 4096n;

export interface MappedPage {
  /** In units of 4 KiB. */
  readonly va: number;
  readonly size: number;
  /** Of the page. */
  readonly address: number;
  /** In system memory instead of VRAM. */
  readonly system?: boolean;
  readonly readOnly: boolean;
}

/** A root table at `base` and more behind it, written through `store` 8 bytes at a time. */
export class TableBuilder {
  readonly root: number;
  readonly #gmmu: Gmmu;
  readonly #store: (address: number, value: bigint) => void;
  readonly #tables = new Map<string, number>();
  readonly #duals = new Map<string, bigint>();
  #next: number;

  constructor(gmmu: Gmmu, base: number, store: (address: number, value: bigint) => void) {
    this.#gmmu = gmmu;
    this.#store = store;
    this.root = this.#next = base;
    this.#table('root');
  }

  map({ va, size, address, readOnly, system = false }: MappedPage): void {
    const levels = this.#gmmu === 'ver2' ? VER2_LEVELS : VER3_LEVELS;
    const page = BigInt(address) / KIB4;
    const aperture = system ? 2 : 0;
    const pte = this.#gmmu === 'ver2'
      ? makeEntry(VER2_PTE, { valid: 1, aperture, readOnly: readOnly ? 1 : 0, ...(system ? { addressSystem: page } : { addressVram: page }) })
      : makeEntry(VER3_PTE, { valid: 1, aperture, pcf: readOnly ? 4 : 0, ...(system ? { addressSystem: page } : { addressVram: page }) });
    let table = this.root;
    let path = 'root';
    for (const { lowBit, indexBits, entrySize, pageSize } of levels) {
      const index = Math.floor(va / 2 ** (lowBit - 12)) % 2 ** indexBits;
      const at = table + index * entrySize;
      path += `/${index}`;
      if (pageSize === size) { this.#store(at, pte); return; }
      if (entrySize === 16) { this.#leaf(at, path, va, size, pte); return; }
      const below = this.#table(path);
      this.#store(at, this.#gmmu === 'ver2' ? makeEntry(VER2_PDE, { aperture: 1, addressVram: BigInt(below) / KIB4 }) : makeEntry(VER3_PDE, { aperture: 1, address: BigInt(below) / KIB4 }));
      table = below;
    }
  }

  #leaf(at: number, path: string, va: number, size: number, pte: bigint): void {
    const kind = size === 4096 ? 'small' : 'big';
    const table = this.#table(`${path}/${kind}`);
    const [pages, parts] = [BigInt(table) / KIB4, BigInt(table) / 256n];
    const entry = this.#gmmu === 'ver2'
      ? makeEntry(VER2_DUAL_PDE, kind === 'small' ? { apertureSmall: 1, addressSmallVram: pages } : { apertureBig: 1, addressBigVram: parts })
      : makeEntry(VER3_DUAL_PDE, kind === 'small' ? { apertureSmall: 1, addressSmall: pages } : { apertureBig: 1, addressBig: parts });
    const both = (this.#duals.get(path) ?? 0n) | entry;
    this.#duals.set(path, both);
    this.#store(at, BigInt.asUintN(64, both));
    this.#store(at + 8, both >> 64n);
    const { lowBit, indexBits } = VER2_TABLES[kind];
    this.#store(table + (Math.floor(va / 2 ** (lowBit - 12)) % 2 ** indexBits) * 8, pte);
  }

  #table(path: string): number {
    const known = this.#tables.get(path);
    if (known !== undefined) return known;
    const table = this.#next;
    this.#next += 4096;
    this.#tables.set(path, table);
    return table;
  }
}
