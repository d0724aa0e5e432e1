import type { Device } from '../device/device.ts';

/** Why a device waits to be probed again. */
export interface Waiting {
  readonly driver: string;
  readonly reason: string;
  readonly waitsFor: string | undefined;
}

/**
 * Devices that wait to be probed again. Every successful binding moves all of them to the list of those to be tried,
 * which one worker empties, first come first served. Source: linux: drivers/base/dd.c.
 */
export class Deferral {
  readonly #pending = new Map<Device, Waiting>();
  readonly #active = new Map<Device, Waiting>();
  #worker: Promise<void> | undefined;
  readonly #retry: (device: Device, waiting: Waiting) => Promise<void>;

  constructor(retry: (device: Device, waiting: Waiting) => Promise<void>) {
    this.#retry = retry;
  }

  /** Who waits, those about to be tried again first. */
  get waiting(): ReadonlyMap<Device, Waiting> {
    return new Map([...this.#active, ...this.#pending]);
  }

  /** Why a device waits, if it does. */
  reason(device: Device): Waiting | undefined {
    return this.#pending.get(device) ?? this.#active.get(device);
  }

  /** It keeps its place when it waits already. */
  add(device: Device, waiting: Waiting): void {
    this.#pending.set(device, waiting);
  }

  /** It was bound, or is being deleted. */
  remove(device: Device): void {
    this.#pending.delete(device);
    this.#active.delete(device);
  }

  /** Has all that wait now tried again, after what runs now. */
  trigger(): void {
    for (const [device, waiting] of this.#pending) this.#active.set(device, waiting);
    this.#pending.clear();
    if (this.#active.size > 0) this.#worker ??= this.#work();
  }

  /** Resolves when nothing is left to be tried again now. */
  async settled(): Promise<void> {
    while (this.#worker) await this.#worker;
  }

  async #work(): Promise<void> {
    // The operation that triggered comes to its end first.
    await Promise.resolve();
    // A map also visits what is added while it is walked.
    for (const [device, waiting] of this.#active) {
      this.#active.delete(device);
      await this.#retry(device, waiting);
    }
    this.#worker = undefined;
  }
}
