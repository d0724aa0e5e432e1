import { createTrace } from '@nova-stack/trace';

import type { AuxBus, RegisteredDriver } from '../aux-bus.ts';
import type { CoreDevice } from '../binding/context.ts';
import { createAuxBus } from '../bus.ts';
import type { ForeignParent, ParentDevice } from '../device/parent.ts';
import { AuxBusError } from '../errno.ts';
import { checkStale, KEY, scriptedDriver, type Kept } from './driver-fixture.ts';
import { Ledger } from './ledger-fixture.ts';
import { FOREIGN, NESTED, type Code, type Op } from './plan-fixture.ts';
import { PowerWatch } from './power-fixture.ts';
import type { Slot } from './slot-fixture.ts';
import { Watch } from './watch-fixture.ts';

/** The real bus, driven by steps, with everything observed that must hold at any time. */
export class World {
  readonly ledger: Ledger = new Ledger();
  readonly #points: string[] = [];
  readonly bus: AuxBus = createAuxBus({ trace: createTrace({ now: () => 0, sinks: [({ point }) => this.#points.push(point)] }) });
  readonly watch: Watch = new Watch(this.bus, this.ledger);
  readonly power: PowerWatch = new PowerWatch(this.bus, this.watch, this.ledger);
  readonly pause: () => Promise<void>;
  readonly slots: Slot[] = [];
  readonly drivers: (RegisteredDriver & { readonly life: { ended: boolean } })[] = [];
  /** What drivers keep of the devices that they have. */
  readonly kept: Kept[] = [];
  readonly #foreign = new Map<string, ForeignParent>(FOREIGN.map((name) => [name, this.bus.parent(name)]));
  readonly #leaving = new Set<string>();
  readonly #running = new Map<Slot, string>();
  readonly #unblock: (() => void)[] = [];
  #adding: Slot | undefined;
  /** Steps that were begun, whether they are over or not. */
  readonly #begun: Promise<Code>[] = [];
  #nested = 0;
  /** The system went down. */
  down = false;
  probes = 0;
  /** Probes that failed in a way that is to be reported. */
  loud = 0;
  removes = 0;

  constructor(pause: () => Promise<void> = () => Promise.resolve()) {
    this.pause = pause;
    this.bus.listen((event) => {
      if (event.kind !== 'notifier') return;
      const views = this.bus.devices();
      const view = views.find(({ name }) => name === event.device);
      if (event.action === 'REMOVED_DEVICE') this.slots.find(({ name, onBus }) => onBus && name === event.device)!.onBus = false;
      if (event.action === 'ADD_DEVICE') {
        this.#adding!.onBus = true;
        this.ledger.check(33, !this.#leaving.has(view!.parent), `${event.device} added to ${view!.parent}, which leaves`);
        const above = views.find(({ name }) => name === view!.parent);
        if (above) this.ledger.check(33, above.phase === 'bound' || above.phase === 'probing', `${event.device} added to ${above.name}, which is ${above.phase}`);
      }
      if (event.action === 'BIND_DRIVER') this.ledger.check(11, view !== undefined && !view.driverData && view.resources.length === 0 && view.irqs.length === 0, `${event.device} is not clean before a probe`);
      if (event.action === 'UNBOUND_DRIVER') {
        const kept = this.kept.find(({ device }) => device.name === event.device);
        if (!kept) return;
        this.kept.splice(this.kept.indexOf(kept), 1);
        checkStale(this, kept, this.kept[0]);
      }
    });
  }

  /** Whether probing is known to be blocked now. */
  get blocked(): boolean {
    return this.#unblock.length > 0 || this.bus.powerState() === 'asleep' || this.down;
  }

  /** A callback of a device: never two at a time, none of a driver or device that is gone. */
  async callback(slot: Slot, life: { readonly ended: boolean }, what: string, work: (slot: Slot) => Promise<void> | void): Promise<void> {
    this.ledger.check(14, !this.#running.has(slot), `${what} of ${slot.name} during ${this.#running.get(slot) ?? ''}`);
    this.ledger.check(15, !life.ended, `${what} of ${slot.name} by a driver that left`);
    this.ledger.check(28, !slot.deleted, `${what} of ${slot.name}, which is deleted`);
    this.ledger.check(35, slot.powered, `${what} of ${slot.name} without power`);
    this.#running.set(slot, what);
    try {
      await work(slot);
    } finally {
      this.#running.delete(slot);
    }
  }

  /** A driver lets go in good order. */
  letGo(kept: Kept): void {
    this.ledger.check(41, !kept.slot.dropped, `registration data of ${kept.slot.name} dropped before its driver let go`);
  }

  /** A driver publishes a device of its own. */
  async nest<S>(device: CoreDevice<S>): Promise<void> {
    const slot = this.#init('m', 'abc'[this.#nested % 3]!, NESTED + this.#nested++, device.asParent, device.endpoint(KEY));
    await this.#add(slot).catch((error: unknown) => {
      if (!(error instanceof AuxBusError)) throw error;
    });
  }

  apply(op: Op): Promise<Code> {
    const doing = this.#answer(op);
    this.#begun.push(doing);
    return doing;
  }

  async #answer(op: Op): Promise<Code> {
    try {
      await this.#do(op);
      return 'OK';
    } catch (error) {
      if (error instanceof AuxBusError) return error.code;
      throw error;
    }
  }

  #pick<T>(list: readonly T[], pick: number): T | undefined {
    return list[pick % Math.max(1, list.length)];
  }

  #init(module: string, name: string, id: number, parent: ParentDevice, above: Slot | undefined): Slot {
    const slot: Slot = {
      name: `${module}.${name}.${id}`, above, parent: parent.name, registered: undefined, gets: [],
      onBus: false, deleteCalled: false, deleted: false, released: 0, dropped: false, powered: false, failed: false,
      initialized: this.bus.initialize({
        parent, name, id, release: () => this.#released(slot),
        endpoint: {
          key: KEY,
          get value() {
            return slot;
          },
          drop: () => {
            this.ledger.check(41, !slot.dropped && slot.released === 0 && !this.kept.some((kept) => kept.slot === slot), `registration data of ${slot.name} dropped at the wrong time`);
            slot.dropped = true;
          },
        },
        powerDomain: {
          attach: () => {
            this.ledger.check(11, !slot.powered, `${slot.name} powered twice`);
            slot.powered = true;
          },
          detach: () => {
            const view = this.bus.devices().find((one) => one.name === slot.name);
            if (view) this.ledger.check(35, view.heldBy === undefined && !view.driverData, `${slot.name} lost power before its driver`);
            slot.powered = false;
          },
        },
      }),
    };
    this.ledger.check(27, slot.initialized.references === 1, 'references after init');
    this.slots.push(slot);
    return slot;
  }

  #released(slot: Slot): void {
    slot.released++;
    this.ledger.check(26, slot.released === 1, `${slot.name} released ${slot.released} times`);
    this.ledger.check(41, slot.dropped, `${slot.name} released before its registration data`);
    this.ledger.check(30, !this.slots.some((one) => one.above === slot && one.onBus), `${slot.name} released before its children`);
  }

  async #add(slot: Slot): Promise<void> {
    const before = slot.registered;
    this.#adding = slot;
    slot.registered = await slot.initialized.add('m').catch((error: unknown) => {
      // A callback's error never comes out of add.
      this.ledger.check(12, error instanceof AuxBusError && ['EEXIST', 'ENODEV', 'EBUSY', 'EINVAL'].includes(error.code), `add of ${slot.name}: ${String(error)}`);
      slot.registered = before;
      throw error;
    });
    this.ledger.check(12, true, '');
  }

  async #delete(slot: Slot): Promise<void> {
    const { registered } = slot;
    if (!registered) throw new AuxBusError('EINVAL', 'not added');
    slot.deleteCalled = true;
    await registered.delete();
    slot.deleted = true;
    const again = this.slots.some((other) => other !== slot && other.name === slot.name && !other.deleted);
    this.ledger.check(28, again || !this.bus.devices().some(({ name }) => name === slot.name), `${slot.name} is deleted and there`);
  }

  async #do(op: Op): Promise<void> {
    switch (op.op) {
      case 'init': {
        const kept = this.kept.find(({ slot }) => slot.name === op.parent);
        const parent = this.#foreign.get(op.parent) ?? kept?.scope;
        if (!parent) throw new AuxBusError('EINVAL', 'no such parent');
        this.#init('m', op.name, op.id, parent, kept?.slot);
        return;
      }
      case 'add': {
        const slot = this.#pick(this.slots, op.pick);
        if (slot) await this.#add(slot);
        return;
      }
      case 'delete': {
        const slot = this.#pick(this.slots, op.pick);
        if (slot) await this.#delete(slot);
        return;
      }
      case 'uninit':
        return this.#pick(this.slots, op.pick)?.initialized.uninit();
      case 'get': {
        const slot = this.#pick(this.slots, op.pick);
        if (slot) slot.gets.push(slot.initialized.get());
        return;
      }
      case 'put':
        return this.#pick(this.slots, op.pick)?.gets.pop()?.();
      case 'use':
        return this.#pick(this.kept, op.pick)?.resource.use(async (resource) => {
          this.ledger.check(39, !resource.dead, 'use of a dead resource begins');
          await this.pause();
          this.ledger.check(39, !resource.dead, 'resource died while it was used');
        });
      case 'steal': {
        const kept = this.#pick(this.kept, op.pick);
        if (kept?.ref.bound === true) this.ledger.check(38, kept.ref.withBound((device) => device.name) === kept.slot.name, `${kept.slot.name}: reference leads elsewhere`);
        return;
      }
      case 'register': {
        const life = { ended: false };
        const driver = await this.bus.registerDriver(scriptedDriver(this, op.driver, op.table, op.script, life));
        this.drivers.push({ ...driver, life });
        return;
      }
      case 'unregister': {
        const [driver] = this.drivers.splice(op.pick % Math.max(1, this.drivers.length), 1);
        await driver?.unregister();
        if (driver) driver.life.ended = true;
        return;
      }
      case 'bind':
        return this.bus.bind(`d.${op.driver}`, op.device);
      case 'unbind':
        return this.bus.unbind(`d.${op.driver}`, `${op.device}\n`);
      case 'bind one': {
        const device = this.#pick(this.bus.devices().filter(({ phase }) => phase === 'unbound'), op.pick);
        const driver = this.#pick(this.bus.drivers(), op.pick);
        if (device && driver !== undefined) await this.bus.bind(driver, device.name);
        return;
      }
      case 'unbind one': {
        const device = this.#pick(this.bus.devices().filter(({ driver }) => driver !== undefined), op.pick);
        if (device) await this.bus.unbind(device.driver!, device.name);
        return;
      }
      case 'probe':
        return this.bus.probe(op.device);
      case 'autoprobe':
        this.bus.autoprobe = op.on;
        return;
      case 'link':
        this.bus.link(this.#pick(this.bus.devices(), op.pick)?.name ?? 'none', this.#pick(this.bus.devices(), op.supplier)?.name ?? 'none', op.options);
        return;
      case 'unbind parent': {
        const parent = this.#foreign.get(op.parent)!;
        this.#leaving.add(op.parent);
        await parent.unbind();
        this.ledger.check(32, parent.children.length === 0 && !this.bus.devices().some((one) => one.parent === op.parent), `${op.parent} still has children`);
        return;
      }
      case 'block': {
        const unblock = await this.bus.blockProbing();
        this.#unblock.push(unblock);
        return;
      }
      case 'unblock':
        return this.#unblock.pop()?.();
      case 'suspend':
        await this.bus.suspend().catch((error: unknown) => {
          if (error instanceof AuxBusError && error.code === 'EIO') this.power.awake();
          throw error;
        });
        return;
      case 'resume': {
        await this.bus.resume();
        this.power.awake();
        return;
      }
      case 'shutdown':
        await this.bus.shutdown();
        this.down = true;
    }
  }

  /** Nothing is going on now. */
  quiet(): void {
    this.watch.quiet();
    for (const slot of this.slots) {
      const bound = this.kept.some((kept) => kept.slot === slot);
      this.ledger.check(11, slot.powered === bound, `${slot.name} is ${bound ? '' : 'not '}bound and power is ${slot.powered ? 'on' : 'off'}`);
    }
    this.ledger.check(18, this.#points.filter((point) => point === 'aux-bus.probe.failed').length === this.loud, `${this.loud} failures, reported otherwise`);
  }

  /** Takes everything away, and checks what must be left: nothing. */
  async end(): Promise<void> {
    await Promise.all(this.#begun);
    if (this.bus.powerState() === 'asleep') await this.apply({ op: 'resume' });
    for (const unblock of this.#unblock.splice(0)) unblock();
    for (const driver of this.drivers) {
      await driver.unregister();
      driver.life.ended = true;
    }
    for (const name of FOREIGN) await this.apply({ op: 'unbind parent', parent: name });
    await this.bus.settled();
    this.quiet();
    for (const slot of this.slots) {
      for (const put of slot.gets.splice(0)) put();
      if (slot.released === 0) await this.apply({ op: 'uninit', pick: this.slots.indexOf(slot) });
      this.ledger.check(26, slot.released === 1, `${slot.name} was released ${slot.released} times`);
    }
    this.ledger.check(28, this.bus.devices().length === 0 && this.bus.drivers().length === 0 && this.bus.waits().length === 0 && this.bus.tree().length === 0 && this.bus.unreleased().length === 0, `left on the bus: ${JSON.stringify([this.bus.devices(), this.bus.drivers(), this.bus.waits(), this.bus.unreleased()])}`);
    this.watch.end();
  }
}
