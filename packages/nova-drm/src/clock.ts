/** Time as waits need it: CLOCK_MONOTONIC, in nanoseconds. */
export interface DrmClock {
  now(): number;
  /** Calls `then` once, `nanoseconds` from now; the function returned ends that. */
  after(nanoseconds: number, then: () => void): () => void;
}

/** Longest time that the platform's timers count, in milliseconds. */
const LONGEST = 2 ** 31 - 1;

interface Platform {
  readonly performance: { now(): number };
  readonly setTimeout: (then: () => void, milliseconds: number) => unknown;
  readonly clearTimeout: (timer: unknown) => void;
}

/** The platform's own time. */
export const PLATFORM_CLOCK: DrmClock = {
  now: () => platform().performance.now() * 1e6,
  after(nanoseconds, then) {
    const timer = platform().setTimeout(then, Math.min(LONGEST, Math.ceil(nanoseconds / 1e6)));
    return () => { platform().clearTimeout(timer); };
  },
};

/** Every runtime has these; the language's own types do not. */
function platform(): Platform {
  const { performance, setTimeout, clearTimeout } = globalThis as unknown as Platform;
  return { performance, setTimeout, clearTimeout };
}
