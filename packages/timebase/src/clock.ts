/** Nanoseconds since the clock's own zero; an integer below 2^53. */
export type Nanoseconds = number;

/** Something that can tell a wait that a look may be worth it now, such as an interrupt. */
export interface Wake {
  /** Calls `look` at every ring until the function returned is called. */
  listen(look: () => void): () => void;
}

/** How {@link Clock.until} waits. */
export interface WaitOptions {
  /** Longest wait, in nanoseconds; at this point the predicate is tried once more, then the wait fails. */
  readonly bound: Nanoseconds;
  /** What is waited for, for the error and the trace: a noun phrase such as `GFW boot completion`. */
  readonly reason: string;
  /** Time between two tries of the predicate, in nanoseconds. Default 10 µs. */
  readonly every?: Nanoseconds;
  /** Ends the wait early with the signal's reason. */
  readonly signal?: { readonly aborted: boolean; readonly reason?: unknown };
  /** Has the predicate tried at once when it rings, beside the tries that `every` asks for. */
  readonly wake?: Wake;
}

/** The only source of time for drivers: nobody above reads the wall clock or sets a timer. */
export interface Clock {
  /** Time now, in nanoseconds. */
  now(): Nanoseconds;
  /**
   * Waits until `predicate` returns true.
   *
   * @throws {@link TimeoutError} when `bound` has passed.
   */
  until(predicate: () => boolean, options: WaitOptions): Promise<void>;
  /** Waits for `duration` nanoseconds. */
  sleep(duration: Nanoseconds, reason: string): Promise<void>;
}

/** Something with timers of its own (a device) that a clock's owner pumps. */
export interface TimedHost {
  /** When the earliest timer is due, or undefined when none is armed. */
  nextDue(): Nanoseconds | undefined;
  /** Runs every timer that is due at `now`, in order of time. */
  runDue(now: Nanoseconds): void;
}

/** The clock as a host of devices sees it: it also moves time, and runs what devices leave to be done later. */
export interface HostClock extends Clock {
  /** Lets `duration` pass at once, as a register access does, and runs the device timers that became due. */
  spend(duration: Nanoseconds): void;
  /** Pumps the timers of `host` from now on; the function returned ends that. */
  attach(host: TimedHost): () => void;
  /**
   * Runs `task` once the code that runs now has come to a stop, before time moves on. Tasks run in the order in
   * which they were given. An interrupt is delivered like this.
   */
  defer(task: () => void): void;
}
