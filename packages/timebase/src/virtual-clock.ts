import type { HostClock, Nanoseconds, TimedHost, WaitOptions } from './clock.ts';
import { TimebaseError, checkTime } from './errors.ts';
import { hostHop, type Hop } from './hop.ts';
import { createRandom, type Random } from './random.ts';
import { abortReason, planWait, tryWaiter, type Waiter } from './waiter.ts';

/** Time that stands still while anything runs, and jumps to the next thing that is to happen when nothing does. */
export interface VirtualClock extends HostClock {
  /** Stops time from jumping until the function returned is called: something outside, such as a file read, is under way. */
  hold(): () => void;
  /** Randomness of this run; take a fork per use. */
  readonly random: Random;
}

export interface VirtualClockOptions {
  /** Seed of {@link VirtualClock.random}, 0 to 2^32 - 1; default 1. */
  readonly seed?: number;
  /** First value of `now()`, in nanoseconds; default 0. */
  readonly start?: Nanoseconds;
  /** How to let everything else run; by default the best that the host offers. */
  readonly hop?: Hop;
}

class Virtual implements VirtualClock {
  readonly random: Random;
  #now: Nanoseconds;
  readonly #hop: Hop;
  readonly #hosts: TimedHost[] = [];
  /** In the order in which they began. */
  readonly #waiters: Waiter[] = [];
  readonly #tasks: (() => void)[] = [];
  #holds = 0;
  #hopping = false;
  #pumping = false;

  constructor({ seed = 1, start = 0, hop }: VirtualClockOptions) {
    this.random = createRandom(seed);
    this.#now = checkTime('start', start, 0);
    this.#hop = hop ?? hostHop();
  }

  now(): Nanoseconds {
    return this.#now;
  }

  spend(duration: Nanoseconds): void {
    this.#now += duration;
    for (const host of this.#hosts) {
      const due = host.nextDue();
      if (due !== undefined && due <= this.#now) {
        this.#pump();
        return;
      }
    }
  }

  until(predicate: () => boolean, options: WaitOptions): Promise<void> {
    return new Promise((resolve, reject) => {
      const plan = planWait(this.#now, options);
      if (options.signal?.aborted) reject(abortReason(options));
      else if (predicate()) resolve();
      else this.#wait(this.#woken({ ...plan, predicate, options, resolve, reject }));
    });
  }

  sleep(duration: Nanoseconds, reason: string): Promise<void> {
    return new Promise((resolve, reject) => {
      const options = { bound: duration, reason, every: Math.max(duration, 1) };
      const plan = planWait(this.#now, options);
      this.#wait({ ...plan, predicate: () => this.#now >= plan.deadline, options, resolve, reject });
    });
  }

  attach(host: TimedHost): () => void {
    this.#hosts.push(host);
    return () => {
      const index = this.#hosts.indexOf(host);
      if (index >= 0) this.#hosts.splice(index, 1);
    };
  }

  defer(task: () => void): void {
    this.#tasks.push(task);
    this.#schedule();
  }

  hold(): () => void {
    this.#holds++;
    let held = true;
    return () => {
      if (!held) return;
      held = false;
      this.#holds--;
      this.#schedule();
    };
  }

  /** The same wait, looked at again whenever its bell rings. */
  #woken(waiter: Waiter): Waiter {
    const { wake } = waiter.options;
    if (wake === undefined) return waiter;
    const woken: Waiter = {
      ...waiter,
      resolve: () => { leave(); waiter.resolve(); },
      reject: (error) => { leave(); waiter.reject(error); },
    };
    const leave = wake.listen(() => {
      woken.at = Math.min(woken.at, this.#now);
      this.#schedule();
    });
    return woken;
  }

  #wait(waiter: Waiter): void {
    this.#waiters.push(waiter);
    this.#schedule();
  }

  /** Arranges for {@link #turn} to run when nothing else is ready to. */
  #schedule(): void {
    if (this.#hopping) return;
    this.#hopping = true;
    this.#hop(() => {
      this.#hopping = false;
      try {
        this.#turn();
      } catch (error) {
        this.#fail(error);
      }
    });
  }

  /** A device's timer or a deferred task failed: nobody called it, so whoever waits hears of it. */
  #fail(error: unknown): void {
    if (this.#waiters.length === 0) throw error;
    for (const { reject } of this.#waiters.splice(0)) reject(error);
  }

  /** Nothing is left to run: does deferred tasks, else moves time until somebody has something to do. */
  #turn(): void {
    const task = this.#tasks.shift();
    if (task) {
      if (this.#tasks.length + this.#waiters.length > 0) this.#schedule();
      task();
      return;
    }
    while (this.#waiters.length > 0 && this.#holds === 0 && this.#tasks.length === 0) {
      this.#jump();
      if (this.#tryDue()) break;
    }
    if (this.#waiters.length + this.#tasks.length > 0 && (this.#holds === 0 || this.#tasks.length > 0)) this.#schedule();
  }

  /** Moves time to whatever comes first, a device timer or a waiter's next look; never back. */
  #jump(): void {
    let next = Infinity;
    for (const { at } of this.#waiters) if (at < next) next = at;
    for (const host of this.#hosts) {
      const due = host.nextDue();
      if (due !== undefined && due < next) next = due;
    }
    if (next > this.#now) this.#now = next;
    this.#pump();
  }

  /** Runs the device timers that are due, over all hosts in order of time. */
  #pump(): void {
    // A timer's handler that lets time pass is inside the pump already, which goes on until nothing is due.
    if (this.#pumping) return;
    this.#pumping = true;
    try {
      for (;;) {
        let first: TimedHost | undefined;
        let at = Infinity;
        for (const host of this.#hosts) {
          const due = host.nextDue();
          if (due !== undefined && due <= this.#now && due < at) [first, at] = [host, due];
        }
        if (!first) return;
        first.runDue(this.#now);
        const left = first.nextDue();
        if (left !== undefined && left <= this.#now) throw new TimebaseError('BAD_HOST', `A host still has a timer due at ${left} ns after running all that are due at ${this.#now} ns`);
      }
    } finally {
      this.#pumping = false;
    }
  }

  /** Tries the waiters that are due, earliest first, until one is over; tells whether one is. */
  #tryDue(): boolean {
    const limit = this.#now;
    // What a timer or a predicate left to be done comes before the next predicate is asked.
    while (this.#tasks.length === 0) {
      let first: Waiter | undefined;
      for (const waiter of this.#waiters) if (waiter.at <= limit && (!first || waiter.at < first.at)) first = waiter;
      if (!first) return false;
      if (tryWaiter(first, () => this.#now)) {
        this.#waiters.splice(this.#waiters.indexOf(first), 1);
        return true;
      }
    }
    return false;
  }
}

/**
 * Creates a clock that never waits: a whole boot takes as long as its computation does.
 *
 * Time moves in two ways only. A register access spends a little of it; and when nothing is left to run, it jumps
 * to the earliest of the next try of a waiting predicate, a deadline and a device timer. What happens is therefore a
 * pure function of the program and its seed.
 */
export function createVirtualClock(options: VirtualClockOptions = {}): VirtualClock {
  return new Virtual(options);
}

/** Keeps time from jumping while `work` is under way. */
export async function holding<T>(clock: VirtualClock, work: Promise<T>): Promise<T> {
  const release = clock.hold();
  try {
    return await work;
  } finally {
    release();
  }
}

