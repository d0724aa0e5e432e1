import { noTrace, type Trace } from '@nova-stack/trace';

import type { DriverEntry } from './attachment.ts';
import type { AuxBus, DeviceView, Explanation, Publication, PublishedDevice, RegisteredDriver } from './aux-bus.ts';
import { Binder } from './binder.ts';
import { Device, type AuxiliaryDeviceSpec, type DeviceHome, type InitializedDevice } from './device.ts';
import { checkDriver, driverName, type AuxiliaryDriver } from './driver.ts';
import { AuxBusError } from './errno.ts';
import type { AuxEvent } from './events.ts';
import { Journal } from './journal.ts';
import { explainTable, matchId } from './match.ts';
import { modaliasOf } from './name.ts';
import { Parent, type ParentDevice } from './parent.ts';

export interface AuxBusOptions {
  readonly trace?: Trace;
}

class Bus implements AuxBus {
  autoprobe: boolean = true;
  readonly #journal: Journal;
  readonly #binder: Binder;
  /** On the bus, in the order in which they were added. */
  readonly #devices: Device[] = [];
  /** Off the bus, their drivers letting go. */
  readonly #leaving = new Set<Device>();
  readonly #drivers: DriverEntry[] = [];
  #retries: Promise<void> = Promise.resolve();
  readonly #home: DeviceHome = {
    enter: (device) => this.#enter(device),
    leave: (device) => this.#leave(device),
  };

  constructor({ trace = noTrace }: AuxBusOptions) {
    this.#journal = new Journal(trace);
    this.#binder = new Binder(this.#journal);
  }

  devices(): readonly DeviceView[] {
    return this.#devices.map(({ name, parent, deferral, attachment }) => ({
      name, parent, modalias: modaliasOf(name), driver: attachment?.state && attachment.entry.name, deferred: deferral,
    }));
  }

  drivers(): readonly string[] {
    return this.#drivers.map(({ name }) => name);
  }

  parent(name: string): ParentDevice {
    return new Parent(name, (device) => this.#journal.trace.event('aux-bus.child.forced', { device, parent: name }));
  }

  initialize(spec: AuxiliaryDeviceSpec): InitializedDevice {
    const { parent, name, release } = spec as Partial<AuxiliaryDeviceSpec>;
    if (!(parent instanceof Parent)) throw new AuxBusError('EINVAL', 'An auxiliary device needs a parent of this bus');
    if (typeof name !== 'string') throw new AuxBusError('EINVAL', 'An auxiliary device needs a name');
    if (typeof release !== 'function') throw new AuxBusError('EINVAL', `Auxiliary device ${name} has no release`);
    return new Device(spec, parent, this.#home);
  }

  async publish({ module, ...spec }: Publication): Promise<PublishedDevice> {
    const initialized = this.initialize({ ...spec, release: () => undefined });
    const device = await initialized.add(module).catch((error: unknown) => {
      initialized.uninit();
      throw error;
    });
    let given = false;
    return {
      name: device.name,
      async withdraw() {
        await device.delete();
        if (!given) initialized.uninit();
        given = true;
      },
    };
  }

  async registerDriver<State, IdData>(given: AuxiliaryDriver<State, IdData>): Promise<RegisteredDriver> {
    // What probe returned comes back to the same driver, which alone knows its type.
    const driver = given as unknown as AuxiliaryDriver;
    checkDriver(driver);
    const name = driverName(driver);
    if (this.drivers().includes(name)) throw new AuxBusError('EBUSY', `There is a driver ${name} already`);
    const entry: DriverEntry = { name, driver, dead: false };
    this.#drivers.push(entry);
    if (this.autoprobe) {
      for (const device of [...this.#devices]) await device.lock.run(() => this.#attach(device, [entry]));
    }
    return { name, unregister: () => this.#unregister(entry) };
  }

  async bind(driver: string, name: string): Promise<void> {
    const device = this.#device(name);
    const entry = this.#driver(driver);
    await device.lock.run(async () => {
      if (device.attachment) throw new AuxBusError('EBUSY', `${name} is bound to ${device.attachment.entry.name}`);
      const error = await this.#binder.bind(device, entry);
      if (!error) this.#wakeDeferred();
      else throw error.code === 'EPROBE_DEFER' ? new AuxBusError('EAGAIN', error.message, { cause: error }) : error;
    });
  }

  async unbind(driver: string, name: string): Promise<void> {
    const device = this.#device(name);
    const entry = this.#driver(driver);
    this.#binder.refuseInside(`Cannot unbind ${name}`, (held) => held === device.attachment);
    await device.lock.run(async () => {
      if (device.attachment?.entry !== entry) throw new AuxBusError('ENODEV', `${name} is not bound to ${driver}`);
      await this.#binder.release(device, device.attachment);
    });
  }

  async probe(name: string): Promise<void> {
    const device = this.#device(name);
    await device.lock.run(() => this.#attach(device, this.#drivers));
  }

  async shutdown(): Promise<void> {
    for (const device of [...this.#devices].reverse()) {
      await device.lock.run(async () => {
        const held = device.attachment;
        const state = held?.state;
        if (held && state) await this.#binder.callback(held, () => held.entry.driver.shutdown?.(held.handle, state.value));
      });
    }
  }

  async settled(): Promise<void> {
    for (let last: Promise<void> | undefined; last !== this.#retries;) await (last = this.#retries);
  }

  explain(driver: string, name: string): Explanation {
    const device = this.#device(name);
    const { idTable } = this.#driver(driver).driver;
    return {
      matches: matchId(idTable, device.matchName) !== undefined,
      entries: explainTable(idTable, device.matchName),
      lastProbe: device.probes.get(driver),
    };
  }

  listen(listener: (event: AuxEvent) => void): () => void {
    return this.#journal.listen(listener);
  }

  async #enter(device: Device): Promise<void> {
    // A name is free again when its device is gone altogether: Linux frees it a little earlier under another parent.
    if ([...this.#devices, ...this.#leaving].some(({ name }) => name === device.name)) throw new AuxBusError('EEXIST', `There is a device ${device.name} already`);
    device.parentDevice.adopt(device);
    this.#devices.push(device);
    this.#journal.tell('added', device.name);
    if (this.autoprobe) await device.lock.run(() => this.#attach(device, this.#drivers));
  }

  async #leave(device: Device): Promise<void> {
    this.#binder.refuseInside(`Cannot delete ${device.name}`, (held) => held === device.attachment);
    // From now on no new probe; one that runs comes to its end first.
    device.dead = true;
    device.deferral = undefined;
    await device.lock.run(async () => {
      this.#journal.tell('deleting', device.name);
      // Not to be found any more while its driver lets go.
      this.#devices.splice(this.#devices.indexOf(device), 1);
      this.#leaving.add(device);
      if (device.attachment) await this.#binder.release(device, device.attachment);
      this.#leaving.delete(device);
    });
    device.parentDevice.disown(device);
    this.#journal.tell('removed', device.name);
  }

  /** Tries `drivers` on an unbound device until one takes it. Held: the device's lock. */
  async #attach(device: Device, drivers: readonly DriverEntry[]): Promise<void> {
    if (device.attachment) return;
    const binds = this.#binder.binds;
    let waits: string | undefined;
    for (const entry of [...drivers]) {
      if (!matchId(entry.driver.idTable, device.matchName)) continue;
      const error = await this.#binder.bind(device, entry);
      if (!error) {
        this.#wakeDeferred();
        return;
      }
      if (error.code === 'EPROBE_DEFER') waits = `${entry.name}: ${error.message}`;
    }
    if (waits === undefined || device.dead) return;
    device.deferral = waits;
    // Somebody was bound while this probe ran: that may have been what it waits for.
    if (this.#binder.binds !== binds) this.#wakeDeferred();
  }

  async #unregister(entry: DriverEntry): Promise<void> {
    this.#binder.refuseInside(`Cannot unregister ${entry.name}`, (held) => held.entry === entry);
    if (entry.dead) throw new AuxBusError('EINVAL', `${entry.name} was unregistered before`);
    entry.dead = true;
    this.#drivers.splice(this.#drivers.indexOf(entry), 1);
    for (let device = this.#lastHeld(entry); device; device = this.#lastHeld(entry)) {
      const one = device;
      await one.lock.run(async () => {
        if (one.attachment?.entry === entry) await this.#binder.release(one, one.attachment);
      });
    }
  }

  /** The device that a driver bound last; one that it probes now counts as bound after all others. */
  #lastHeld(entry: DriverEntry): Device | undefined {
    let last: Device | undefined;
    for (const device of [...this.#devices, ...this.#leaving]) {
      if (device.attachment?.entry === entry && (!last || device.attachment.order > last.attachment!.order)) last = device;
    }
    return last;
  }

  /** Tries all waiting devices again, in the order in which they were added, after what runs now. */
  #wakeDeferred(): void {
    const waiting = this.#devices.filter(({ deferral }) => deferral !== undefined);
    if (waiting.length === 0) return;
    this.#retries = this.#retries.then(async () => {
      for (const device of waiting) {
        await device.lock.run(async () => {
          if (device.deferral === undefined) return;
          device.deferral = undefined;
          await this.#attach(device, this.#drivers);
        });
      }
    });
  }

  #device(name: string): Device {
    const device = this.#devices.find((one) => one.name === name);
    if (!device) throw new AuxBusError('ENODEV', `There is no device ${name}`);
    return device;
  }

  #driver(name: string): DriverEntry {
    const entry = this.#drivers.find((one) => one.name === name);
    if (!entry) throw new AuxBusError('ENODEV', `There is no driver ${name}`);
    return entry;
  }
}

/** Creates a bus without devices and drivers. */
export function createAuxBus(options: AuxBusOptions = {}): AuxBus {
  return new Bus(options);
}
