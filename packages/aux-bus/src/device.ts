import type { Attachment, ProbeRecord } from './attachment.ts';
import type { DeviceIdentity } from './bound-device.ts';
import type { Endpoint } from './endpoint.ts';
import { AuxBusError } from './errno.ts';
import { Lock } from './lock.ts';
import { deviceName, matchNameOf } from './name.ts';
import type { Parent, Child, ParentDevice } from './parent.ts';

/** What step one, filling in a device, amounts to. */
export interface AuxiliaryDeviceSpec {
  readonly parent: ParentDevice;
  readonly name: string;
  /** 0 to 2^32 - 1; with module and name unique on the bus. */
  readonly id: number;
  /** Data for the driver; must be complete before the device is added. */
  readonly endpoint?: Endpoint;
  /** Called once, when nobody refers to the device any more: frees what the registrant allocated for it. */
  readonly release: () => void;
}

/** Step two done: the device has a reference count, and nobody sees it. */
export interface InitializedDevice {
  /**
   * Step three: publishes the device under `<module>.<name>.<id>`. A willing driver may have bound it when this
   * resolves; what became of probes is not told here.
   *
   * @throws {@link AuxBusError} `EEXIST`, `EINVAL`, `ENODEV` (parent is leaving), `EBUSY` (added before). Then
   * `uninit` is what remains to be done.
   */
  add(module: string): Promise<RegisteredDevice>;
  /** Takes a reference; the function returned gives it back. */
  get(): () => void;
  /** References held now. */
  readonly references: number;
  /**
   * Gives the first reference back: after a failed `add`, after `delete`, or instead of `add`.
   *
   * @throws {@link AuxBusError} `EINVAL` while the device is published, or when it was done before.
   */
  uninit(): void;
}

/** Step three done: the device is on the bus. */
export interface RegisteredDevice extends DeviceIdentity {
  /**
   * Takes the device off the bus; its driver has let go when this resolves. Once is enough, more do no harm.
   *
   * @throws {@link AuxBusError} `EDEADLK` from a callback of its own driver.
   */
  delete(): Promise<void>;
}

/** What a device asks of its bus. */
export interface DeviceHome {
  /** Puts it on the bus and tries drivers on it. */
  enter(device: Device): Promise<void>;
  /** Takes it off the bus; its driver has let go when this resolves. */
  leave(device: Device): Promise<void>;
}

type State = 'initialized' | 'adding' | 'registered' | 'add failed' | 'deleting' | 'deleted' | 'released';

/** A device through all its states. */
export class Device implements InitializedDevice, RegisteredDevice, Child {
  readonly spec: AuxiliaryDeviceSpec;
  readonly parentDevice: Parent;
  /** Serialises probe, remove and shutdown. */
  readonly lock: Lock = new Lock();
  readonly probes: Map<string, ProbeRecord> = new Map<string, ProbeRecord>();
  attachment: Attachment | undefined;
  /** Deletion has begun: nothing is probed any more. */
  dead: boolean = false;
  /** Why it waits to be probed again. */
  deferral: string | undefined;
  #name: string = '';
  #state: State = 'initialized';
  #references = 1;
  #uninitialized = false;
  #deletion: Promise<void> | undefined;
  readonly #home: DeviceHome;

  constructor(spec: AuxiliaryDeviceSpec, parent: Parent, home: DeviceHome) {
    this.spec = spec;
    this.parentDevice = parent;
    this.#home = home;
  }

  get name(): string {
    return this.#name;
  }

  get matchName(): string {
    return matchNameOf(this.#name);
  }

  get id(): number {
    return this.spec.id;
  }

  get parent(): string {
    return this.parentDevice.name;
  }

  get references(): number {
    return this.#references;
  }

  async add(module: string): Promise<RegisteredDevice> {
    if (this.#state === 'adding' || this.#state === 'registered') throw new AuxBusError('EBUSY', `${this.#name} is published already`);
    if (this.#state !== 'initialized') throw new AuxBusError('EINVAL', `A device that is ${this.#state} cannot be added: make a new one`);
    this.#state = 'adding';
    try {
      this.#name = deviceName(module, this.spec.name, this.spec.id);
      // The bus's list and the parent's hold the device.
      this.#references += 2;
      await this.#home.enter(this).catch((error: unknown) => {
        this.#references -= 2;
        throw error;
      });
    } catch (error) {
      this.#state = 'add failed';
      throw error;
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
      this.#put(1);
    };
  }

  uninit(): void {
    if (this.#state === 'released' || this.#uninitialized) throw new AuxBusError('EINVAL', `${this.#name} was given back before`);
    if (this.#state === 'adding' || this.#state === 'registered' || this.#state === 'deleting') throw new AuxBusError('EINVAL', `${this.#name} is ${this.#state}: delete it first`);
    this.#uninitialized = true;
    this.#put(1);
  }

  delete(): Promise<void> {
    return this.withdraw();
  }

  withdraw(): Promise<void> {
    this.#deletion ??= this.#leave();
    return this.#deletion;
  }

  async #leave(): Promise<void> {
    const before = this.#state;
    this.#state = 'deleting';
    try {
      await this.#home.leave(this);
    } catch (error) {
      // Refused: the device is where it was.
      this.#state = before;
      this.#deletion = undefined;
      throw error;
    }
    this.#state = 'deleted';
    this.#put(2);
  }

  #settleIn(): void {
    // It may have been withdrawn while its own probe ran.
    if (this.#state === 'adding') this.#state = 'registered';
  }

  #put(count: number): void {
    this.#references -= count;
    if (this.#references > 0) return;
    this.#state = 'released';
    this.spec.release();
  }
}
