import {
  FALCON_BLOCK, get, NV_PFALCON_FALCON_DMATRFBASE, NV_PFALCON_FALCON_DMATRFBASE1, NV_PFALCON_FALCON_DMATRFCMD as COMMAND,
  NV_PFALCON_FALCON_DMATRFFBOFFS, NV_PFALCON_FALCON_DMATRFMOFFS, NV_PFALCON_FBIF_TRANSCFG as TRANSCFG,
} from '@nova-stack/gpu-regs';

import type { FalconFetch } from '../port.ts';
import { MEMORY_SIZE, type FalconState } from './state.ts';

/** Registers that describe a transfer, as the CPU left them. */
export interface TransferRegisters {
  /** DMATRFCMD */
  readonly command: number;
  /** DMATRFBASE, DMATRFBASE1, DMATRFFBOFFS, DMATRFMOFFS */
  readonly base: number;
  readonly base1: number;
  readonly sourceOffset: number;
  readonly offset: number;
  /** FBIF_TRANSCFG of the command's context. */
  readonly config: number;
}

export interface Transfer {
  /** Address in VRAM or in system memory. */
  readonly address: number;
  readonly source: 'vram' | 'system';
  /** Part of the falcon's memory that is filled. */
  readonly into: Uint8Array;
}

/** What is to be fetched, with the FBIF_TRANSCFG of its context. */
export interface Fetch extends Omit<FalconFetch, 'context'> {
  readonly config: number;
}

/** Why nothing was fetched. */
export interface Refusal {
  readonly refused: string;
  readonly address: number;
}

const TARGET_VRAM = 0;

/**
 * Begins a transfer: says what is to be read where, and marks what will have been loaded.
 * What this model does not do is refused: transfers out of the falcon, virtual addresses, contexts.
 */
export function beginTransfer(state: FalconState, registers: TransferRegisters): Transfer | Refusal {
  const { command } = registers;
  const offset = get(NV_PFALCON_FALCON_DMATRFMOFFS, 'offset', registers.offset);
  const sourceOffset = get(NV_PFALCON_FALCON_DMATRFFBOFFS, 'offset', registers.sourceOffset);
  const address = get(NV_PFALCON_FALCON_DMATRFBASE1, 'base', registers.base1) * 2 ** 40
    + get(NV_PFALCON_FALCON_DMATRFBASE, 'base', registers.base) * 2 ** 8 + sourceOffset;
  const size = 4 << get(COMMAND, 'size', command);
  if (get(COMMAND, 'write', command)) return { refused: 'transfers out of a falcon are not modelled', address };
  return beginFetch(state, {
    address, offset, size, config: registers.config,
    memory: get(COMMAND, 'imem', command) ? 'imem' : 'dmem',
    // The virtual tag of code is where it stands in its image.
    tag: Math.floor(sourceOffset / FALCON_BLOCK) & 0xffff,
    secure: (get(COMMAND, 'secure', command) & 1) !== 0,
  });
}

/** Begins to fetch `size` bytes into one of the memories; every block of code gets the tag that follows the one before. */
export function beginFetch(state: FalconState, { address, offset, size, config, memory, tag, secure }: Fetch): Transfer | Refusal {
  const refused = state.requireContext ? 'it needs a context'
    : !get(TRANSCFG, 'physical', config) ? 'virtual addresses are not modelled'
    : offset + size > MEMORY_SIZE ? 'it ends outside the memory'
    : undefined;
  if (refused !== undefined) return { refused, address };

  state.loaded = true;
  const first = Math.floor(offset / FALCON_BLOCK);
  for (let block = first; memory === 'imem' && block * FALCON_BLOCK < offset + size; block++) state.blocks.set(block, { tag: tag + block - first, secure });
  const into = state[memory].subarray(offset, offset + size);
  return { address, source: get(TRANSCFG, 'target', config) === TARGET_VRAM ? 'vram' : 'system', into };
}
