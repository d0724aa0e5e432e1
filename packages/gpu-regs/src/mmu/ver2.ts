import { entryFormat, type EntryFormat, type PageLevel } from './entry.ts';

/**
 * GMMU version 2 (Pascal to Ada): 49 bits of address, pages of 4 KiB, 64 KiB and 2 MiB.
 * Sources: open-gpu-kernel-modules 570.144: turing/tu102/dev_mmu.h;
 * linux: drivers/gpu/drm/nouveau/nvkm/subdev/mmu/vmmgp100.c
 */
export const VER2_LEVELS: readonly PageLevel[] = [
  { name: 'PD3', lowBit: 47, indexBits: 2, entrySize: 8 },
  { name: 'PD2', lowBit: 38, indexBits: 9, entrySize: 8 },
  { name: 'PD1', lowBit: 29, indexBits: 9, entrySize: 8 },
  { name: 'PD0', lowBit: 21, indexBits: 8, entrySize: 16, pageSize: 2 ** 21 },
];
/** What PD0's halves point to. */
export const VER2_TABLES: Readonly<Record<'small' | 'big', PageLevel>> = {
  small: { name: 'PT 4K', lowBit: 12, indexBits: 9, entrySize: 8, pageSize: 2 ** 12 },
  big: { name: 'PT 64K', lowBit: 16, indexBits: 5, entrySize: 8, pageSize: 2 ** 16 },
};

/** Apertures of a page, and of a directory entry, where 0 is none. */
export const PTE_APERTURES = { vram: 0, peer: 1, coherent: 2, nonCoherent: 3 } as const;
export const PDE_APERTURES = { invalid: 0, vram: 1, coherent: 2, nonCoherent: 3 } as const;

// Addresses in units of 4 KiB; `sparse` is valid = 0 with volatile = 1.
const pte = {
  valid: [0, 0], aperture: [2, 1], volatile: [3, 3], encrypted: [4, 4], privileged: [5, 5], readOnly: [6, 6], atomicDisable: [7, 7],
  addressVram: [32, 8], addressSystem: [53, 8], peer: [35, 33], compressionTag: [55, 36], kind: [63, 56],
} as const;
export const VER2_PTE: EntryFormat<typeof pte> = entryFormat('VER2_PTE', 64, pte);

const pde = {
  /** 1 makes it a page. */
  isPte: [0, 0],
  aperture: [2, 1], volatile: [3, 3], addressVram: [32, 8], addressSystem: [53, 8],
} as const;
export const VER2_PDE: EntryFormat<typeof pde> = entryFormat('VER2_PDE', 64, pde);

const dual = {
  isPte: [0, 0], apertureBig: [2, 1], volatileBig: [3, 3],
  /** In units of 256 bytes. */
  addressBigVram: [32, 4], addressBigSystem: [53, 4],
  apertureSmall: [66, 65], volatileSmall: [67, 67], addressSmallVram: [96, 72], addressSmallSystem: [117, 72],
} as const;
export const VER2_DUAL_PDE: EntryFormat<typeof dual> = entryFormat('VER2_DUAL_PDE', 128, dual);
