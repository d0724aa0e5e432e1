import { entryFormat, type EntryFormat, type PageLevel } from './entry.ts';

/**
 * GMMU version 3 (Hopper and later): 57 bits of address, pages up to 512 MiB.
 * Sources: open-gpu-kernel-modules 570.144: hopper/gh100/dev_mmu.h;
 * linux: drivers/gpu/drm/nouveau/nvkm/subdev/mmu/vmmgh100.c
 */
export const VER3_LEVELS: readonly PageLevel[] = [
  { name: 'PD4', lowBit: 56, indexBits: 1, entrySize: 8 },
  { name: 'PD3', lowBit: 47, indexBits: 9, entrySize: 8 },
  { name: 'PD2', lowBit: 38, indexBits: 9, entrySize: 8 },
  { name: 'PD1', lowBit: 29, indexBits: 9, entrySize: 8, pageSize: 2 ** 29 },
  { name: 'PD0', lowBit: 21, indexBits: 8, entrySize: 16, pageSize: 2 ** 21 },
];

/** `pcf` of a page: one bit each while `valid` is set. */
export const VER3_PTE_PCF = { uncached: 0x01, privileged: 0x02, readOnly: 0x04, noAtomics: 0x08, accessCounterDisable: 0x10 } as const;
/** `pcf` of a page that is not valid. */
export const VER3_PTE_PCF_INVALID = { invalid: 0, sparse: 1, nowhere: 2, noValid4k: 3 } as const;
/** Bit of a directory's `pcf` that makes its range sparse while it names no table. */
export const VER3_PDE_PCF_SPARSE = 0x01;
/** Kinds of memory. */
export const VER3_KINDS = { pitch: 0, generic: 6, invalid: 7, compressible: 8 } as const;

// Addresses in units of 4 KiB.
const pte = { valid: [0, 0], aperture: [2, 1], pcf: [7, 3], kind: [11, 8], addressVram: [39, 12], addressSystem: [51, 12], peer: [63, 61] } as const;
export const VER3_PTE: EntryFormat<typeof pte> = entryFormat('VER3_PTE', 64, pte);

const pde = { isPte: [0, 0], aperture: [2, 1], pcf: [5, 3], address: [51, 12] } as const;
export const VER3_PDE: EntryFormat<typeof pde> = entryFormat('VER3_PDE', 64, pde);

const dual = {
  isPte: [0, 0], apertureBig: [2, 1], pcfBig: [5, 3],
  /** In units of 256 bytes. */
  addressBig: [51, 8],
  apertureSmall: [66, 65], pcfSmall: [69, 67], addressSmall: [115, 76],
} as const;
export const VER3_DUAL_PDE: EntryFormat<typeof dual> = entryFormat('VER3_DUAL_PDE', 128, dual);
