import { CHIPS } from '@nova-stack/gpu-regs';

import type { Board } from './boards.ts';
import { HwModelError } from './errors.ts';
import { localMemoryRange } from './vram-size.ts';

const MiB = 2 ** 20;
/** Less does not hold what firmware reserves. */
const LEAST_VRAM = 512 * MiB;
/** As far as the WPR2 registers reach. */
const MOST_VRAM = 2 ** 40;
/** Smallest and largest BAR1. open-gpu-kernel-modules 570.144: ampere/ga100/dev_nv_xve.h (NV_XVE_RESIZE_BAR1_CTRL_BAR_SIZE) */
const LEAST_BAR1 = 64 * MiB;
const MOST_BAR1 = 2 ** 39;
/** Vectors of the smallest tree. */
const VECTORS = 256;

/** Checks what the rest of the model relies on. @throws {@link HwModelError} `BAD_BOARD`, `UNSUPPORTED_CHIP` */
export function checkBoard(board: Board | undefined): Board {
  if (board === undefined) throw new HwModelError('BAD_BOARD', 'There is no board of that name');
  // A board may come from code that no compiler has seen.
  const family = Object.hasOwn(CHIPS, board.chip) ? CHIPS[board.chip].family : undefined;
  if (family === undefined) throw new HwModelError('UNSUPPORTED_CHIP', `Chip ${board.chip} is not modelled: expected one of ${Object.keys(CHIPS).join(', ')}`);
  if (family.fwsecDescriptor !== undefined && board.vbiosVersion === undefined) throw new HwModelError('BAD_BOARD', `vbiosVersion is missing: ${board.chip} has a VBIOS`);
  const range = (field: string, value: number, min: number, max: number, unit = 1): void => {
    if (Number.isSafeInteger(value) && value >= min && value <= max && value % unit === 0) return;
    throw new HwModelError('BAD_BOARD', `${field} is ${value}: expected ${min} to ${max}${unit === 1 ? '' : `, a multiple of ${unit}`}`);
  };
  range('vramSize', board.vramSize, LEAST_VRAM, MOST_VRAM, MiB);
  range('bar1Size', board.bar1Size, LEAST_BAR1, MOST_BAR1);
  if (!Number.isInteger(Math.log2(board.bar1Size))) throw new HwModelError('BAD_BOARD', `bar1Size is ${board.bar1Size}: expected a power of two`);
  if (family.vramSize === 'local-memory-range' && localMemoryRange(board.vramSize / MiB) === undefined) {
    throw new HwModelError('BAD_BOARD', `vramSize is ${board.vramSize}: expected 1 to 63 MiB times a power of two on ${board.chip}`);
  }
  range('classCode', board.classCode, 0, 0xff_ffff);
  range('fuses.gspFwsec', board.fuses.gspFwsec, 0, 15);
  range('fuses.sec2Booter', board.fuses.sec2Booter, 0, 15);
  range('vectors.gsp', board.vectors.gsp, 0, VECTORS - 1);
  return board;
}
