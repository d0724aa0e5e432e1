import type { Binding, ProbeRecord } from '../binding/binding.ts';
import type { DeviceRef } from '../binding/context.ts';
import { NormalHandle } from '../binding/handle.ts';
import type { Endpoint } from '../endpoint.ts';
import { AuxBusError } from '../errno.ts';
import { Lock } from '../lock.ts';
import { deviceName, matchNameOf, modaliasOf } from '../name.ts';
import type { PowerNode } from '../power/order.ts';
import type { Child, Parent } from './parent.ts';
import type { AuxiliaryDeviceSpec, InitializedDevice, RegisteredDevice } from './spec.ts';

/** What a device asks of its bus. */
export interface DeviceHome {
  /** Puts it on the bus and tries drivers on it. */
  enter(device: Device): Promise<void>;
  /** Takes it off the bus; its driver has let go when this resolves. */
  leave(device: Device): Promise<void>;
  /** Nobody refers to it any more. */
  released(device: Device): void;
}

export type DeviceState = 'initialized' | 'adding' | 'registered' | 'add failed' | 'deleting' | 'deleted' | 'released';

/** A device through all its states. */
export class Device implements InitializedDevice, RegisteredDevice, Child, PowerNode {
  readonly spec: AuxiliaryDeviceSpec;
  /** What it was published for. */
  readonly scope: Parent;
  readonly home: DeviceHome;
  /** Serialises probe, remove, shutdown and sleep. */
  readonly lock: Lock = new Lock();
  /** How the last probe by each driver ended. */
  readonly probes: Map<string, ProbeRecord> = new Map<string, ProbeRecord>();
  binding: Binding | undefined;
  /** Deletion has begun: nothing is probed any more. */
  dead: boolean = false;
  depth: number = 0;
  /** Gives back the references of the bus's list and the parent's. */
  listed: (() => void) | undefined;
  #endpoint: Endpoint | undefined;
  #name: string = '';
  #state: DeviceState = 'initialized';
  #references = 1;
  #uninitialized = false;
  #deletion: Promise<void> | undefined;
  #putParent: (() => void) | undefined;

  constructor(spec: AuxiliaryDeviceSpec, scope: Parent, home: DeviceHome) {
    this.spec = spec;
    this.scope = scope;
    this.home = home;
    this.#endpoint = spec.endpoint;
  }

  get name(): string {
    return this.#name;
  }

  get matchName(): string {
    return matchNameOf(this.#name);
  }

  get modalias(): string {
    return modaliasOf(this.#name);
  }

  get id(): number {
    return this.spec.id;
  }

  get parent(): string {
    return this.scope.name;
  }

  /** Below `/devices`. */
  get path(): string {
    return `${this.scope.path}/${this.#name}`;
  }

  get above(): PowerNode | undefined {
    return this.scope.device ?? this.scope;
  }

  get state(): DeviceState {
    return this.#state;
  }

  get references(): number {
    return this.#references;
  }

  /** Registration data, until it is dropped. */
  get endpoint(): Endpoint | undefined {
    return this.#endpoint;
  }

  retain(): DeviceRef {
    return new NormalHandle(this).retain();
  }

  async add(module: string): Promise<RegisteredDevice> {
    if (this.#state === 'adding' || this.#state === 'registered') throw new AuxBusError('EBUSY', `${this.#name} is published already`);
    if (this.#uninitialized) throw new AuxBusError('EINVAL', 'A device that was given back cannot be added');
    if (this.#state !== 'initialized') throw new AuxBusError('EINVAL', `A device that is ${this.#state} cannot be added: make a new one`);
    this.#state = 'adding';
    const put = this.get();
    try {
      this.#name = deviceName(module, this.spec.name, this.spec.id);
      await this.home.enter(this);
    } catch (error) {
      this.#state = 'add failed';
      throw error;
    } finally {
      put();
    }
    this.#settleIn();
    return this;
  }

  get(): () => void {
    if (this.#state === 'released') throw new AuxBusError('ENODEV', `${this.#name} was released`);
    this.#references++;
    let held = true;
    return () => {
      if (!held) throw new AuxBusError('EINVAL', `A reference to ${this.#name} was given back before`);
      held = false;
      this.#put();
    };
  }

  uninit(): void {
    if (this.#state === 'released' || this.#uninitialized) throw new AuxBusError('EINVAL', `${this.#name} was given back before`);
    if (this.#state === 'adding' || this.#state === 'registered' || this.#state === 'deleting') throw new AuxBusError('EINVAL', `${this.#name} is ${this.#state}: delete it first`);
    this.#uninitialized = true;
    this.dropEndpoint();
    this.#put();
  }

  delete(): Promise<void> {
    return this.withdraw();
  }

  async withdraw(): Promise<void> {
    if (!this.#deletion && this.#state !== 'adding' && this.#state !== 'registered') throw new AuxBusError('EINVAL', 'A device that was not added cannot be deleted');
    this.#deletion ??= this.#leave();
    await this.#deletion;
  }

  /** Its memory needs the parent's until it has left the bus. */
  holdParent(): void {
    this.#putParent = this.scope.device?.get();
  }

  putParent(): void {
    this.#putParent?.();
    this.#putParent = undefined;
  }

  /** Nobody is to see the registration data any more. */
  dropEndpoint(): void {
    const dropped = this.#endpoint;
    this.#endpoint = undefined;
    dropped?.drop?.();
  }

  async #leave(): Promise<void> {
    const before = this.#state;
    this.#state = 'deleting';
    try {
      await this.home.leave(this);
    } catch (error) {
      // Refused: the device is where it was.
      this.#state = before;
      this.#deletion = undefined;
      throw error;
    }
    this.#state = 'deleted';
  }

  #settleIn(): void {
    // It may have been withdrawn while its own probe ran.
    if (this.#state === 'adding') this.#state = 'registered';
  }

  #put(): void {
    if (--this.#references > 0) return;
    this.#state = 'released';
    this.home.released(this);
    this.spec.release();
  }
}
