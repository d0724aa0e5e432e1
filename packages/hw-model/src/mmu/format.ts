// The two formats of page tables as the walker reads them, out of the tables of bits in gpu-regs.
import {
  VER2_DUAL_PDE, VER2_LEVELS, VER2_PDE, VER2_PTE, VER2_TABLES, VER3_DUAL_PDE, VER3_LEVELS, VER3_PDE, VER3_PDE_PCF_SPARSE, VER3_PTE, VER3_PTE_PCF, VER3_PTE_PCF_INVALID,
  type PageLevel,
} from '@nova-stack/gpu-regs';

import { bitsReader, type Words } from './bits.ts';

/** Where memory lies. */
export type Aperture = 'vram' | 'peer' | 'coherent' | 'non-coherent';

/** A table, or a page. */
export interface Place {
  readonly aperture: Aperture;
  /** Bytes. */
  readonly address: number;
}

/** What a valid entry of a page says. */
export interface Page extends Place {
  readonly readOnly: boolean;
  readonly kind: number;
}

/** Reads entries; undefined is an entry that is not valid. */
export interface TableFormat {
  readonly addressBits: number;
  readonly levels: readonly PageLevel[];
  readonly tables: typeof VER2_TABLES;
  /** Whether an entry of a level that may hold pages is one. */
  isPage(entry: Words): boolean;
  page(entry: Words): Page | undefined;
  /** Whether an entry that is not valid marks sparse memory: reads of it are zero, writes vanish. */
  isSparse(entry: Words): boolean;
  /** Whether an entry of a page table for big pages says that there are no small pages in its place either. */
  hidesSmallPages(entry: Words): boolean;
  directory(entry: Words): Place | undefined;
  /** Whether a directory's entry that names no table marks all of its range as sparse; of a double entry the first half. */
  isSparseDirectory(entry: Words): boolean;
  /** The halves of an entry of the lowest directory: each is a table or none. */
  big(entry: Words): Place | undefined;
  small(second: Words): Place | undefined;
}

const PAGE_APERTURES: readonly Aperture[] = ['vram', 'peer', 'coherent', 'non-coherent'];
const TABLE_APERTURES: readonly (Aperture | undefined)[] = [undefined, 'vram', 'coherent', 'non-coherent'];
const KIB4 = 2 ** 12;
const BYTES256 = 2 ** 8;

type Read = (entry: Words) => number;

function placeReader(aperture: Read, inVram: Read, inSystem: Read, unit: number): (entry: Words) => Place | undefined {
  return (entry) => {
    const where = TABLE_APERTURES[aperture(entry)];
    return where && { aperture: where, address: (where === 'vram' ? inVram(entry) : inSystem(entry)) * unit };
  };
}

function ver2(): TableFormat {
  const pte = readers(VER2_PTE.fields);
  const pde = readers(VER2_PDE.fields);
  const dual = readers(VER2_DUAL_PDE.fields);
  return {
    addressBits: 49,
    levels: VER2_LEVELS,
    tables: VER2_TABLES,
    isPage: (entry) => pde.isPte(entry) === 1,
    isSparse: (entry) => pte.valid(entry) === 0 && pte.volatile(entry) === 1,
    hidesSmallPages: (entry) => pte.valid(entry) === 0 && pte.volatile(entry) === 0 && pte.privileged(entry) === 1,
    isSparseDirectory: (entry) => pde.aperture(entry) === 0 && pde.volatile(entry) === 1,
    page(entry) {
      if (pte.valid(entry) === 0) return undefined;
      const aperture = PAGE_APERTURES[pte.aperture(entry)]!;
      const number = aperture === 'vram' || aperture === 'peer' ? pte.addressVram(entry) : pte.addressSystem(entry);
      return { aperture, address: number * KIB4, readOnly: pte.readOnly(entry) === 1, kind: pte.kind(entry) };
    },
    directory: placeReader(pde.aperture, pde.addressVram, pde.addressSystem, KIB4),
    big: placeReader(dual.apertureBig, dual.addressBigVram, dual.addressBigSystem, BYTES256),
    small: placeReader(dual.apertureSmall, dual.addressSmallVram, dual.addressSmallSystem, KIB4),
  };
}

function ver3(): TableFormat {
  const pte = readers(VER3_PTE.fields);
  const pde = readers(VER3_PDE.fields);
  const dual = readers(VER3_DUAL_PDE.fields);
  return {
    addressBits: 57,
    levels: VER3_LEVELS,
    tables: VER2_TABLES,
    isPage: (entry) => pde.isPte(entry) === 1,
    isSparse: (entry) => pte.valid(entry) === 0 && pte.pcf(entry) === VER3_PTE_PCF_INVALID.sparse,
    hidesSmallPages: (entry) => pte.valid(entry) === 0 && pte.pcf(entry) === VER3_PTE_PCF_INVALID.noValid4k,
    isSparseDirectory: (entry) => pde.aperture(entry) === 0 && (pde.pcf(entry) & VER3_PDE_PCF_SPARSE) !== 0,
    page(entry) {
      if (pte.valid(entry) === 0) return undefined;
      const aperture = PAGE_APERTURES[pte.aperture(entry)]!;
      const number = aperture === 'vram' || aperture === 'peer' ? pte.addressVram(entry) : pte.addressSystem(entry);
      return { aperture, address: number * KIB4, readOnly: (pte.pcf(entry) & VER3_PTE_PCF.readOnly) !== 0, kind: pte.kind(entry) };
    },
    directory: placeReader(pde.aperture, pde.address, pde.address, KIB4),
    big: placeReader(dual.apertureBig, dual.addressBig, dual.addressBig, BYTES256),
    small: placeReader(dual.apertureSmall, dual.addressSmall, dual.addressSmall, KIB4),
  };
}

function readers<F extends Readonly<Record<string, readonly [number, number]>>>(fields: F): { readonly [K in keyof F]: Read } {
  return Object.fromEntries(Object.entries(fields).map(([name, place]) => [name, bitsReader(place)])) as { readonly [K in keyof F]: Read };
}

export const TABLE_FORMATS: Readonly<Record<'ver2' | 'ver3', TableFormat>> = { ver2: ver2(), ver3: ver3() };
