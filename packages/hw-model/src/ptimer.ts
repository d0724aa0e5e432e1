import {
  NV_PTIMER_ALARM_0, NV_PTIMER_INTR_0, NV_PTIMER_INTR_EN_0, NV_PTIMER_TIME_0, NV_PTIMER_TIME_1, NV_VIRTUAL_FUNCTION_PRIV_TIMER,
  NV_VIRTUAL_FUNCTION_TIME_0, NV_VIRTUAL_FUNCTION_TIME_1,
} from '@nova-stack/gpu-regs';

import type { RegisterFile } from './register-file.ts';

export interface PtimerState {
  /** What software's own time is ahead of the device's, in nanoseconds. */
  offset: number;
}

const HALF = 2 ** 32;
/** The counter goes in steps of 32 ns: bits 4:0 of the low half are zero. */
const STEP = 32;
const HIGH_BITS = 0x1fff_ffff;

/** PTIMER: a free-running nanosecond counter. Source: linux: drivers/gpu/drm/nouveau/nvkm/subdev/timer/nv04.c. */
export class Ptimer {
  state: PtimerState = { offset: 0 };

  constructor(registers: RegisterFile, now: () => number) {
    const time = (): number => now() + this.state.offset;
    const low = (): number => time() % HALF & -STEP;
    const high = (): number => Math.floor(time() / HALF);
    // No alarm is modelled: nothing ever becomes pending.
    registers.handle(NV_PTIMER_INTR_0, {});
    registers.plain(NV_PTIMER_INTR_EN_0);
    registers.plain(NV_PTIMER_ALARM_0);
    registers.handle(NV_PTIMER_TIME_0, {
      read: low,
      write: (value) => { this.state.offset = high() * HALF + value - now(); },
    });
    registers.handle(NV_PTIMER_TIME_1, {
      read: high,
      write: (value) => { this.state.offset = (value & HIGH_BITS) * HALF + (time() % HALF) - now(); },
    });
    registers.handle(NV_VIRTUAL_FUNCTION_TIME_0, { read: low });
    registers.handle(NV_VIRTUAL_FUNCTION_TIME_1, { read: high });
    registers.handle(NV_VIRTUAL_FUNCTION_PRIV_TIMER, { read: low });
  }

  cold(): void {
    this.state = { offset: 0 };
  }
}
