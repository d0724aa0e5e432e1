import { CHIPS } from '@nova-stack/gpu-regs';
import { createRandom } from '@nova-stack/timebase';
import { noTrace, type Trace } from '@nova-stack/trace';

import { BOARDS, USUAL_DISPLAY, type Board, type BoardName } from './boards.ts';
import { checkBoard } from './check-board.ts';
import { ModelledGpu, type Gpu } from './gpu.ts';
import type { ChipFacts, Firmware } from './port.ts';

export interface GpuOptions {
  readonly board: BoardName | Board;
  /** What runs on the GPU's processors. */
  readonly firmware: Firmware;
  readonly trace?: Trace;
  /** Seed of what differs from card to card (the UUID), 0 to 2^32 - 1; default 1. */
  readonly seed?: number;
}

/**
 * Builds a GPU. It is cold: nothing has run on it but the board's own boot firmware.
 *
 * @throws {@link HwModelError} `BAD_BOARD`, `UNSUPPORTED_CHIP`.
 */
export function createGpu({ board, firmware, trace = noTrace, seed = 1 }: GpuOptions): Gpu {
  const chosen = checkBoard(typeof board === 'string' ? BOARDS[board] : board);
  return new ModelledGpu(chosen, factsOf(chosen, seed), firmware, trace);
}

function factsOf(board: Board, seed: number): ChipFacts {
  const { classCode: _class, bar1Size: _bar1, vbiosVersion: _vbios, ...facts } = board;
  const { id, family } = CHIPS[board.chip];
  const display = facts.displayDisabled ? undefined : board.display ?? USUAL_DISPLAY;
  return { ...facts, ...(display && { display }), chipId: id, architecture: family.architecture, uuid: createRandom(seed).fork('uuid').bytes(16) };
}
