import { get, make, type Fields, type Register } from '../register.ts';
import {
  NV_VIRTUAL_FUNCTION_PRIV_BAR1_BLOCK, NV_VIRTUAL_FUNCTION_PRIV_BAR2_BLOCK, NV_VIRTUAL_FUNCTION_PRIV_FUNC_BAR1_BLOCK_HIGH_ADDR,
  NV_VIRTUAL_FUNCTION_PRIV_FUNC_BAR1_BLOCK_LOW_ADDR, NV_VIRTUAL_FUNCTION_PRIV_FUNC_BAR2_BLOCK_HIGH_ADDR, NV_VIRTUAL_FUNCTION_PRIV_FUNC_BAR2_BLOCK_LOW_ADDR,
} from '../registers/virtual-function.ts';

type Bits = readonly [high: number, low: number];

/**
 * Where a BAR is told its address space: its instance block, and whether it goes through page tables at all. `low` has the
 * low bits of the block's address in units of 4 KiB, `high` what does not fit there.
 */
export interface BarBlock {
  readonly low: Register<{ readonly mode: Bits; readonly target: Bits; readonly pointer: Bits } & Fields>;
  readonly high: Register<{ readonly pointer: Bits } & Fields> | undefined;
}

const UNIT = 0x1000;
const pointerSize = ({ low }: BarBlock): number => 2 ** (low.fields.pointer[0] - low.fields.pointer[1] + 1);

/** Address in bytes of the instance block that both registers' values name. */
export function barBlockAddress(block: BarBlock, low: number, high: number): number {
  const upper = block.high === undefined ? 0 : get(block.high, 'pointer', high);
  return (upper * pointerSize(block) + get(block.low, 'pointer', low)) * UNIT;
}

/** Values of both registers that have a BAR go through the instance block at `address` in VRAM, a multiple of 4 KiB. */
export function barBlockValues(block: BarBlock, address: number): { readonly low: number; readonly high: number } {
  const unit = address / UNIT;
  const size = pointerSize(block);
  return {
    low: make(block.low, { mode: 1, target: 0, pointer: unit % size }),
    high: block.high === undefined ? 0 : make(block.high, { pointer: Math.floor(unit / size) }),
  };
}

/** BAR1 and BAR2. */
export const BAR_BLOCKS_TU102: readonly [BarBlock, BarBlock] = [
  { low: NV_VIRTUAL_FUNCTION_PRIV_BAR1_BLOCK, high: undefined }, { low: NV_VIRTUAL_FUNCTION_PRIV_BAR2_BLOCK, high: undefined },
];
export const BAR_BLOCKS_GH100: readonly [BarBlock, BarBlock] = [
  { low: NV_VIRTUAL_FUNCTION_PRIV_FUNC_BAR1_BLOCK_LOW_ADDR, high: NV_VIRTUAL_FUNCTION_PRIV_FUNC_BAR1_BLOCK_HIGH_ADDR },
  { low: NV_VIRTUAL_FUNCTION_PRIV_FUNC_BAR2_BLOCK_LOW_ADDR, high: NV_VIRTUAL_FUNCTION_PRIV_FUNC_BAR2_BLOCK_HIGH_ADDR },
];
