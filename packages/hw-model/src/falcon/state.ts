import { FALCON_BLOCK } from '@nova-stack/gpu-regs';

import type { Lockdown } from '../port.ts';

/** Bytes of instruction and of data memory. */
export const MEMORY_SIZE = 0x10000;
export const MEMORY_BLOCKS: number = MEMORY_SIZE / FALCON_BLOCK;

/** A block of IMEM that was loaded since reset. */
export interface LoadedBlock {
  readonly tag: number;
  readonly secure: boolean;
}

/** What a falcon remembers beyond its plain registers. */
export interface FalconState {
  imem: Uint8Array;
  dmem: Uint8Array;
  /** By physical block number. */
  blocks: Map<number, LoadedBlock>;
  /** Something was loaded since the last reset. */
  loaded: boolean;
  halted: boolean;
  aliasEnabled: boolean;
  /** ENGINE.reset is set. */
  held: boolean;
  /** How far the CPU gets at it. */
  lockdown: Lockdown;
  /** Until when the memories are being cleared, in nanoseconds of device time. */
  scrubbedAt: number;
  requireContext: boolean;
  /** IRQSTAT. */
  pending: number;
  riscv: { active: boolean; halted: boolean };
  /** BCR_CTRL without its valid bit, and that bit. */
  bootConfig: number;
  bootConfigValid: boolean;
  /** Last DMATRFCMD, and transfers that have not finished. */
  command: number;
  transfers: number;
  /** IMEMC, IMEMT and DMEMC per port. */
  imemControl: Uint32Array;
  imemTag: Uint32Array;
  dmemControl: Uint32Array;
}

/** BCR_CTRL after reset: the falcon core, fetching from memory. open-gpu-kernel-modules 570.144: ampere/ga102/dev_riscv_pri.h */
const BOOT_CONFIG = 0x100;

/** The state after power-on, and after a reset of the engine. */
export function coldFalcon(lockdown: Lockdown): FalconState {
  return {
    imem: new Uint8Array(MEMORY_SIZE),
    dmem: new Uint8Array(MEMORY_SIZE),
    blocks: new Map(),
    loaded: false,
    halted: true,
    aliasEnabled: false,
    held: false,
    lockdown,
    scrubbedAt: 0,
    requireContext: true,
    pending: 0,
    riscv: { active: false, halted: true },
    bootConfig: BOOT_CONFIG,
    bootConfigValid: false,
    command: 0,
    transfers: 0,
    imemControl: new Uint32Array(4),
    imemTag: new Uint32Array(4),
    dmemControl: new Uint32Array(8),
  };
}
