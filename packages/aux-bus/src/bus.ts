import { noTrace, type Trace } from '@nova-stack/trace';

import type { AuxBus, DeviceLink, Publication, PublishedDevice, RegisteredDriver } from './aux-bus.ts';
import { Binder } from './binding/binder.ts';
import { Gate } from './binding/gate.ts';
import { Links, type LinkOptions } from './binding/links.ts';
import { Prober } from './binding/prober.ts';
import { Device } from './device/device.ts';
import { Parent, type ForeignParent, type ParentCallbacks } from './device/parent.ts';
import type { AuxiliaryDeviceSpec, InitializedDevice } from './device/spec.ts';
import { checkDriver, driverName, type AuxiliaryDriver, type DriverEntry } from './driver.ts';
import { AuxBusError } from './errno.ts';
import { UEVENT_ACTIONS, type AuxEvent, type UeventAction } from './events/events.ts';
import { Journal } from './events/journal.ts';
import { explainBinding, type Explanation } from './inspect/explain.ts';
import { buildTree, type TreeNode } from './inspect/tree.ts';
import { viewDevice, type DeviceView, type UnreleasedView } from './inspect/view.ts';
import { listWaits, type Wait } from './inspect/waits.ts';
import { matchId } from './match.ts';
import { Members } from './members.ts';
import { PowerOrder } from './power/order.ts';
import type { SleepState } from './power/sleep.ts';
import { SystemPower } from './power/system.ts';
import { Registry } from './registry.ts';

export interface AuxBusOptions {
  readonly trace?: Trace;
}

class Bus implements AuxBus {
  autoprobe: boolean = true;
  readonly #registry = new Registry();
  readonly #gate = new Gate();
  readonly #links = new Links();
  readonly #order = new PowerOrder((node) => (node instanceof Device ? this.#links.suppliersOf(node).map(({ supplier }) => supplier) : []));
  readonly #journal: Journal;
  readonly #binder: Binder;
  readonly #prober: Prober;
  readonly #power: SystemPower;
  readonly #members: Members;

  constructor({ trace = noTrace }: AuxBusOptions) {
    const [gate, links, order] = [this.#gate, this.#links, this.#order];
    const journal = (this.#journal = new Journal(trace));
    const binder = (this.#binder = new Binder({ journal, gate, links, link: (consumer) => (supplier, options) => this.#linkInside(consumer, supplier, options) }));
    const autoprobe = (): boolean => this.autoprobe;
    const prober = (this.#prober = new Prober({ binder, links, gate, order, journal, drivers: () => this.#registry.drivers, autoprobe }));
    this.#members = new Members({ binder, prober, links, order, journal, registry: this.#registry, autoprobe });
    this.#power = new SystemPower({ order, gate, binder, trace, wake: () => prober.wake() });
  }

  parent(name: string, callbacks?: ParentCallbacks): ForeignParent {
    const parent = new Parent({
      name, path: name, home: this.#members,
      ...(callbacks && { callbacks }),
      forced: (device) => this.#journal.trace.event('aux-bus.child.forced', { device, parent: name }),
      gone: (one) => this.#order.remove(one),
    });
    if (callbacks) this.#order.add(parent);
    return parent;
  }

  initialize(spec: AuxiliaryDeviceSpec): InitializedDevice {
    const { parent, name, release } = spec as Partial<AuxiliaryDeviceSpec>;
    if (!(parent instanceof Parent) || parent.home !== this.#members) throw new AuxBusError('EINVAL', 'An auxiliary device needs a parent of this bus');
    if (typeof name !== 'string') throw new AuxBusError('EINVAL', 'An auxiliary device needs a name');
    if (typeof release !== 'function') throw new AuxBusError('EINVAL', `Auxiliary device ${name} has no release`);
    const device = new Device(spec, parent, this.#members);
    this.#members.initialized(device);
    return device;
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
    const entry: DriverEntry = { name: driverName(driver), driver, dead: false, byHand: false };
    await this.#members.register(entry);
    return { name: entry.name, unregister: () => this.#members.unregister(entry) };
  }

  link(consumer: InitializedDevice | string, supplier: string, options: LinkOptions = {}): DeviceLink {
    const one = typeof consumer === 'string' ? this.#registry.device(consumer) : consumer;
    if (!(one instanceof Device) || one.home !== this.#members || one.dead) throw new AuxBusError('EINVAL', 'The consumer is no device of this bus');
    const link = this.#links.add(one, this.#registry.device(supplier), options);
    this.#order.toTail(one);
    return { remove: () => this.#links.remove(link) };
  }

  async bind(driver: string, name: string): Promise<void> {
    const entry = this.#byHand(driver);
    const device = this.#registry.device(name);
    if (!matchId(entry.driver.idTable, device.matchName)) throw new AuxBusError('ENODEV', `${driver} does not match ${device.name}`);
    this.#binder.refuseInside(`Cannot bind ${device.name}`, (binding) => binding === device.binding);
    await device.lock.run(`bind to ${driver} of`, async () => {
      const outcome = await this.#binder.bind(device, entry);
      if (outcome.by === 'nobody') this.#prober.bound(device);
      else throw outcome.error.code === 'EPROBE_DEFER' ? new AuxBusError('EAGAIN', outcome.error.message, { cause: outcome.error }) : outcome.error;
    });
  }

  async unbind(driver: string, name: string): Promise<void> {
    const entry = this.#byHand(driver);
    const device = this.#registry.device(name);
    this.#binder.refuseInside(`Cannot unbind ${device.name}`, (binding) => binding === device.binding);
    await device.lock.run(`unbind from ${driver} of`, async () => {
      if (device.binding?.entry !== entry) throw new AuxBusError('ENODEV', `${device.name} is not bound to ${driver}`);
      await this.#binder.release(device.binding);
    });
  }

  async probe(name: string): Promise<void> {
    const device = this.#registry.device(name);
    const stopped = await device.lock.run('probe', () => this.#prober.attach(device, this.#registry.drivers));
    if (stopped) throw new AuxBusError('EINVAL', `Cannot probe ${device.name}: ${stopped.message}`, { cause: stopped });
  }

  uevent(name: string, action: UeventAction): void {
    const device = this.#registry.device(name);
    if (!UEVENT_ACTIONS.includes(action)) throw new AuxBusError('EINVAL', `There is no uevent ${JSON.stringify(action)}`);
    this.#journal.deviceUevent(action, device, { SYNTH_UUID: '0' });
  }

  blockProbing(): Promise<() => void> {
    return this.#power.blockProbing();
  }

  suspend(): Promise<void> {
    return this.#power.suspend();
  }

  resume(): Promise<void> {
    return this.#power.resume();
  }

  shutdown(): Promise<void> {
    return this.#power.shutdown();
  }

  powerState(): SleepState {
    return this.#power.state;
  }

  settled(): Promise<void> {
    return this.#prober.deferral.settled();
  }

  devices(): readonly DeviceView[] {
    return this.#registry.devices.map((device) => this.#view(device));
  }

  drivers(): readonly string[] {
    return this.#registry.drivers.map(({ name }) => name);
  }

  tree(): readonly TreeNode[] {
    return buildTree(this.#registry.devices, (device) => this.#view(device));
  }

  waits(): readonly Wait[] {
    return listWaits([...this.#registry.devices, ...this.#registry.leaving], this.#prober.deferral, this.#gate);
  }

  unreleased(): readonly UnreleasedView[] {
    return [...this.#registry.unreleased].map(({ name, state, references, spec }) => ({ name: name === '' ? spec.name : name, state, references }));
  }

  powerOrder(): readonly string[] {
    return this.#order.nodes.map(({ name }) => name);
  }

  explain(driver: string, name: string): Explanation {
    return explainBinding(this.#registry.device(name), this.#registry.driver(driver), this.#prober.deferral, this.autoprobe);
  }

  listen(listener: (event: AuxEvent) => void): () => void {
    return this.#journal.listen(listener);
  }

  /** A device in a callback asks for a supplier, until its binding ends. */
  #linkInside(consumer: Device, supplier: string, options: LinkOptions): void {
    const { phase } = this.#registry.device(supplier).binding ?? {};
    const inParent = phase === 'probing' && consumer.scope.device?.name === supplier;
    if (options.stateless !== true && phase !== 'bound' && !inParent) {
      throw new AuxBusError('EPROBE_DEFER', `supplier ${supplier} is not ready`, { waitsFor: supplier });
    }
    const link = this.link(consumer, supplier, { ...options, ...(options.stateless !== true && options.autoprobe !== true && { autoremove: 'consumer' }) });
    if (options.stateless === true) consumer.binding?.resources.defer(`link to ${supplier}`, () => link.remove());
  }

  #view(device: Device): DeviceView {
    return viewDevice(device, this.#prober.deferral, this.#links);
  }

  /** @throws {@link AuxBusError} `ENOENT` for a driver that cannot be bound by hand. */
  #byHand(driver: string): DriverEntry {
    const entry = this.#registry.driver(driver);
    if (entry.driver.suppressBind === true || !entry.byHand) throw new AuxBusError('ENOENT', `${driver} cannot be bound and unbound by hand${entry.byHand ? '' : ' yet'}`);
    return entry;
  }
}

/** Creates a bus without devices and drivers. */
export function createAuxBus(options: AuxBusOptions = {}): AuxBus {
  return new Bus(options);
}
