import type { Fielded } from '../register.ts';

/**
 * Channels of the display engine, from Volta on: one core channel, and per window one for its picture and one for its
 * place (immediate); they fetch methods from memory. Cursors take methods by register writes.
 * Source: open-gpu-kernel-modules 570.144: src/common/inc/swref/published/disp/v03_00/dev_disp.h
 */
export const DISPLAY_CHANNELS = {
  /** `first`: channel number of instance 0; `base`, `size`: where instance 0 is in BAR0, and bytes from one to the next. */
  core: { first: 0, count: 1, base: 0x680000, size: 0x10000 },
  window: { first: 1, count: 32, base: 0x690000, size: 0x1000 },
  windowImmediate: { first: 33, count: 32, base: 0x6b0000, size: 0x1000 },
  cursor: { first: 73, count: 8, base: 0x6d8000, size: 0x1000 },
} as const;
export type DisplayChannelKind = keyof typeof DISPLAY_CHANNELS;

/** What a channel's place in BAR0 begins with, in bytes; from {@link DISPLAY_METHODS} on it shows the methods' values. */
export const DISPLAY_USER = { put: 0x0, get: 0x4, free: 0x8 } as const;

const pointer = { word: [11, 2] } as const;
/** PUT and GET: offset in the pushbuffer. Source: linux: drivers/gpu/drm/nouveau/include/nvhw/class/cl507c.h */
export const DISPLAY_POINTER: Fielded<typeof pointer> = { name: 'DISPLAY_POINTER', fields: pointer };
/** A pushbuffer is never longer, in bytes. */
export const DISPLAY_PUSHBUFFER_SIZE = 0x1000;

const header = { opcode: [31, 29], count: [27, 18], method: [15, 2] } as const;
/** A word that says what the `count` words behind it are. Source: open-gpu-kernel-modules 570.144: class/clc57d.h (NVC57D_DMA), where methods end at 13; linux: drivers/gpu/drm/nouveau/include/nvhw/class/clc97b.h */
export const DISPLAY_HEADER: Fielded<typeof header> = { name: 'DISPLAY_HEADER', fields: header };
export const DISPLAY_OPCODES = { method: 0, jump: 1, nonIncrementing: 2, subdevices: 3 } as const;
const subdevices = { mask: [11, 0] } as const;
export const DISPLAY_SUBDEVICES: Fielded<typeof subdevices> = { name: 'DISPLAY_SUBDEVICES', fields: subdevices };

/**
 * Methods, in bytes, that do more than hold a value.
 * Source: open-gpu-kernel-modules 570.144: class/clc37d.h, clc57d.h, clc67d.h, clc77d.h, clc37e.h, clc57e.h, clc67e.h
 */
export const DISPLAY_METHODS = {
  core: { update: 0x200, notifierContext: 0x208, notifierControl: 0x20c },
  window: { update: 0x200, notifierContext: 0x21c, notifierControl: 0x220 },
} as const;
const notifier = {
  /** The core channel alone has it; a window notifies while a context is set. */
  notify: [12, 12],
  /** In units of 16 bytes. */
  offset: [11, 4],
  /** 1: an interrupt as well. */
  awaken: [0, 0],
} as const;
export const DISPLAY_NOTIFIER_CONTROL: Fielded<typeof notifier> = { name: 'DISPLAY_NOTIFIER_CONTROL', fields: notifier };

/**
 * Methods that name the notifier by its address instead of by a handle, on GB20x.
 * Source: linux: drivers/gpu/drm/nouveau/include/nvhw/class/clca7d.h, clca7e.h
 */
export const DISPLAY_NOTIFIER_ADDRESS = { core: { high: 0x260, low: 0x264 }, window: { high: 0x650, low: 0x654 } } as const;
const surface = {
  /** In units of 16 bytes. */
  address: [31, 4],
  /** 1 VRAM; 2 and 3 system memory, the latter coherent. 0 is an address that somebody else translates. */
  target: [3, 2],
  enable: [0, 0],
} as const;
export const DISPLAY_SURFACE_ADDRESS: Fielded<typeof surface> = { name: 'SET_SURFACE_ADDRESS_LO', fields: surface };

const status = { status: [31, 30] } as const;
/** First word of a notifier; the third and the fourth are the time in nanoseconds. 16 bytes. */
export const DISPLAY_NOTIFIER: Fielded<typeof status> = { name: 'NV_DISP_NOTIFIER', fields: status };
export const DISPLAY_NOTIFIER_STATUS = { notBegun: 0, begun: 1, finished: 2 } as const;
