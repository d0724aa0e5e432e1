import type { RegisterFile } from './register-file.ts';

export interface TimerState {
  /** What software's own time is ahead of the device's, in nanoseconds. */
  offset: number;
}

/** PTIMER: a free-running nanosecond counter. Source: linux: drivers/gpu/drm/nouveau/nvkm/subdev/timer/nv04.c. */
export class TimerUnit {
  state: TimerState = { offset: 0 };

  constructor(registers: RegisterFile, now: () => number) {
    const time = (): number => now() + this.state.offset;
    registers.plain(0x9100);
    registers.plain(0x9140);
    registers.plain(0x9420);
    registers.handle(0x9400, {
      read: () => time() % 2 ** 32,
      write: (low) => { this.state.offset = Math.floor(time() / 2 ** 32) * 2 ** 32 + low - now(); },
    });
    registers.handle(0x9410, {
      read: () => Math.floor(time() / 2 ** 32),
      write: (high) => { this.state.offset = (high & 0x1fffffff) * 2 ** 32 + (time() % 2 ** 32) - now(); },
    });
    for (const address of [0xb82300, 0xbb0080]) registers.handle(address, { read: () => time() % 2 ** 32 });
    registers.handle(0xbb0084, { read: () => Math.floor(time() / 2 ** 32) });
  }

  cold(): void {
    this.state = { offset: 0 };
  }
}
