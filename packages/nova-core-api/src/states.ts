import type { InstanceState } from './schema/vgpu-v1.ts';

/**
 * Where a session stands. `Attached` works; in `Quiescing` the core does nothing new for a while; `Draining` is on its way out by the client's wish, `Revoking` by the
 * core's; in `Lost` nothing is left but releasing and detaching, which succeed; `Detached` is the end.
 */
export type SessionState = 'Attached' | 'Quiescing' | 'Draining' | 'Revoking' | 'Lost' | 'Detached';

export interface SessionStateRow {
  /** Wire number. */
  readonly number: number;
  /**
   * What may be called: everything; what reads or gives back, and operations of objects held; or nothing. Releasing
   * and detaching are allowed always.
   */
  readonly calls: 'all' | 'ending' | 'none';
  readonly next: readonly SessionState[];
}

/** The life of a session. */
export const SESSION_STATES: Readonly<Record<SessionState, SessionStateRow>> = {
  Attached: { number: 1, calls: 'all', next: ['Quiescing', 'Draining', 'Revoking', 'Lost'] },
  Quiescing: { number: 6, calls: 'ending', next: ['Attached', 'Draining', 'Revoking', 'Lost'] },
  Draining: { number: 2, calls: 'none', next: ['Lost', 'Detached'] },
  Revoking: { number: 3, calls: 'ending', next: ['Draining', 'Lost'] },
  Lost: { number: 4, calls: 'none', next: ['Detached'] },
  Detached: { number: 5, calls: 'none', next: [] },
};

/** The life of a virtual function: the states that may follow each. Out of `Quarantined` only a new epoch leads. */
export const INSTANCE_STATES: Readonly<Record<InstanceState, readonly InstanceState[]>> = {
  Unassigned: ['Assigned'],
  Assigned: ['Unassigned', 'Opening'],
  Opening: ['Active', 'Assigned', 'Quarantined', 'Lost'],
  Active: ['Resetting', 'Stopped', 'Failed', 'Closing', 'Lost'],
  Resetting: ['Active', 'Failed', 'Lost'],
  Stopped: ['Active', 'Closing', 'Lost'],
  Failed: ['Closing', 'Lost'],
  Closing: ['Assigned', 'Quarantined', 'Lost'],
  Quarantined: [],
  Lost: [],
};
