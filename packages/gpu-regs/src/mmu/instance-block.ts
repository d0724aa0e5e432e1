import { entryFormat, type EntryFormat } from './entry.ts';

/**
 * The part of an instance block that names an address space: 8 bytes from {@link PAGE_DIRECTORY_BASE} on.
 * Source: open-gpu-kernel-modules 570.144: src/common/inc/swref/published/turing/tu102/dev_ram.h
 */
export const PAGE_DIRECTORY_BASE = 0x200;

const base = {
  /** 0 VRAM, 2 coherent, 3 non-coherent system memory. */
  target: [1, 0],
  volatile: [2, 2],
  ver2: [10, 10],
  /** 0: 128 KiB, 1: 64 KiB. */
  bigPages64k: [11, 11],
  /** In units of 4 KiB. */
  address: [63, 12],
} as const;
export const PAGE_DIRECTORY: EntryFormat<typeof base> = entryFormat('PAGE_DIRECTORY', 64, base);
