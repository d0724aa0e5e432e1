import type { Instance } from '@nova-stack/nova-core-api';

export interface WishesOptions {
  readonly instance: Pick<Instance, 'reset' | 'setBusMaster'>;
  /** A reset is done, and no other one was asked for meanwhile. */
  readonly wasReset: () => void;
  /** The core did not do what was asked: nothing is asked any more. */
  readonly failed: (error: unknown) => void;
}

/**
 * What the guest's registers ask of the core, which takes its time: resets, and whether the device may be bus master. One call is under way
 * at a time; what was changed again meanwhile is asked for once, so a guest that asks without end costs no more than one that asks twice.
 */
export class Wishes {
  readonly #options: WishesOptions;
  #busMaster = false;
  #told = false;
  #resetsAsked = 0;
  #resetsDone = 0;
  #stopped = false;
  #running: Promise<void> | undefined;

  constructor(options: WishesOptions) {
    this.#options = options;
  }

  busMaster(on: boolean): void {
    this.#busMaster = on;
    this.#go();
  }

  reset(): void {
    this.#resetsAsked++;
    this.#go();
  }

  /** Begins nothing more. */
  stop(): void {
    this.#stopped = true;
  }

  /** Resolves when nothing is asked for. */
  async settled(): Promise<void> {
    while (this.#running) await this.#running;
  }

  #go(): void {
    this.#running ??= this.#run();
  }

  async #run(): Promise<void> {
    const { instance, wasReset, failed } = this.#options;
    // The guest's write comes to its end first.
    await Promise.resolve();
    try {
      while (!this.#stopped && (this.#resetsAsked !== this.#resetsDone || this.#busMaster !== this.#told)) {
        if (this.#resetsAsked !== this.#resetsDone) {
          const asked = this.#resetsAsked;
          await instance.reset();
          this.#resetsDone = asked;
          this.#told = false;
          if (asked === this.#resetsAsked) wasReset();
        } else {
          const on = this.#busMaster;
          await instance.setBusMaster({ on });
          this.#told = on;
        }
      }
    } catch (error) {
      this.#stopped = true;
      failed(error);
    } finally {
      // At once, so that what is asked from now on begins anew.
      this.#running = undefined;
    }
  }
}
