// The two formats of page tables as this driver writes them, out of the tables of bits in gpu-regs.
import {
  makeEntry, PDE_APERTURES, PTE_APERTURES, VER2_DUAL_PDE, VER2_LEVELS, VER2_PDE, VER2_PTE, VER2_TABLES, VER3_DUAL_PDE, VER3_KINDS, VER3_LEVELS, VER3_PDE,
  VER3_PDE_PCF_SPARSE, VER3_PTE, VER3_PTE_PCF, VER3_PTE_PCF_INVALID, type EntryFields, type PageLevel,
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

/** A level of tables, counted as the driver works with it. */
export interface TableLevel {
  readonly entries: number;
  /** Pages of 4 KiB that an entry stands for. */
  readonly span: number;
  /** Words of an entry. */
  readonly step: 2 | 4;
  /** Tables that an entry can name. */
  readonly halves: 1 | 2;
  /** Whether an entry may be a page. */
  readonly pages: boolean;
}

/** Writes entries. Tables lie in VRAM; addresses of tables in bytes. */
export interface EntryFormat {
  /** Directories from the root on; the last one's entries have two halves. */
  readonly levels: readonly TableLevel[];
  readonly tables: Readonly<Record<'big' | 'small', TableLevel>>;
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

const UNIT_BITS = 12;
const APERTURES = { vram: PTE_APERTURES.vram, coherent: PTE_APERTURES.coherent, 'non-coherent': PTE_APERTURES.nonCoherent } as const;
const VER2_PITCH = 0;

const words = (entry: bigint): Words => [Number(entry & 0xffff_ffffn), Number((entry >> 32n) & 0xffff_ffffn)];
/** The same without arithmetic on big integers, for fields that lie in one word each: one is made for every mapping. */
function flagWords<F extends EntryFields>({ fields }: { readonly fields: F }, values: Partial<Readonly<Record<keyof F, number>>>): Words {
  const made: [number, number] = [0, 0];
  for (const name in values) {
    const [, low] = fields[name]!;
    made[low < 32 ? 0 : 1] += values[name]! * 2 ** (low % 32);
  }
  return made;
}
const bit = (set: boolean): 0 | 1 => (set ? 1 : 0);
const limit = ([high, low]: readonly [number, number]): number => 2 ** (high - low + 1);

const counted = ({ lowBit, indexBits, entrySize, pageSize }: PageLevel): TableLevel => ({
  entries: 2 ** indexBits, span: 2 ** (lowBit - UNIT_BITS), step: entrySize === 8 ? 2 : 4, halves: entrySize === 8 ? 1 : 2, pages: pageSize !== undefined,
});
const TABLES = { big: counted(VER2_TABLES.big), small: counted(VER2_TABLES.small) };

/**
 * Entries that name tables: flags, and an address in units of `unit` bytes from bit `low` on. Without arithmetic on big integers, for
 * one is written per table.
 */
function naming(flags: Words, low: number, unit: number): (table: number) => Words {
  const scale = 2 ** low / unit;
  return (table) => {
    const placed = table * scale;
    return [flags[0] + (placed % 2 ** 32), flags[1] + Math.floor(placed / 2 ** 32)];
  };
}
const NOTHING: Words = [0, 0];
const KIB4 = 2 ** UNIT_BITS;
const BYTES256 = 256;
const firstHalf = (entry: bigint): Words => words(BigInt.asUintN(64, entry));
const secondHalf = (entry: bigint): Words => words(entry >> 64n);

const ver2Directory = naming(words(makeEntry(VER2_PDE, { aperture: PDE_APERTURES.vram })), VER2_PDE.fields.addressVram[1], KIB4);
const ver2Big = naming(firstHalf(makeEntry(VER2_DUAL_PDE, { apertureBig: PDE_APERTURES.vram })), VER2_DUAL_PDE.fields.addressBigVram[1], BYTES256);
const ver2Small = naming(secondHalf(makeEntry(VER2_DUAL_PDE, { apertureSmall: PDE_APERTURES.vram })), VER2_DUAL_PDE.fields.addressSmallVram[1] - 64, KIB4);

const ver2: EntryFormat = {
  levels: VER2_LEVELS.map(counted),
  tables: TABLES,
  addressShift: VER2_PTE.fields.addressVram[1],
  limits: { vram: limit(VER2_PTE.fields.addressVram), system: limit(VER2_PTE.fields.addressSystem) },
  page: ({ aperture, readOnly, volatile, privileged, kind = VER2_PITCH }) => flagWords(VER2_PTE, {
    valid: 1, aperture: APERTURES[aperture], volatile: bit(volatile), privileged: bit(privileged), readOnly: bit(readOnly), kind,
  }),
  sparsePage: words(makeEntry(VER2_PTE, { volatile: 1 })),
  sparseDirectory: words(makeEntry(VER2_PDE, { volatile: 1 })),
  directory: ver2Directory,
  double: (big, small) => [big === undefined ? NOTHING : ver2Big(big), small === undefined ? NOTHING : ver2Small(small)],
};

/** The GPU does not ask the CPU's tables. Source: linux: drivers/gpu/drm/nouveau/nvkm/subdev/mmu/vmmgh100.c */
const NO_ATS = 2;

const ver3Directory = naming(words(makeEntry(VER3_PDE, { aperture: PDE_APERTURES.vram, pcf: NO_ATS })), VER3_PDE.fields.address[1], KIB4);
const ver3Big = naming(firstHalf(makeEntry(VER3_DUAL_PDE, { apertureBig: PDE_APERTURES.vram, pcfBig: NO_ATS })), VER3_DUAL_PDE.fields.addressBig[1], BYTES256);
const ver3Small = naming(secondHalf(makeEntry(VER3_DUAL_PDE, { apertureSmall: PDE_APERTURES.vram, pcfSmall: NO_ATS })), VER3_DUAL_PDE.fields.addressSmall[1] - 64, KIB4);

const ver3: EntryFormat = {
  levels: VER3_LEVELS.map(counted),
  tables: TABLES,
  addressShift: VER3_PTE.fields.addressVram[1],
  limits: { vram: limit(VER3_PTE.fields.addressVram), system: limit(VER3_PTE.fields.addressSystem) },
  page: ({ aperture, readOnly, volatile, privileged, kind = VER3_KINDS.pitch }) => flagWords(VER3_PTE, {
    valid: 1, aperture: APERTURES[aperture], kind,
    pcf: VER3_PTE_PCF.accessCounterDisable | (volatile ? VER3_PTE_PCF.uncached : 0) | (privileged ? VER3_PTE_PCF.privileged : 0) | (readOnly ? VER3_PTE_PCF.readOnly : 0),
  }),
  sparsePage: words(makeEntry(VER3_PTE, { pcf: VER3_PTE_PCF_INVALID.sparse })),
  sparseDirectory: words(makeEntry(VER3_PDE, { pcf: VER3_PDE_PCF_SPARSE })),
  directory: ver3Directory,
  double: (big, small) => [big === undefined ? NOTHING : ver3Big(big), small === undefined ? NOTHING : ver3Small(small)],
};

export const ENTRY_FORMATS: Readonly<Record<'ver2' | 'ver3', EntryFormat>> = { ver2, ver3 };
