import type { Fielded } from '../register.ts';

/**
 * Instance memory of the display: a table that finds objects by their handles, and objects that say where memory is.
 * Source: open-gpu-kernel-modules 570.144: src/common/inc/swref/published/disp/v03_00/dev_disp.h
 */
export const DISPLAY_HASH = {
  /** Bytes from the start of instance memory. */
  start: 0,
  size: 0x2000,
  /** Bytes of an entry: the handle, then {@link DISPLAY_HASH_ENTRY}. */
  entry: 8,
} as const;
const entry = {
  channel: [31, 25],
  /** Where the object is, in units of 32 bytes. */
  instance: [24, 14],
  /** Low bits of the handle of the channel's client. */
  client: [13, 0],
} as const;
export const DISPLAY_HASH_ENTRY: Fielded<typeof entry> = { name: 'NV_UDISP_HASH_TBL', fields: entry };
/** Bytes per step of `instance`. */
export const DISPLAY_INSTANCE_UNIT = 32;

const context = {
  /** 1: may be written. */
  writable: [2, 2],
  target: [1, 0],
} as const;
/** First word of an object; then base and limit in units of 256 bytes, low word before high. */
export const DISPLAY_CONTEXT: Fielded<typeof context> = { name: 'NV_DMA', fields: context };
export const DISPLAY_CONTEXT_TARGETS = { vram: 1, system: 2, coherent: 3 } as const;
/** Bytes per step of base and limit. */
export const DISPLAY_CONTEXT_UNIT = 0x100;
/** Words of an object. */
export const DISPLAY_CONTEXT_WORDS = 5;
