import { NV_PFB_PRI_MMU_WPR2_ADDR_HI as HI, NV_PFB_PRI_MMU_WPR2_ADDR_LO as LO, get, make, WPR2_UNIT } from '@nova-stack/gpu-regs';

import type { RegisterFile } from './register-file.ts';

/** Bytes of VRAM, `[start, end)`. */
export interface Region {
  readonly start: number;
  readonly end: number;
}

/** Write-protected region 2: the CPU does not write there. The registers are all that is remembered of it. */
export class Wpr2 {
  readonly #registers: RegisterFile;
  readonly #vramSize: number;

  constructor(registers: RegisterFile, vramSize: number) {
    this.#registers = registers;
    this.#vramSize = vramSize;
  }

  get region(): Region | undefined {
    const end = get(HI, 'value', this.#registers.get(HI));
    return end === 0 ? undefined : { start: get(LO, 'value', this.#registers.get(LO)) * WPR2_UNIT, end: end * WPR2_UNIT };
  }

  /** @throws RangeError for what is not a range of whole units in VRAM. */
  set({ start, end }: Region): void {
    if (start % WPR2_UNIT !== 0 || end % WPR2_UNIT !== 0 || start < 0 || start >= end || end > this.#vramSize) {
      throw new RangeError(`WPR2 cannot be 0x${start.toString(16)} to 0x${end.toString(16)}: expected multiples of 4 KiB within VRAM`);
    }
    this.#registers.set(LO, make(LO, { value: start / WPR2_UNIT }));
    this.#registers.set(HI, make(HI, { value: end / WPR2_UNIT }));
  }

  clear(): void {
    this.#registers.set(LO, 0);
    this.#registers.set(HI, 0);
  }

  overlaps(address: number, length: number): boolean {
    if (this.#registers.get(HI) === 0) return false;
    const { start, end } = this.region!;
    return address < end && address + length > start;
  }
}
