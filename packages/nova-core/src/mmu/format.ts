// The two formats of page tables as this driver writes them, out of the tables of bits in gpu-regs.
import {
  makeEntry, PDE_APERTURES, PTE_APERTURES, VER2_DUAL_PDE, VER2_LEVELS, VER2_PDE, VER2_PTE, VER2_TABLES, VER3_DUAL_PDE, VER3_KINDS, VER3_LEVELS, VER3_PDE,
  VER3_PDE_PCF_SPARSE, VER3_PTE, VER3_PTE_PCF, VER3_PTE_PCF_INVALID, type PageLevel,
} from '@nova-stack/gpu-regs';

/** Where pages may lie; `coherent` and `non-coherent` are system memory. */
export type PageAperture = 'vram' | 'coherent' | 'non-coherent';

/** What pages are like. */
export interface PageAttributes {
  readonly aperture: PageAperture;
  readonly readOnly: boolean;
  /** The GPU does not cache it. */
  readonly volatile: boolean;
  readonly privileged: boolean;
  /** Kind of the memory's layout, as the chip numbers it; undefined for the plain one. */
  readonly kind: number | undefined;
}

/** An entry of 64 bits, the low word first. */
export type Words = readonly [low: number, high: number];

/** Writes entries. Tables lie in VRAM; addresses of tables in bytes. */
export interface EntryFormat {
  /** Directories from the root on; the last one's entries have two halves. */
  readonly levels: readonly PageLevel[];
  readonly tables: Readonly<Record<'big' | 'small', PageLevel>>;
  /** Bits by which the number of a page of 4 KiB is shifted in its entry. */
  readonly addressShift: number;
  /** The largest number of a page in VRAM and in system memory, plus 1. */
  readonly limits: { readonly vram: number; readonly system: number };
  /** A page without its address. */
  page(attributes: PageAttributes): Words;
  readonly sparsePage: Words;
  /** Of a directory: all of its range is sparse. */
  readonly sparseDirectory: Words;
  directory(table: number): Words;
  /** The halves that name a table of big pages and one of small pages. */
  double(big: number | undefined, small: number | undefined): readonly [Words, Words];
}

const UNIT = 4096n;
const BIG_UNIT = 256n;
const APERTURES = { vram: PTE_APERTURES.vram, coherent: PTE_APERTURES.coherent, 'non-coherent': PTE_APERTURES.nonCoherent } as const;
const VER2_PITCH = 0;

const words = (entry: bigint): Words => [Number(entry & 0xffff_ffffn), Number((entry >> 32n) & 0xffff_ffffn)];
const halves = (entry: bigint): readonly [Words, Words] => [words(BigInt.asUintN(64, entry)), words(entry >> 64n)];
const bit = (set: boolean): 0 | 1 => (set ? 1 : 0);
const inUnits = (table: number | undefined, unit: bigint): bigint => BigInt(table ?? 0) / unit;
const limit = ([high, low]: readonly [number, number]): number => 2 ** (high - low + 1);

const ver2: EntryFormat = {
  levels: VER2_LEVELS,
  tables: VER2_TABLES,
  addressShift: VER2_PTE.fields.addressVram[1],
  limits: { vram: limit(VER2_PTE.fields.addressVram), system: limit(VER2_PTE.fields.addressSystem) },
  page: ({ aperture, readOnly, volatile, privileged, kind = VER2_PITCH }) => words(makeEntry(VER2_PTE, {
    valid: 1, aperture: APERTURES[aperture], volatile: bit(volatile), privileged: bit(privileged), readOnly: bit(readOnly), kind,
  })),
  sparsePage: words(makeEntry(VER2_PTE, { volatile: 1 })),
  sparseDirectory: words(makeEntry(VER2_PDE, { volatile: 1 })),
  directory: (table) => words(makeEntry(VER2_PDE, { aperture: PDE_APERTURES.vram, addressVram: inUnits(table, UNIT) })),
  double: (big, small) => halves(makeEntry(VER2_DUAL_PDE, {
    ...(big !== undefined && { apertureBig: PDE_APERTURES.vram, addressBigVram: inUnits(big, BIG_UNIT) }),
    ...(small !== undefined && { apertureSmall: PDE_APERTURES.vram, addressSmallVram: inUnits(small, UNIT) }),
  })),
};

/** The GPU does not ask the CPU's tables. Source: linux: drivers/gpu/drm/nouveau/nvkm/subdev/mmu/vmmgh100.c */
const NO_ATS = 2;

const ver3: EntryFormat = {
  levels: VER3_LEVELS,
  tables: VER2_TABLES,
  addressShift: VER3_PTE.fields.addressVram[1],
  limits: { vram: limit(VER3_PTE.fields.addressVram), system: limit(VER3_PTE.fields.addressSystem) },
  page: ({ aperture, readOnly, volatile, privileged, kind = VER3_KINDS.pitch }) => words(makeEntry(VER3_PTE, {
    valid: 1, aperture: APERTURES[aperture], kind,
    pcf: VER3_PTE_PCF.accessCounterDisable | (volatile ? VER3_PTE_PCF.uncached : 0) | (privileged ? VER3_PTE_PCF.privileged : 0) | (readOnly ? VER3_PTE_PCF.readOnly : 0),
  })),
  sparsePage: words(makeEntry(VER3_PTE, { pcf: VER3_PTE_PCF_INVALID.sparse })),
  sparseDirectory: words(makeEntry(VER3_PDE, { pcf: VER3_PDE_PCF_SPARSE })),
  directory: (table) => words(makeEntry(VER3_PDE, { aperture: PDE_APERTURES.vram, pcf: NO_ATS, address: inUnits(table, UNIT) })),
  double: (big, small) => halves(makeEntry(VER3_DUAL_PDE, {
    ...(big !== undefined && { apertureBig: PDE_APERTURES.vram, pcfBig: NO_ATS, addressBig: inUnits(big, BIG_UNIT) }),
    ...(small !== undefined && { apertureSmall: PDE_APERTURES.vram, pcfSmall: NO_ATS, addressSmall: inUnits(small, UNIT) }),
  })),
};

export const ENTRY_FORMATS: Readonly<Record<'ver2' | 'ver3', EntryFormat>> = { ver2, ver3 };
