import type { AuxBus } from '../aux-bus.ts';
import type { PowerCallback } from '../power/steps.ts';
import { POWER_STEPS } from '../power/steps.ts';
import type { Ledger } from './ledger-fixture.ts';
import { isDown } from './plan-fixture.ts';
import type { Slot } from './slot-fixture.ts';
import type { Watch } from './watch-fixture.ts';

/** What the devices saw of sleep and shutdown. */
export class PowerWatch {
  /** Steps down that each bound device has taken and not yet undone. */
  readonly #taken = new Map<string, PowerCallback[]>();
  readonly #shut = new Set<Slot>();
  readonly #bus: AuxBus;
  readonly #watch: Watch;
  readonly #ledger: Ledger;

  constructor(bus: AuxBus, watch: Watch, ledger: Ledger) {
    this.#bus = bus;
    this.#watch = watch;
    this.#ledger = ledger;
    bus.listen((event) => event.kind === 'notifier' && event.action === 'UNBOUND_DRIVER' && this.#taken.delete(event.device));
  }

  /** A callback begins: those that have to be called before it were. */
  called(device: string, callback: PowerCallback): void {
    const step = POWER_STEPS.find(({ down, up }) => down === callback || up === callback)!;
    const dependents = (): string[] => this.#bus.devices().filter(({ parent, suppliers }) => parent === device || suppliers.some(({ supplier }) => supplier === device)).map(({ name }) => name);
    const needs = (): string[] => {
      const view = this.#bus.devices().find(({ name }) => name === device);
      return view ? [view.parent, ...view.suppliers.map(({ supplier }) => supplier)] : [];
    };
    const down = isDown(callback);
    const before = down === (step.from === 'last') ? dependents() : needs();
    for (const name of before.filter((one) => this.#watch.bound.has(one))) {
      const took = (this.#taken.get(name) ?? []).includes(step.down);
      this.#ledger.check(45, took === down, `${callback} of ${device} before that of ${name}`);
    }
  }

  /** A callback succeeded. */
  done(device: string, callback: PowerCallback): void {
    const taken = this.#taken.get(device) ?? [];
    this.#taken.set(device, taken);
    if (isDown(callback)) {
      taken.push(callback);
      return;
    }
    const undone = POWER_STEPS.find(({ up }) => up === callback)!.down;
    this.#ledger.check(46, taken.at(-1) === undone, `${device}: ${callback} after ${taken.join()}`);
    taken.pop();
  }

  /** Everybody is awake again, after a failure or not. */
  awake(): void {
    for (const [device, taken] of this.#taken) this.#ledger.check(46, taken.length === 0, `${device} is still in ${taken.join()}`);
  }

  shutDown(slot: Slot): void {
    this.#ledger.check(48, !this.#shut.has(slot), `${slot.name} shut down twice`);
    this.#shut.add(slot);
    for (const child of this.#bus.devices().filter(({ parent, name }) => parent === slot.name && this.#watch.bound.has(name))) {
      this.#ledger.check(48, [...this.#shut].some(({ name }) => name === child.name), `${slot.name} shut down before its child ${child.name}`);
    }
  }
}
