import type { Nanoseconds } from './clock.ts';

export type TimebaseErrorCode = 'TIMEOUT' | 'BAD_TIME' | 'BAD_RANDOM' | 'BAD_HOST';

/** The only kind of error that this package throws by itself. */
export class TimebaseError extends Error {
  override readonly name: string = 'TimebaseError';
  readonly code: TimebaseErrorCode;

  constructor(code: TimebaseErrorCode, message: string) {
    super(message);
    this.code = code;
  }
}

/** A wait reached its bound. */
export class TimeoutError extends TimebaseError {
  override readonly name: string = 'TimeoutError';
  declare readonly code: 'TIMEOUT';
  /** What was waited for. */
  readonly reason: string;
  /** How long, in nanoseconds. */
  readonly bound: Nanoseconds;

  constructor(reason: string, bound: Nanoseconds) {
    super('TIMEOUT', `Waited ${bound} ns for ${reason} in vain`);
    this.reason = reason;
    this.bound = bound;
  }
}

/**
 * Checks a time or duration where it enters.
 *
 * @throws {@link TimebaseError} `BAD_TIME` unless it is an integer between `min` and 2^53 - 1.
 */
export function checkTime(field: string, value: Nanoseconds, min: Nanoseconds): Nanoseconds {
  if (Number.isSafeInteger(value) && value >= min) return value;
  throw new TimebaseError('BAD_TIME', `${field} is ${value}: expected an integer of nanoseconds from ${min} to 2^53 - 1`);
}
