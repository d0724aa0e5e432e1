import type { NormalDevice } from '../binding/context.ts';
import type { Endpoint } from '../endpoint.ts';
import type { ParentDevice } from './parent.ts';

/** Powers a device while a driver has it. */
export interface PowerDomain {
  /** Before probe. Throwing keeps the driver from being asked. */
  attach(): void | Promise<void>;
  /** After everything that the driver held was given back. */
  detach(): void | Promise<void>;
}

/** What step one, filling in a device, amounts to. */
export interface AuxiliaryDeviceSpec {
  readonly parent: ParentDevice;
  readonly name: string;
  /** 0 to 2^32 - 1; with module and name unique on the bus. */
  readonly id: number;
  /** Data for the driver; must be complete before the device is added. */
  readonly endpoint?: Endpoint;
  readonly powerDomain?: PowerDomain;
  /** Called once, when nobody refers to the device any more: frees what the registrant allocated for it. */
  readonly release: () => void;
}

/** Step two done: the device has a reference count, and nobody sees it. */
export interface InitializedDevice {
  /**
   * Step three: publishes the device under `<module>.<name>.<id>`. A willing driver may have bound it when this
   * resolves; what became of probes is not told here.
   *
   * @throws {@link AuxBusError} `EEXIST`, `EINVAL`, `ENOMEM`, `ENODEV` (parent is leaving), `EBUSY` (added before).
   * Then `uninit` is what remains to be done.
   */
  add(module: string): Promise<RegisteredDevice>;
  /** Takes a reference; the function returned gives it back. */
  get(): () => void;
  /** References held now: 1 after `initialize`, 3 after `add`, 1 after `delete`, and those that others took. */
  readonly references: number;
  /**
   * Gives the first reference back: after a failed `add`, after `delete`, or instead of `add`.
   *
   * @throws {@link AuxBusError} `EINVAL` while the device is published, or when it was done before.
   */
  uninit(): void;
}

/** Step three done: the device is on the bus. */
export interface RegisteredDevice extends NormalDevice {
  /**
   * Takes the device off the bus; its driver has let go when this resolves. Once is enough, more do no harm.
   *
   * @throws {@link AuxBusError} `EDEADLK` from a callback of its own driver.
   */
  delete(): Promise<void>;
}
