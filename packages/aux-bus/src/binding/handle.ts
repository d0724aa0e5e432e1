import type { Device } from '../device/device.ts';
import type { ParentDevice } from '../device/parent.ts';
import { openEndpoint, type EndpointKey } from '../endpoint.ts';
import { AuxBusError } from '../errno.ts';
import { modaliasOf } from '../name.ts';
import type { Held, Release, ReleaseGroup } from '../resources/release-stack.ts';
import { requireSync, Revocable, type Sync } from '../resources/revocable.ts';
import type { Binding } from './binding.ts';
import type { BoundDevice, CoreDevice, DeviceRef, Managed, NormalDevice } from './context.ts';
import type { LinkOptions } from './links.ts';

/** What is true of a device at any time. */
export class NormalHandle implements NormalDevice {
  readonly name: string;
  readonly matchName: string;
  readonly id: number;
  readonly parent: string;
  readonly modalias: string;
  readonly #device: Device;

  constructor(device: Device) {
    this.name = device.name;
    this.matchName = device.matchName;
    this.id = device.id;
    this.parent = device.parent;
    this.modalias = modaliasOf(device.name);
    this.#device = device;
  }

  retain(): DeviceRef {
    return new Ref(this.#device);
  }
}

class Ref implements DeviceRef {
  readonly device: NormalDevice;
  readonly #device: Device;
  readonly #put: () => void;
  #given = false;

  constructor(device: Device) {
    this.#put = device.get();
    this.#device = device;
    this.device = new NormalHandle(device);
  }

  get bound(): boolean {
    return !this.#given && this.#device.binding?.phase === 'bound';
  }

  withBound<R>(work: <S>(device: BoundDevice<S>) => Sync<R>): R {
    const { binding } = this.#device;
    if (!this.bound || !binding) throw new AuxBusError('ENODEV', `${this.device.name} is not bound`);
    return requireSync(work(new BoundHandle(binding)) as R, `Use of ${this.device.name}`);
  }

  put(): void {
    this.#put();
    this.#given = true;
  }
}

/** One scope's view of a binding. */
export class BoundHandle extends NormalHandle implements BoundDevice<unknown> {
  readonly #binding: Binding;

  constructor(binding: Binding) {
    super(binding.device);
    this.#binding = binding;
  }

  get bound(): boolean {
    return this.#binding.live;
  }

  get asParent(): ParentDevice {
    return this.#binding.require().children;
  }

  endpoint<T>(key: EndpointKey<T>): T {
    const { device } = this.#binding.require();
    return openEndpoint(device.name, device.endpoint, key);
  }

  endpointHandle<T>(key: EndpointKey<T>): Managed<T> {
    return this.manage(key.label, this.endpoint(key));
  }

  defer(label: string, release: Release): Held {
    return this.#binding.require().resources.defer(label, release);
  }

  group(): ReleaseGroup {
    return this.#binding.require().resources.group();
  }

  manage<T>(label: string, value: T, release?: (value: T) => void | Promise<void>): Managed<T> {
    const { resources, managed } = this.#binding.require();
    const revocable = new ManagedValue(label, value, this.#binding, release);
    managed.add(revocable as Revocable<unknown>);
    const held = resources.defer(label, async () => {
      await revocable.revoke();
      managed.delete(revocable as Revocable<unknown>);
    });
    revocable.giveBack = () => held.release();
    return revocable;
  }

  addIrq(irq: number): Held {
    const { device, irqs, resources } = this.#binding.require();
    if (!Number.isInteger(irq) || irq < 0 || irq > 0x7fff_ffff) throw new AuxBusError('EINVAL', `irq is ${irq}: expected an integer from 0 to 2^31 - 1`);
    if (irqs.has(irq)) throw new AuxBusError('EBUSY', `${device.name} has interrupt ${irq} already`);
    irqs.add(irq);
    return resources.defer(`irq ${irq}`, () => void irqs.delete(irq));
  }

  /** Whether this is a handle of `binding`. @throws {@link AuxBusError} `ENODEV`. */
  proves(binding: Binding): boolean {
    return this.#binding.require() === binding;
  }
}

class ManagedValue<T> extends Revocable<T> implements Managed<T> {
  readonly #binding: Binding;
  readonly #value: () => T;
  giveBack: () => Promise<boolean> = () => Promise.resolve(false);

  constructor(label: string, value: T, binding: Binding, release?: (value: T) => void | Promise<void>) {
    super(label, value, release);
    this.#binding = binding;
    this.#value = () => value;
  }

  with<S>(proof: BoundDevice<S>): T {
    if (!(proof instanceof BoundHandle) || !proof.proves(this.#binding)) throw new AuxBusError('EINVAL', `${this.label} is not ${proof.name}'s`);
    if (this.revoked) throw new AuxBusError('ENODEV', `${this.label} was revoked`);
    return this.#value();
  }

  async release(): Promise<boolean> {
    return await this.giveBack();
  }
}

/** What a handle may ask of the bus while its callback runs. */
export type LinkToSupplier = (supplier: string, options: LinkOptions) => void;

/** The view of a callback. */
export class CoreHandle extends BoundHandle implements CoreDevice<unknown> {
  #link: LinkToSupplier | undefined;

  constructor(binding: Binding, link: LinkToSupplier) {
    super(binding);
    this.#link = link;
  }

  link(supplier: string, options: Omit<LinkOptions, 'autoremove'> = {}): void {
    if (!this.#link) throw new AuxBusError('EPERM', `${this.name}: link is for callbacks, and this one has ended`);
    this.#link(supplier, options);
  }

  /** The callback has ended. */
  close(): void {
    this.#link = undefined;
  }
}
