import type { Nanoseconds } from './clock.ts';
import { checkTime } from './errors.ts';
import type { TimerRecord } from './timers.ts';

/**
 * Armed timers in the order in which they fire: by time, and among equals first armed, first fired.
 * The records live in the array that is passed in, so that a device keeps them with its other plain state.
 */
export class TimerQueue {
  readonly #records: TimerRecord[];

  /** @param records Where the timers live; sorted here in case they come from elsewhere. */
  constructor(records: TimerRecord[] = []) {
    this.#records = records;
    for (const record of records) checkTime('at', record.at, 0);
    records.sort((a, b) => a.at - b.at);
  }

  get records(): readonly TimerRecord[] {
    return this.#records;
  }

  /** Adds a timer; the same unit and event may be armed several times. */
  arm(record: TimerRecord): void {
    checkTime('at', record.at, 0);
    let index = this.#records.length;
    while (index > 0 && this.#records[index - 1]!.at > record.at) index--;
    this.#records.splice(index, 0, record);
  }

  /** Takes back all timers of `unit`, or only those of one event; returns how many. */
  disarm(unit: string, event?: string): number {
    let kept = 0;
    for (const record of this.#records) {
      if (record.unit === unit && (event === undefined || record.event === event)) continue;
      this.#records[kept++] = record;
    }
    const gone = this.#records.length - kept;
    this.#records.length = kept;
    return gone;
  }

  /** When the earliest timer is due. */
  nextDue(): Nanoseconds | undefined {
    return this.#records.length === 0 ? undefined : this.#records[0]!.at;
  }

  /** Takes out the earliest timer if it is due at `now`. */
  take(now: Nanoseconds): TimerRecord | undefined {
    return this.#records.length !== 0 && this.#records[0]!.at <= now ? this.#records.shift() : undefined;
  }

  /**
   * Fires every timer due at `now`, one after the other. One that a handler arms for `now` or earlier fires too, in
   * its place in the order; so a timer that arms itself again must do so for a later time.
   */
  runDue(now: Nanoseconds, fire: (timer: TimerRecord) => void): void {
    for (let timer = this.take(now); timer; timer = this.take(now)) fire(timer);
  }
}
