import type { HostClock, Nanoseconds, TimedHost, WaitOptions } from './clock.ts';
import { checkTime } from './errors.ts';
import { abortReason, planWait, tryWaiter, type Waiter } from './waiter.ts';

/** What a host lends to a real clock. */
export interface RealTime {
  /** Nanoseconds since any fixed moment; an integer that never goes back. */
  now(): Nanoseconds;
  /** Resolves after about `duration` nanoseconds, not before. */
  sleep(duration: Nanoseconds): Promise<void>;
}

/**
 * A clock on the host's time. Device timers run while somebody waits or accesses a device; time that an access
 * spends is not added, for it passes by itself.
 */
export function createRealClock({ now, sleep }: RealTime): HostClock {
  const hosts: TimedHost[] = [];
  const pump = (): void => {
    const at = now();
    for (const host of hosts) {
      const due = host.nextDue();
      if (due !== undefined && due <= at) host.runDue(at);
    }
  };
  /** Until the next look or the next device timer, whichever comes first. */
  const pause = (at: Nanoseconds): Promise<void> => {
    const next = hosts.reduce((least, host) => Math.min(least, host.nextDue() ?? Infinity), at);
    return sleep(Math.max(0, next - now()));
  };
  const wait = async (waiter: Omit<Waiter, 'resolve' | 'reject'>): Promise<void> => {
    let over = false;
    let failure: { readonly error: unknown } | undefined;
    const resolve = (): void => void (over = true);
    const reject = (error: unknown): void => void (failure = { error });
    const full: Waiter = { ...waiter, resolve, reject };
    while (!over) {
      await pause(full.at);
      pump();
      if (now() >= full.at) tryWaiter(full, now);
      if (failure) throw failure.error;
    }
  };
  return {
    now,
    async until(predicate: () => boolean, options: WaitOptions) {
      const plan = planWait(now(), options);
      if (options.signal?.aborted) throw abortReason(options);
      if (!predicate()) await wait({ ...plan, predicate, options });
    },
    async sleep(duration, reason) {
      const options = { bound: duration, reason, every: Math.max(duration, 1) };
      const plan = planWait(now(), options);
      await wait({ ...plan, predicate: () => now() >= plan.deadline, options });
    },
    spend(duration) {
      checkTime('duration', duration, 0);
      pump();
    },
    attach(host) {
      hosts.push(host);
      return () => {
        const index = hosts.indexOf(host);
        if (index >= 0) hosts.splice(index, 1);
      };
    },
    defer: (task) => void sleep(0).then(task),
  };
}
