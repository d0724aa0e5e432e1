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
export function createRealClock(time: RealTime): HostClock {
  const hosts: TimedHost[] = [];
  const now = (): Nanoseconds => time.now();
  const pump = (): void => {
    const at = now();
    for (const host of hosts) {
      const due = host.nextDue();
      if (due !== undefined && due <= at) host.runDue(at);
    }
  };
  /** Until the next look or the next device timer, whichever comes first, or until `woken`. */
  const pause = (at: Nanoseconds, woken: Promise<void> | undefined): Promise<void> => {
    const next = hosts.reduce((least, host) => Math.min(least, host.nextDue() ?? Infinity), at);
    const asleep = time.sleep(Math.max(0, next - now()));
    return woken === undefined ? asleep : Promise.race([asleep, woken]);
  };
  const wait = (waiter: Omit<Waiter, 'resolve' | 'reject'>): Promise<void> => new Promise((resolve, reject) => {
    const full: Waiter = { ...waiter, resolve, reject };
    const { wake } = waiter.options;
    let ring = (): void => undefined;
    const nextRing = (): Promise<void> => new Promise((rung) => { ring = rung; });
    let rung = wake && nextRing();
    const leave = wake?.listen(() => {
      full.at = Math.min(full.at, now());
      ring();
    });
    const look = async (): Promise<void> => {
      for (let over = false; !over;) {
        await pause(full.at, rung);
        rung = wake && nextRing();
        pump();
        over = now() >= full.at && tryWaiter(full, now);
      }
    };
    look().catch(reject).finally(() => leave?.());
  });
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
    defer: (task) => void time.sleep(0).then(task),
  };
}
