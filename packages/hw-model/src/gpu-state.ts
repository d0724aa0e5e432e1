import type { TimerRecord } from '@nova-stack/timebase';

import type { DisplayState } from './display/state.ts';
import type { FalconState } from './falcon/state.ts';
import type { FspState } from './fsp/state.ts';
import type { HostState } from './host/state.ts';
import type { InterruptState } from './interrupt-tree.ts';
import type { EngineName } from './port.ts';
import type { PtimerState } from './ptimer.ts';
import type { RegisterState } from './register-file.ts';
import type { VirtualState } from './virtual-function.ts';
import type { VramState } from './vram.ts';

/** Everything that a GPU remembers, as plain data. */
export interface GpuState {
  /** Form of this record. */
  readonly version: 1;
  /** What it is a state of: chip, device id and VRAM size. */
  readonly board: string;
  readonly config: Uint8Array;
  readonly virtual: VirtualState;
  readonly registers: RegisterState;
  readonly vram: VramState;
  readonly falcons: Readonly<Record<EngineName, FalconState>>;
  /** Undefined where the display was fused off. */
  readonly display: DisplayState | undefined;
  /** Undefined on chips that have none. */
  readonly fsp: FspState | undefined;
  readonly host: HostState;
  readonly interrupts: InterruptState;
  readonly ptimer: PtimerState;
  readonly timers: readonly TimerRecord[];
  readonly firmware: unknown;
}
