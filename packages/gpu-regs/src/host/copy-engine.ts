import type { Fielded } from '../register.ts';

/**
 * Copy engine classes and their methods, in bytes; the classes agree about all that is here but for what {@link CopyClass} says.
 * Source: open-gpu-kernel-modules 570.144: kernel-open/nvidia-uvm/clc5b5.h, clc6b5.h, clc7b5.h, clc8b5.h, clc9b5.h, clcab5.h
 */
export interface CopyClass {
  /** Bits of the upper word of an address. */
  readonly addressHighBits: 17 | 25;
  /** Knows LAUNCH_DMA.scrub, and secure copies. */
  readonly scrubs: boolean;
  /** Bit 11 of LAUNCH_DMA asks to unpack data. */
  readonly unpacks: boolean;
  /** A transfer may be a mere hint to the cache. */
  readonly prefetches: boolean;
}

const turing = { addressHighBits: 17, scrubs: false, unpacks: false, prefetches: false } as const;
const hopper = { addressHighBits: 25, scrubs: true, unpacks: false, prefetches: false } as const;
/** By number: Turing, GA100, GA10x and Ada, Hopper, GB10x, GB20x. */
export const COPY_CLASSES: Readonly<Record<number, CopyClass>> = {
  0xc5b5: turing, 0xc6b5: turing, 0xc7b5: turing, 0xc8b5: hopper, 0xc9b5: { ...hopper, unpacks: true }, 0xcab5: { ...hopper, unpacks: true, prefetches: true },
};

export const COPY_METHODS = {
  nop: 0x100, pmTrigger: 0x140,
  setSemaphoreA: 0x240, setSemaphoreB: 0x244, setSemaphorePayload: 0x248, setSemaphorePayloadUpper: 0x24c,
  setRenderEnableA: 0x254, setRenderEnableB: 0x258, setRenderEnableC: 0x25c,
  setSrcPhysMode: 0x260, setDstPhysMode: 0x264, launchDma: 0x300,
  offsetInUpper: 0x400, offsetInLower: 0x404, offsetOutUpper: 0x408, offsetOutLower: 0x40c,
  pitchIn: 0x410, pitchOut: 0x414, lineLengthIn: 0x418, lineCount: 0x41c,
  setRemapConstA: 0x700, setRemapConstB: 0x704, setRemapComponents: 0x708,
  setDstBlockSize: 0x70c, setDstWidth: 0x710, setDstHeight: 0x714, setDstDepth: 0x718, setDstLayer: 0x71c, setDstOrigin: 0x720,
  setSrcBlockSize: 0x728, setSrcWidth: 0x72c, setSrcHeight: 0x730, setSrcDepth: 0x734, setSrcLayer: 0x738, setSrcOrigin: 0x73c,
  srcOriginX: 0x744, srcOriginY: 0x748, dstOriginX: 0x74c, dstOriginY: 0x750,
} as const;

const launch = {
  transfer: [1, 0], flush: [2, 2], semaphore: [4, 3], interrupt: [6, 5],
  /** 0 block-linear, 1 pitch. */
  srcLayout: [7, 7], dstLayout: [8, 8],
  multiLine: [9, 9], remap: [10, 10],
  /** Another bit of older classes, without effect on what is copied. */
  unpack: [11, 11],
  /** 0 virtual, 1 physical. */
  srcType: [12, 12], dstType: [13, 13],
  reduction: [17, 14], reductionUnsigned: [18, 18], reductionEnable: [19, 19],
  /** 1: encrypt or decrypt. */
  copyType: [21, 20],
  /** Another field of older classes, for protected video. */
  scrub: [23, 23],
  /** Of the semaphore: 64 bits instead of 32. */
  payload64: [27, 27],
} as const;
export const LAUNCH_DMA: Fielded<typeof launch> = { name: 'LAUNCH_DMA', fields: launch };
export const LAUNCH_TRANSFERS = { none: 0, pipelined: 1, nonPipelined: 2, prefetch: 3 } as const;
export const LAUNCH_SEMAPHORES = { none: 0, oneWord: 1, fourWords: 2, conditionalInterrupt: 3 } as const;

const physical = { target: [1, 0] } as const;
export const COPY_PHYS_MODE: Fielded<typeof physical> = { name: 'COPY_PHYS_MODE', fields: physical };
export const COPY_PHYS_TARGETS = { vram: 0, coherent: 1, nonCoherent: 2, peer: 3 } as const;

const components = {
  x: [2, 0], y: [6, 4], z: [10, 8], w: [14, 12],
  /** Bytes of a component less one. */
  size: [17, 16],
  /** Components of an element less one. */
  sources: [21, 20], destinations: [25, 24],
} as const;
export const REMAP_COMPONENTS: Fielded<typeof components> = { name: 'SET_REMAP_COMPONENTS', fields: components };
/** What a component is made of; 0 to 3 are the source's own. */
export const REMAP_SOURCES = { constA: 4, constB: 5, noWrite: 6 } as const;

const block = { width: [3, 0], height: [7, 4], depth: [11, 8], gobHeight: [15, 12] } as const;
/** A block in GOBs, each as a power of two. */
export const COPY_BLOCK_SIZE: Fielded<typeof block> = { name: 'SET_BLOCK_SIZE', fields: block };
const origin = { x: [15, 0], y: [31, 16] } as const;
export const COPY_ORIGIN: Fielded<typeof origin> = { name: 'SET_ORIGIN', fields: origin };
/** A GOB: 64 bytes wide, 8 lines high. */
export const GOB = { width: 64, height: 8, size: 512 } as const;
