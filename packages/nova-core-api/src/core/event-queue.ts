import type { ContractEvent, EventHandler } from '../session.ts';

type WithoutSequence<E> = E extends unknown ? Omit<E, 'sequence'> : never;
export type RaisedEvent = WithoutSequence<ContractEvent>;

/** Events of one session on their way to its handler: one at a time, in order, at most `limit` waiting. */
export class EventQueue {
  readonly #limit: number;
  readonly #handler: EventHandler;
  readonly #failed: (error: unknown) => void;
  readonly #waiting: ContractEvent[] = [];
  #sequence = 0;
  #lost = 0;
  #running: Promise<void> | undefined;
  #closed = false;
  /** True while the synchronous part of the handler runs. */
  inHandler = false;

  constructor(limit: number, handler: EventHandler, failed: (error: unknown) => void) {
    this.#limit = limit;
    this.#handler = handler;
    this.#failed = failed;
  }

  /** Queues an event; a full queue keeps terminal ones and counts the others. */
  push(event: RaisedEvent, terminal: boolean): void {
    if (this.#closed) return;
    if (this.#waiting.length >= this.#limit && !terminal) {
      this.#sequence++;
      this.#lost++;
      return;
    }
    this.#waiting.push({ ...event, sequence: this.#sequence++ });
    this.#running ??= this.#drain();
  }

  /** Nothing is delivered from now on. Resolves when no handler runs any more. */
  async close(): Promise<void> {
    this.#closed = true;
    this.#waiting.length = 0;
    await this.#running;
  }

  async #drain(): Promise<void> {
    // The one who raised the event goes on first: no handler ever runs inside a call into the core.
    await Promise.resolve();
    while (this.#waiting.length > 0) {
      const event = this.#waiting.shift()!;
      await this.#deliver(event);
      if (this.#waiting.length === 0 && this.#lost > 0 && !this.#closed) {
        const count = this.#lost;
        this.#lost = 0;
        await this.#deliver({ kind: 'events.lost', payload: { count }, sequence: this.#sequence++ });
      }
    }
    this.#running = undefined;
  }

  async #deliver(event: ContractEvent): Promise<void> {
    try {
      this.inHandler = true;
      const done = this.#handler(event);
      this.inHandler = false;
      await done;
    } catch (error) {
      this.#failed(error);
    } finally {
      this.inHandler = false;
    }
  }
}
