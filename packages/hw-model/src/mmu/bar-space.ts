import { getEntryField, PAGE_DIRECTORY, PAGE_DIRECTORY_BASE } from '@nova-stack/gpu-regs';

import type { Vram } from '../vram.ts';
import type { Words } from './bits.ts';
import { TABLE_FORMATS, type Place, type TableFormat } from './format.ts';
import { VA_UNIT as PAGE, walk, type Translation, type WalkFault } from './walk.ts';

/** Translations that are kept, by virtual page. */
const KEPT = 4096;

/**
 * The address space behind a BAR. Its tables must lie in VRAM, where a register access can follow them. Translations are
 * kept until somebody says that they are to go, as hardware keeps them; what stood for nothing is looked up anew.
 */
export class BarSpace {
  readonly #format: TableFormat;
  readonly #vram: Vram;
  readonly #block: () => Place;
  readonly #kept = new Map<number, Translation>();
  /** Address of the instance block that they came from. */
  #bound: number | undefined;

  /** @param block - where the instance block lies */
  constructor(gmmu: 'ver2' | 'ver3', vram: Vram, block: () => Place) {
    this.#format = TABLE_FORMATS[gmmu];
    this.#vram = vram;
    this.#block = block;
  }

  /** Forgets every translation. */
  invalidate(): void {
    this.#kept.clear();
  }

  /** Where `offset` of the BAR lies, and how far that goes on. */
  translate(offset: number): Translation | WalkFault {
    const block = this.#block();
    if (block.address !== this.#bound) this.invalidate();
    this.#bound = block.address;
    const inPage = offset % PAGE;
    const page = offset - inPage;
    const kept = this.#kept.get(page);
    if (kept) return inPage === 0 ? kept : { ...kept, address: kept.address + inPage, left: kept.left - inPage };
    const root = this.#root(block);
    if (root === undefined) return 'unreachable';
    const found = walk(this.#format, root, page / PAGE, (place) => this.#load(place));
    if (typeof found === 'string') return found;
    if (this.#kept.size >= KEPT) this.#kept.clear();
    this.#kept.set(page, found);
    return { ...found, address: found.address + inPage, left: found.left - inPage };
  }

  /** The first table, as the instance block names it. */
  #root(block: Place): Place | undefined {
    const words = this.#load({ ...block, address: block.address + PAGE_DIRECTORY_BASE });
    if (words === undefined) return undefined;
    const entry = (BigInt(words.high) << 32n) | BigInt(words.low);
    const target = getEntryField(PAGE_DIRECTORY, 'target', entry);
    return { aperture: target === 0n ? 'vram' : target === 2n ? 'coherent' : 'non-coherent', address: Number(getEntryField(PAGE_DIRECTORY, 'address', entry)) * PAGE };
  }

  #load({ aperture, address }: Place): Words | undefined {
    if (aperture !== 'vram' || address + 8 > this.#vram.size) return undefined;
    return { low: this.#vram.load(address, 4), high: this.#vram.load(address + 4, 4) };
  }
}
