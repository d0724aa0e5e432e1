/** A device's callbacks on the way into sleep and out of it. */
export type PowerCallback = 'prepare' | 'suspend' | 'suspendLate' | 'suspendNoirq' | 'resumeNoirq' | 'resumeEarly' | 'resume' | 'complete';

export interface PowerStep {
  readonly down: PowerCallback;
  /** What undoes it. */
  readonly up: PowerCallback;
  /** Where the step begins in the power order, in which parents and suppliers come first; the way up goes against it. */
  readonly from: 'first' | 'last';
}

/** The way into sleep, step by step. Source: linux: drivers/base/power/main.c. */
export const POWER_STEPS: readonly PowerStep[] = [
  { down: 'prepare', up: 'complete', from: 'first' },
  { down: 'suspend', up: 'resume', from: 'last' },
  { down: 'suspendLate', up: 'resumeEarly', from: 'last' },
  { down: 'suspendNoirq', up: 'resumeNoirq', from: 'last' },
];

export const POWER_CALLBACKS: readonly PowerCallback[] = POWER_STEPS.flatMap(({ down, up }) => [down, up]);
