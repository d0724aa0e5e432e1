import type { DriverWake } from '@nova-stack/gsp-rpc';
import { createBell } from '@nova-stack/timebase';

import { MS } from '../device.ts';

/** How often a wait looks by itself while interrupts are on: what a lost one costs at most. */
const FALLBACK = 20 * MS;

/** Tells waits for the firmware that its interrupt came. While interrupts are off, waits poll. */
export class FirmwareWake implements DriverWake {
  readonly #bell = createBell();
  /** Whether interrupts can be counted on. */
  on = false;

  get every(): number | undefined {
    return this.on ? FALLBACK : undefined;
  }

  listen(look: () => void): () => void {
    return this.#bell.listen(look);
  }

  ring(): void {
    this.#bell.ring();
  }
}
