import type { Fielded } from '../register.ts';

/**
 * Host channels as Turing to Blackwell have them: a ring of entries that name pieces of pushbuffer, and methods in those.
 * Source: open-gpu-kernel-modules 570.144: kernel-open/nvidia-uvm/clc46f.h, clc56f.h, clc86f.h, clc96f.h, clca6f.h;
 * open-gpu-doc: manuals/ampere/ga100/dev_pbdma.ref.txt, dev_ram.ref.txt
 */

/** What differs between the classes of channels. */
export interface ChannelClass {
  /** Bits of the upper word of an address. */
  readonly addressHighBits: 8 | 25;
  /** Has {@link OLD_HOST_METHODS}. */
  readonly oldMethods: boolean;
  /** A ring entry may say where pieces of pushbuffer lie above 40 bits. */
  readonly extendedBase: boolean;
}

const turing = { addressHighBits: 8, oldMethods: true, extendedBase: false } as const;
const blackwell = { addressHighBits: 25, oldMethods: false, extendedBase: true } as const;
/** By number: Turing, Ampere and Ada, Hopper, GB10x, GB20x. */
export const CHANNEL_CLASSES: Readonly<Record<number, ChannelClass>> = {
  0xc46f: turing, 0xc56f: turing, 0xc86f: { ...blackwell, oldMethods: true }, 0xc96f: blackwell, 0xca6f: blackwell,
};

/** Offsets in a channel's USERD, in bytes. */
export const USERD = { gpGet: 0x88, gpPut: 0x8c, size: 0x200 } as const;

const doorbell = { channel: [11, 0], runlist: [22, 16] } as const;
/** Value of a doorbell. Source: linux: drivers/gpu/drm/nouveau/nvkm/engine/fifo/tu102.c (tu102_chan_doorbell_handle) */
export const HOST_DOORBELL: Fielded<typeof doorbell> = { name: 'HOST_DOORBELL', fields: doorbell };

/** Bytes of a ring's entry. */
export const GP_ENTRY_SIZE = 8;
const entry0 = { conditional: [0, 0], get: [31, 2] } as const;
export const GP_ENTRY0: Fielded<typeof entry0> = { name: 'GP_ENTRY0', fields: entry0 };
const entry1 = {
  /** Address bits 39:32; of an entry without length its {@link GP_OPCODES opcode}. */
  getHigh: [7, 0],
  subroutine: [9, 9],
  /** In words. */
  length: [30, 10],
  sync: [31, 31],
} as const;
export const GP_ENTRY1: Fielded<typeof entry1> = { name: 'GP_ENTRY1', fields: entry1 };
export const GP_OPCODES = { nop: 0, illegal: 1, gpCrc: 2, pbCrc: 3, setExtendedBase: 4 } as const;
const extendedBase = { base: [24, 8] } as const;
/** Operand of {@link GP_OPCODES}.setExtendedBase: address bits 56:40 of pieces of pushbuffer. */
export const GP_EXTENDED_BASE: Fielded<typeof extendedBase> = { name: 'GP_EXTENDED_BASE', fields: extendedBase };

const header = { method: [11, 0], subchannel: [15, 13], count: [28, 16], operation: [31, 29] } as const;
/** First word of methods; `method` is in words, `count` the words behind it, or the data of an immediate method. */
export const DMA_HEADER: Fielded<typeof header> = { name: 'DMA_HEADER', fields: header };
const oldHeader = { method: [12, 2], subchannel: [15, 13], tertiary: [17, 16], count: [28, 18] } as const;
/** The same with one of the `useTertiary` operations. */
export const DMA_OLD_HEADER: Fielded<typeof oldHeader> = { name: 'DMA_OLD_HEADER', fields: oldHeader };
const subdevices = { mask: [15, 4] } as const;
export const DMA_SUBDEVICES: Fielded<typeof subdevices> = { name: 'DMA_SUBDEVICES', fields: subdevices };
export const DMA_OPERATIONS = { useTertiary0: 0, increment: 1, useTertiary2: 2, nonIncrement: 3, immediate: 4, incrementOnce: 5, endSegment: 7 } as const;
/** `tertiary` with operation 0; with operation 2 the only value is 0, not incrementing. */
export const DMA_TERTIARY = { increment: 0, setSubdeviceMask: 1, storeSubdeviceMask: 2, useSubdeviceMask: 3 } as const;
export const SUBCHANNELS = 8;

/** Methods of the host itself, in bytes, on every subchannel; those from {@link FIRST_ENGINE_METHOD} on go to the object that is bound there. */
export const HOST_METHODS = {
  setObject: 0x0, nop: 0x8, nonStallInterrupt: 0x20, fbFlush: 0x24, memOpA: 0x28, memOpB: 0x2c, memOpC: 0x30, memOpD: 0x34,
  semAddrLo: 0x5c, semAddrHi: 0x60, semPayloadLo: 0x64, semPayloadHi: 0x68, semExecute: 0x6c, wfi: 0x78, yield: 0x80, clearFaulted: 0x84,
} as const;
/** Those that Turing to Hopper have beside them. */
export const OLD_HOST_METHODS = { illegal: 0x4, semaphoreA: 0x10, semaphoreB: 0x14, semaphoreC: 0x18, semaphoreD: 0x1c, setReference: 0x50 } as const;
/** Turing alone. */
export const TURING_HOST_METHODS = { crcCheck: 0x7c } as const;
export const FIRST_ENGINE_METHOD = 0x100;

const setObject = { class: [15, 0], engine: [20, 16] } as const;
export const SET_OBJECT: Fielded<typeof setObject> = { name: 'SET_OBJECT', fields: setObject };

const semExecute = {
  operation: [2, 0], acquireSwitch: [12, 12], releaseWfi: [20, 20],
  /** 0: 32 bits, 1: 64 bits. */
  payload64: [24, 24], timestamp: [25, 25], reduction: [30, 27],
  /** Of a reduction. */
  unsigned: [31, 31],
} as const;
export const SEM_EXECUTE: Fielded<typeof semExecute> = { name: 'SEM_EXECUTE', fields: semExecute };
export const SEM_OPERATIONS = { acquire: 0, release: 1, acquireStrictGeq: 2, acquireCircularGeq: 3, acquireAnd: 4, acquireNor: 5, reduction: 6 } as const;
export const REDUCTIONS = { min: 0, max: 1, xor: 2, and: 3, or: 4, add: 5, inc: 6, dec: 7 } as const;

const semaphoreD = {
  operation: [4, 0], acquireSwitch: [12, 12], releaseWfi: [20, 20],
  /** 0: payload, zero and time in 16 bytes. */
  releaseSize4: [24, 24], reduction: [30, 27], unsigned: [31, 31],
} as const;
/** The older semaphore methods. */
export const SEMAPHORE_D: Fielded<typeof semaphoreD> = { name: 'SEMAPHORE_D', fields: semaphoreD };
export const SEMAPHORE_D_OPERATIONS = { acquire: 1, release: 2, acquireGeq: 4, acquireAnd: 8, reduction: 16 } as const;

const memOpD = { pdbHigh: [26, 0], operation: [31, 27] } as const;
export const MEM_OP_D: Fielded<typeof memOpD> = { name: 'MEM_OP_D', fields: memOpD };
/** Operations that drop translations: of all pages, of some. */
export const MEM_OP_INVALIDATES: readonly number[] = [0x9, 0xa];
