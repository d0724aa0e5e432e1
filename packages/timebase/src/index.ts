// Clocks
export type { Clock, HostClock, Nanoseconds, TimedHost, WaitOptions, Wake } from './clock.ts';
export { createVirtualClock, holding, type VirtualClock, type VirtualClockOptions } from './virtual-clock.ts';
export { createRealClock, type RealTime } from './real-clock.ts';
export { createBell, type Bell } from './bell.ts';
export type { Hop } from './hop.ts';

// Timers of a device
export type { TimerRecord } from './timers.ts';
export { TimerQueue } from './timer-queue.ts';

// State as plain data
export { copyPlain } from './plain.ts';

// Randomness
export { createRandom, restoreRandom, type Random, type RandomState } from './random.ts';

// Errors
export { TimebaseError, TimeoutError, type TimebaseErrorCode } from './errors.ts';
