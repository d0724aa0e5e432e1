import type { Fielded } from '../register.ts';

/**
 * Methods of graphics (low byte of the class 0x97), compute (0xc0) and inline copies (0x40), in bytes, that do more than hold a value.
 * Source: open-gpu-doc: classes/compute/clc5c0.h, clc7c0.h, clcec0.h, classes/3d/clc597.h, clc797.h, clce97.h,
 * classes/twod/cl902d.h, classes/video/clc9b0.h
 */
export const SHADER_METHODS = {
  lineLengthIn: 0x180, lineCount: 0x184, offsetOutUpper: 0x188, offsetOut: 0x18c, inlineLaunch: 0x1b0, inlineData: 0x1b4,
  reportSemaphoreA: 0x1b00, reportSemaphoreB: 0x1b04, reportSemaphoreC: 0x1b08, reportSemaphoreD: 0x1b0c,
  reportPayloadLower: 0x158, reportPayloadUpper: 0x15c, reportAddressLower: 0x160, reportAddressUpper: 0x164, reportExecute: 0x168,
} as const;
/** Methods by which graphics writes a word of a buffer of constants. */
export const CONSTANT_METHODS = { selectorUpper: 0x2384, selectorLower: 0x2388, offset: 0x238c, firstData: 0x2390, lastData: 0x23cc } as const;

const inlineLaunch = {
  /** 0 block-linear, 1 pitch. */
  layout: [0, 0], reductionEnable: [1, 1],
  /** 2: release a semaphore. */
  completion: [5, 4], interrupt: [9, 8],
} as const;
export const INLINE_LAUNCH: Fielded<typeof inlineLaunch> = { name: 'LAUNCH_DMA (inline)', fields: inlineLaunch };

const reportD = {
  /** 0 release. */
  operation: [1, 0], reductionEnable: [3, 3], awaken: [20, 20],
  /** Of graphics: what is reported; 0 the payload. */
  report: [27, 23],
  /** 0: payload, zero and time in 16 bytes. */
  oneWord: [28, 28],
} as const;
export const REPORT_SEMAPHORE_D: Fielded<typeof reportD> = { name: 'SET_REPORT_SEMAPHORE_D', fields: reportD };

const reportExecute = {
  /** 0 release. */
  operation: [1, 0], awaken: [2, 2],
  /** 0: four words, with time. */
  size: [4, 3],
  reductionEnable: [6, 6], payload64: [12, 12],
} as const;
/** The newer form, which classes from GA10x on have too; of graphics {@link REPORT_SEMAPHORE_D} alone is modelled. */
export const REPORT_EXECUTE: Fielded<typeof reportExecute> = { name: 'REPORT_SEMAPHORE_EXECUTE', fields: reportExecute };

/** Methods that run shader code, draw, or run a macro: `last` is that of a range. */
export interface ShaderLaunch {
  readonly name: string;
  readonly first: number;
  readonly last?: number;
}

const video = [{ name: 'EXECUTE', first: 0x300 }] as const;
/** By the low byte of the class: compute, graphics, 2D; decoding, encoding, JPEG and optical flow. */
export const SHADER_LAUNCHES: Readonly<Record<number, readonly ShaderLaunch[]>> = {
  0xc0: [{ name: 'SEND_PCAS_B', first: 0x2b8 }, { name: 'SEND_SIGNALING_PCAS_B', first: 0x2bc }, { name: 'SEND_SIGNALING_PCAS2_B', first: 0x2c0 }],
  0x97: [
    { name: 'DRAW_INDEX_BUFFER_BEGIN_END_B', first: 0x26c }, { name: 'DRAW_VERTEX_ARRAY_BEGIN_END_B', first: 0x274 }, { name: 'DRAW_ZERO_INDEX', first: 0x304 },
    { name: 'DRAW_VERTEX_ARRAY', first: 0xd78 }, { name: 'DRAW_VERTEX_ARRAY_BEGIN_END_INSTANCE', first: 0x1214, last: 0x1218 }, { name: 'DRAW_AUTO', first: 0x123c },
    { name: 'DRAW_INLINE_INDEX4X8', first: 0x1304 }, { name: 'DRAW_INLINE_INDEX', first: 0x15e8 }, { name: 'DRAW_INLINE_INDEX2X16', first: 0x15f0 },
    { name: 'BEGIN', first: 0x1618 }, { name: 'DRAW_INDEX_BUFFER', first: 0x17e0, last: 0x17f8 }, { name: 'CLEAR_SURFACE', first: 0x19d0 },
    { name: 'CALL_MME_MACRO', first: 0x3800, last: 0x3ffc },
  ],
  0x2d: [{ name: 'RENDER_SOLID_PRIM', first: 0x600 }, { name: 'PIXELS_FROM_CPU', first: 0x860 }, { name: 'PIXELS_FROM_MEMORY', first: 0x8dc }],
  0xb0: video, 0xb7: video, 0xd1: video, 0xfa: video,
};
