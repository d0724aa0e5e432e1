import { performance } from 'node:perf_hooks';

import type { RealTime } from '@nova-stack/timebase';

/** A timer of Node's is a millisecond coarse. */
const TIMER = 1e6;

/** This process's time, from the moment of the call on. */
export function hostTime(): RealTime {
  const started = performance.now();
  const cell = new Int32Array(new SharedArrayBuffer(4));
  return {
    now: () => Math.round((performance.now() - started) * 1e6),
    sleep: (duration) => new Promise((resolve) => {
      if (duration > TIMER) setTimeout(resolve, Math.ceil(duration / 1e6));
      else {
        // Everything else that is ready goes first; then the thread sleeps, so that a device in another process gets on.
        setImmediate(() => {
          if (duration > 0) Atomics.wait(cell, 0, 0, duration / 1e6);
          resolve();
        });
      }
    }),
  };
}
