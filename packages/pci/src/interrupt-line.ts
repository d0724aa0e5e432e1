import type { HostClock } from '@nova-stack/timebase';
import type { Trace } from '@nova-stack/trace';

import { PciError } from './errors.ts';

/**
 * The way of a function's one message interrupt to its handler. The message is delivered when the code that runs
 * now has come to a stop, never inside an access; messages that arrive before that are one.
 */
export class InterruptLine {
  readonly #clock: HostClock;
  readonly #trace: Trace;
  readonly #device: string;
  #enabled = false;
  #mayMaster = false;
  #handler: (() => void) | undefined;
  #pending = false;

  constructor(clock: HostClock, trace: Trace, device: string) {
    this.#clock = clock;
    this.#trace = trace;
    this.#device = device;
  }

  /** Configuration space changed: a message is a memory write, so it needs bus mastering too. */
  update(enabled: boolean, mayMaster: boolean): void {
    this.#enabled = enabled;
    this.#mayMaster = mayMaster;
  }

  /** @throws {@link PciError} `BUSY` while another handler is registered. */
  connect(handler: () => void): () => void {
    if (this.#handler) throw new PciError('BUSY', `${this.#device} has an interrupt handler already`);
    this.#handler = handler;
    return () => {
      if (this.#handler === handler) this.#handler = undefined;
    };
  }

  /** The device has left: what is under way never arrives. */
  gone(): void {
    this.#enabled = false;
    this.#pending = false;
  }

  send(vector: number): void {
    const why = this.#obstacle(vector);
    if (why !== undefined) {
      if (this.#trace.on) this.#trace.event('pci.interrupt.dropped', { device: this.#device, why });
      return;
    }
    if (this.#pending) return;
    this.#pending = true;
    this.#clock.defer(() => {
      if (!this.#pending) return;
      this.#pending = false;
      if (this.#trace.on) this.#trace.event('pci.interrupt.delivered', { device: this.#device });
      this.#handler?.();
    });
  }

  #obstacle(vector: number): string | undefined {
    if (vector !== 0) return `vector ${vector} does not exist`;
    if (!this.#enabled) return 'message interrupts are off';
    if (!this.#mayMaster) return 'bus mastering is off';
    if (!this.#handler) return 'nobody listens';
    return this.#trace.fault('pci.interrupt.send')?.action === 'drop' ? 'injected' : undefined;
  }
}
