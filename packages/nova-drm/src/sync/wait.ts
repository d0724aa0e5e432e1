import type { DrmClock } from '../clock.ts';
import { DrmError } from '../errors.ts';
import { SYNCOBJ_WAIT } from '../uapi/drm.ts';
import type { Fence } from './fence.ts';
import type { Syncobj } from './syncobj.ts';

export interface Waited {
  readonly object: Syncobj;
  readonly point: bigint;
}

export interface WaitOptions {
  /** Bits of {@link SYNCOBJ_WAIT}. */
  readonly flags: number;
  /** When to give up, on the clock, in nanoseconds; 0 and below only looks. */
  readonly timeout_nsec: bigint;
}

/** What ends a wait beside its objects. */
export interface Waiter {
  /** Signals when nobody shall wait any longer. */
  readonly gone: Fence;
  readonly parts: { readonly clock: DrmClock };
}

/**
 * Waits for one of several points, or for all of them. linux: drm_syncobj_array_wait_timeout()
 *
 * @returns index of the first that is there, where one is enough
 * @throws {DrmError} `EINVAL` where nobody has submitted one and the flags do not wait for that; `ETIME`; `ENODEV`
 */
export async function waitFor({ gone, parts: { clock } }: Waiter, all: readonly Waited[], { flags, timeout_nsec }: WaitOptions): Promise<number | undefined> {
  const patient = (flags & (SYNCOBJ_WAIT.FOR_SUBMIT | SYNCOBJ_WAIT.AVAILABLE)) !== 0;
  const available = (flags & SYNCOBJ_WAIT.AVAILABLE) !== 0;
  const every = (flags & SYNCOBJ_WAIT.ALL) !== 0;
  // Once seen, a fence is that one, whatever the object holds later.
  const fences = all.map(({ object, point }) => (patient ? object.find(point) : object.require(point)));
  const there = (fence: Fence | undefined): boolean => fence !== undefined && (available || fence.signalled);

  const endings: (() => void)[] = [];
  try {
    return await new Promise<number | undefined>((resolve, reject) => {
      const look = (): boolean => {
        for (const [i, { object, point }] of all.entries()) {
          if (fences[i] !== undefined) continue;
          fences[i] = object.find(point);
          fences[i]?.onSignal(look);
        }
        const first = fences.findIndex(there);
        const enough = every ? fences.every(there) : first >= 0;
        if (enough) resolve(every ? undefined : first);
        return enough;
      };
      for (const fence of fences) fence?.onSignal(look);
      if (look()) return;
      const give = (code: 'ETIME' | 'ENODEV', why: string) => (): void => { reject(new DrmError(code, why)); };
      gone.onSignal(give('ENODEV', 'The device is gone'));
      for (const { object } of all) endings.push(object.watch(look));
      const expire = (): void => {
        const left = timeout_nsec - BigInt(Math.floor(clock.now()));
        if (left <= 0n) give('ETIME', 'It did not come in time')();
        // A timer may be shorter than what it was asked for.
        else endings.push(clock.after(Number(left), expire));
      };
      expire();
    });
  } finally {
    for (const ending of endings) ending();
  }
}
