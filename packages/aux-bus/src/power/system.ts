import type { Trace } from '@nova-stack/trace';

import type { Binder } from '../binding/binder.ts';
import type { Gate } from '../binding/gate.ts';
import { Device } from '../device/device.ts';
import { Parent } from '../device/parent.ts';
import { messageOf } from '../errno.ts';
import type { PowerNode, PowerOrder } from './order.ts';
import { Sleep, type SleepState } from './sleep.ts';
import type { PowerCallback } from './steps.ts';

export interface SystemPowerParts {
  readonly order: PowerOrder;
  readonly gate: Gate;
  readonly binder: Binder;
  readonly trace: Trace;
  /** Nothing keeps devices from being probed any more. */
  readonly wake: () => void;
}

/** The whole system sleeps, wakes up, or goes down. Source: linux: drivers/base/power/main.c, drivers/base/core.c (device_shutdown). */
export class SystemPower {
  readonly #parts: SystemPowerParts;
  readonly #sleep: Sleep;
  #shutdown: Promise<void> | undefined;

  constructor(parts: SystemPowerParts) {
    this.#parts = parts;
    this.#sleep = new Sleep(parts.order, (node, callback) => this.#call(node, callback), parts.trace);
  }

  get state(): SleepState {
    return this.#sleep.state;
  }

  async blockProbing(): Promise<() => void> {
    this.#refuseInside('block probing');
    await this.#parts.gate.shut();
    let blocked = true;
    return () => {
      if (blocked) this.#open();
      blocked = false;
    };
  }

  async suspend(): Promise<void> {
    this.#refuseInside('suspend');
    this.#sleep.begin();
    await this.#parts.gate.shut();
    try {
      await this.#sleep.suspend();
    } catch (error) {
      this.#open();
      throw error;
    }
  }

  async resume(): Promise<void> {
    await this.#sleep.resume();
    this.#open();
  }

  async shutdown(): Promise<void> {
    this.#refuseInside('shut down');
    this.#shutdown ??= this.#goDown();
    await this.#shutdown;
  }

  async #goDown(): Promise<void> {
    const { gate, order, trace } = this.#parts;
    await gate.shut();
    for (const node of [...order.nodes].reverse()) {
      if (!order.has(node)) continue;
      const shut = (): Promise<void> => this.#call(node, 'shutdown');
      try {
        // The parent does nothing else meanwhile.
        await (node.above instanceof Device ? node.above.lock.run('shutdown of child of', shut) : shut());
      } catch (error) {
        trace.event('aux-bus.shutdown.failed', { device: node.name, message: messageOf(error) });
      }
    }
  }

  #open(): void {
    this.#parts.gate.open();
    if (!this.#parts.gate.blocked) this.#parts.wake();
  }

  /** Calls a device's driver if one is bound. */
  async #call(node: PowerNode, callback: PowerCallback | 'shutdown'): Promise<void> {
    if (node instanceof Parent) await node.callbacks?.[callback]?.();
    if (!(node instanceof Device)) return;
    await node.lock.run(`${callback} of`, async () => {
      const { binding } = node;
      if (binding?.phase !== 'bound' || !binding.state) return;
      const { value } = binding.state;
      const { driver } = binding.entry;
      await this.#parts.binder.callback(binding, (core) => (callback === 'shutdown' ? driver.shutdown?.(core, value) : driver.pm?.[callback]?.(core, value)));
    });
  }

  #refuseInside(what: string): void {
    this.#parts.binder.refuseInside(`Cannot ${what}`, () => true);
  }
}
