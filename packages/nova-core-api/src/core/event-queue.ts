import type { ContractEvent, EventHandler } from '../session.ts';

type WithoutPlace<E> = E extends unknown ? Omit<E, 'sequence' | 'time'> : never;
/** An event that has no place in a session's sequence yet. */
export type RaisedEvent = WithoutPlace<ContractEvent>;

export interface EventQueueOptions {
  /** Events that wait before some are lost. */
  readonly limit: number;
  readonly handler: EventHandler;
  readonly now: () => number;
  /** The handler threw. */
  readonly failed: (error: unknown) => void;
}

/**
 * Events of one session on their way to its handler: one at a time, in order. A full queue drops what comes, except
 * for terminal events; in the place of those dropped stands one `events.lost` that counts them.
 */
export class EventQueue {
  readonly #options: EventQueueOptions;
  readonly #waiting: ContractEvent[] = [];
  #sequence = 0;
  #running: Promise<void> | undefined;
  #closed = false;
  #delivered = 0;
  #lost = 0;
  /** True while the synchronous part of the handler runs. */
  inHandler = false;

  constructor(options: EventQueueOptions) {
    this.#options = options;
  }

  get counts(): { readonly delivered: number; readonly lost: number } {
    return { delivered: this.#delivered, lost: this.#lost };
  }

  /** Queues an event. @returns false when it was dropped. */
  push(event: RaisedEvent, terminal: boolean): boolean {
    if (this.#closed) return true;
    const fits = terminal || this.#waiting.length < this.#options.limit;
    if (fits) this.#waiting.push({ ...event, ...this.#place() });
    else this.#drop();
    this.#running ??= this.#drain();
    return fits;
  }

  /** Nothing is delivered from now on. Resolves when no handler runs any more. */
  async close(): Promise<void> {
    this.#closed = true;
    this.#waiting.length = 0;
    await this.#running;
  }

  #place(): { readonly sequence: number; readonly time: number } {
    return { sequence: this.#sequence++, time: this.#options.now() };
  }

  /** The one dropped takes a number too, so that the gap shows in the sequence as well. */
  #drop(): void {
    this.#lost++;
    const last = this.#waiting.at(-1);
    if (last?.kind === 'events.lost') {
      this.#waiting[this.#waiting.length - 1] = { ...last, payload: { count: last.payload.count + 1 }, sequence: this.#sequence++ };
    } else {
      this.#sequence++;
      this.#waiting.push({ kind: 'events.lost', payload: { count: 1 }, ...this.#place() });
    }
  }

  async #drain(): Promise<void> {
    // The one who raised the event goes on first: no handler ever runs inside a call into the core.
    await Promise.resolve();
    for (let event = this.#waiting.shift(); event; event = this.#waiting.shift()) await this.#deliver(event);
    this.#running = undefined;
  }

  async #deliver(event: ContractEvent): Promise<void> {
    this.#delivered++;
    try {
      this.inHandler = true;
      const done = this.#options.handler(Object.freeze(event));
      this.inHandler = false;
      await done;
    } catch (error) {
      this.#options.failed(error);
    } finally {
      this.inHandler = false;
    }
  }
}
