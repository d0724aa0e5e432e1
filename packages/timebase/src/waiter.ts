import type { Nanoseconds, WaitOptions } from './clock.ts';
import { TimeoutError, checkTime } from './errors.ts';

/** Time between two tries of a predicate unless the caller says otherwise: 10 µs. */
export const DEFAULT_EVERY: Nanoseconds = 10_000;

/** One wait in progress. */
export interface Waiter {
  /** When it is looked at next. */
  at: Nanoseconds;
  readonly deadline: Nanoseconds;
  readonly every: Nanoseconds;
  readonly predicate: () => boolean;
  readonly options: WaitOptions;
  readonly resolve: () => void;
  readonly reject: (error: unknown) => void;
}

/** Checks the options of a wait that begins at `now`, and says when it is looked at first and last. */
export function planWait(now: Nanoseconds, options: WaitOptions): Pick<Waiter, 'at' | 'deadline' | 'every'> {
  const every = checkTime('every', options.every ?? DEFAULT_EVERY, 1);
  const deadline = checkTime('end of the wait', now + checkTime('bound', options.bound, 0), 0);
  return { at: Math.min(now + every, deadline), deadline, every };
}

/**
 * Tries a wait once: fulfilled, failed, or to be looked at again at its new `at`.
 *
 * @param now The time, read anew after the predicate: reading a register takes time.
 * @returns Whether the wait is over.
 */
export function tryWaiter(waiter: Waiter, now: () => Nanoseconds): boolean {
  const { options, deadline } = waiter;
  if (options.signal?.aborted) {
    waiter.reject(abortReason(options));
    return true;
  }
  const last = now() >= deadline;
  try {
    if (waiter.predicate()) {
      waiter.resolve();
      return true;
    }
  } catch (error) {
    waiter.reject(error);
    return true;
  }
  if (last) {
    waiter.reject(new TimeoutError(options.reason, options.bound));
    return true;
  }
  waiter.at = Math.min(now() + waiter.every, Math.max(deadline, now()));
  return false;
}

/** The signal's reason; one that is no error becomes the cause of one. */
export function abortReason({ signal, reason }: WaitOptions): Error {
  return signal?.reason instanceof Error ? signal.reason : new Error(`Gave up waiting for ${reason}`, { cause: signal?.reason });
}
