import type { Trace } from '@nova-stack/trace';

import { AuxBusError, driverError, messageOf } from '../errno.ts';
import type { PowerNode, PowerOrder } from './order.ts';
import { POWER_STEPS, type PowerCallback } from './steps.ts';

/** Calls one callback of a device, if it has it. */
export type CallPower = (node: PowerNode, callback: PowerCallback) => Promise<void>;

export type SleepState = 'awake' | 'falling asleep' | 'asleep' | 'waking up';

/** Puts all devices to sleep and wakes them up. Nothing is probed from the first step down to the last step up. */
export class Sleep {
  readonly #order: PowerOrder;
  readonly #call: CallPower;
  readonly #trace: Trace;
  #state: SleepState = 'awake';

  constructor(order: PowerOrder, call: CallPower, trace: Trace) {
    this.#order = order;
    this.#call = call;
    this.#trace = trace;
  }

  get state(): SleepState {
    return this.#state;
  }

  /** @throws {@link AuxBusError} `EBUSY` unless awake. */
  begin(): void {
    if (this.#state !== 'awake') throw new AuxBusError('EBUSY', `Cannot suspend: the bus is ${this.#state}`);
    this.#state = 'falling asleep';
  }

  /** All steps down. When one device refuses, those that went before it come back, in reverse. @throws {@link AuxBusError} */
  async suspend(): Promise<void> {
    for (const [done, { down, from }] of POWER_STEPS.entries()) {
      for (let node = this.#next(done, from); node; node = this.#next(done, from)) {
        try {
          await this.#call(node, down);
          node.depth = done + 1;
        } catch (thrown) {
          const error = driverError(thrown, `${node.name} refused ${down}`);
          this.#trace.event('aux-bus.power.refused', { device: node.name, step: down, code: error.code, message: error.message });
          await this.#wake(done + 1);
          throw error;
        }
      }
    }
    this.#state = 'asleep';
  }

  /** All steps up. @throws {@link AuxBusError} `EINVAL` unless asleep. */
  async resume(): Promise<void> {
    if (this.#state !== 'asleep') throw new AuxBusError('EINVAL', `Cannot resume: the bus is ${this.#state}`);
    await this.#wake(POWER_STEPS.length);
  }

  async #wake(steps: number): Promise<void> {
    this.#state = 'waking up';
    for (let depth = steps; depth > 0; depth--) {
      const { up, from } = POWER_STEPS[depth - 1]!;
      const back = from === 'first' ? 'last' : 'first';
      for (let node = this.#next(depth, back); node; node = this.#next(depth, back)) {
        node.depth = depth - 1;
        await this.#up(node, up);
      }
    }
    this.#state = 'awake';
  }

  /** The order may change while a callback runs, so who is next is looked up each time. */
  #next(depth: number, from: 'first' | 'last'): PowerNode | undefined {
    const { nodes } = this.#order;
    return from === 'first' ? nodes.find((node) => node.depth === depth) : nodes.findLast((node) => node.depth === depth);
  }

  /** One that cannot wake up does not keep the others asleep. */
  async #up(node: PowerNode, up: PowerCallback): Promise<void> {
    try {
      await this.#call(node, up);
    } catch (error) {
      this.#trace.event('aux-bus.power.failed', { device: node.name, step: up, message: messageOf(error) });
    }
  }
}
