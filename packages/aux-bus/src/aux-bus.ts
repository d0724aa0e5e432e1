import type { AuxiliaryDeviceSpec, InitializedDevice } from './device.ts';
import type { AuxiliaryDriver } from './driver.ts';
import type { Endpoint } from './endpoint.ts';
import type { AuxEvent } from './events.ts';
import type { EntryVerdict } from './match.ts';
import type { ParentDevice } from './parent.ts';
import type { ProbeRecord } from './attachment.ts';

/** A driver on the bus. */
export interface RegisteredDriver {
  readonly name: string;
  /**
   * Lets all its devices go, last bound first; when this resolves no callback of the driver runs or will run.
   *
   * @throws {@link AuxBusError} `EDEADLK` from one of its own callbacks, `EINVAL` when it was done before.
   */
  unregister(): Promise<void>;
}

/** All three steps in one, with data for the driver. */
export interface Publication {
  readonly parent: ParentDevice;
  readonly module: string;
  readonly name: string;
  readonly id: number;
  readonly endpoint?: Endpoint;
}

/** A device made with {@link AuxBus.publish}. */
export interface PublishedDevice {
  readonly name: string;
  /** Deletes the device and gives it back. Once is enough, more do no harm. */
  withdraw(): Promise<void>;
}

/** A device as others than its driver see it. */
export interface DeviceView {
  readonly name: string;
  readonly modalias: string;
  readonly parent: string;
  /** The driver that is bound, if any. */
  readonly driver: string | undefined;
  /** Why it waits to be probed again, if it does. */
  readonly deferred: string | undefined;
}

export interface Explanation {
  readonly matches: boolean;
  readonly entries: readonly EntryVerdict[];
  /** How the last probe ended, if there was one. */
  readonly lastProbe: ProbeRecord | undefined;
}

/** The auxiliary bus: devices that a driver publishes for other drivers, matched by name. */
export interface AuxBus {
  /** Whether new devices and drivers are tried on each other by themselves; default true. */
  autoprobe: boolean;
  /** Declares that a driver is bound to a device on another bus, for which auxiliary devices will be published. */
  parent(name: string): ParentDevice;
  /**
   * Steps one and two: makes a device that nobody sees yet.
   *
   * @throws {@link AuxBusError} `EINVAL`; nothing is left to be undone then.
   */
  initialize(spec: AuxiliaryDeviceSpec): InitializedDevice;
  /** All three steps, undone if one fails. @throws {@link AuxBusError} as `initialize` and `add` do. */
  publish(publication: Publication): Promise<PublishedDevice>;
  /**
   * Registers a driver and tries it on all unbound devices, in the order in which they were added.
   *
   * @throws {@link AuxBusError} `EINVAL`, `EBUSY` when there is one of this name.
   */
  registerDriver<State, IdData = unknown>(driver: AuxiliaryDriver<State, IdData>): Promise<RegisteredDriver>;
  /**
   * Binds by hand.
   *
   * @throws {@link AuxBusError} `ENODEV` (unknown or no match), `EBUSY` (bound already), `EAGAIN` (deferred), or what probe threw.
   */
  bind(driver: string, device: string): Promise<void>;
  /** Unbinds by hand; nothing rebinds by itself. @throws {@link AuxBusError} `ENODEV` unless the device is bound to that driver. */
  unbind(driver: string, device: string): Promise<void>;
  /** Tries all drivers on an unbound device. @throws {@link AuxBusError} `ENODEV` for an unknown device. */
  probe(device: string): Promise<void>;
  /** Tells all bound devices, last added first, that the system goes down. */
  shutdown(): Promise<void>;
  /** Resolves when all devices that wait for another one were tried again. */
  settled(): Promise<void>;
  devices(): readonly DeviceView[];
  drivers(): readonly string[];
  /** Says why a driver does or does not match a device. @throws {@link AuxBusError} `ENODEV`. */
  explain(driver: string, device: string): Explanation;
  /** Calls `listener` with everything that happens; the function returned ends that. */
  listen(listener: (event: AuxEvent) => void): () => void;
}
