import type { Nanoseconds } from './clock.ts';

/** A timer is a record, so that it can be saved, compared and restored with the rest of a device's state. */
export interface TimerRecord {
  /** When it fires, in nanoseconds of the host's clock. */
  readonly at: Nanoseconds;
  /** Which part of the device it belongs to. */
  readonly unit: string;
  /** What happens then. */
  readonly event: string;
  /** One number for the event's handler. */
  readonly arg: number;
}
