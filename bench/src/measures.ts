// Ready-made ways to obtain a cost.
import { performance } from "node:perf_hooks";
import type { Measure } from "./comparison.ts";

/** Nanoseconds for one call of `work`, from as many calls as fill about `milliseconds`, after a warm-up of the same length. */
export function perCall(work: () => unknown, { milliseconds = 100 }: { milliseconds?: number } = {}): Measure {
  let batch = 0;
  const time = (calls: number): number => {
    const started = performance.now();
    for (let i = 0; i < calls; i++) sink = work();
    return performance.now() - started;
  };
  return () => {
    if (batch === 0) {
      for (batch = 1; time(batch) < milliseconds / 4; ) batch *= 2;
      batch *= 4;
    }
    return (time(batch) * 1e6) / batch;
  };
}

/** Nanoseconds for one run of a long piece of work; what `prepare` gives is not part of the time. */
export function perRun<T>(prepare: () => T | Promise<T>, work: (prepared: T) => unknown): Measure {
  return async () => {
    const prepared = await prepare();
    const started = performance.now();
    sink = await work(prepared);
    return (performance.now() - started) * 1e6;
  };
}

/** Resident bytes of this process while what `make` gives is alive, after a garbage collection. */
export function resident(make: () => unknown): Measure {
  return async () => {
    const kept = await make();
    // Buffers are returned to the system some time after their owner is collected.
    for (let i = 0; i < 4; i++) {
      globalThis.gc?.();
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
    const bytes = process.memoryUsage().rss;
    sink = kept;
    return bytes;
  };
}

/** Results end up here, so that no work is optimised away for want of a reader. */
export let sink: unknown;
