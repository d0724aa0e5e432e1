import type { LinkOptions } from './binding/links.ts';
import type { ForeignParent, ParentCallbacks, ParentDevice } from './device/parent.ts';
import type { AuxiliaryDeviceSpec, InitializedDevice, PowerDomain } from './device/spec.ts';
import type { AuxiliaryDriver } from './driver.ts';
import type { Endpoint } from './endpoint.ts';
import type { AuxEvent, UeventAction } from './events/events.ts';
import type { Explanation } from './inspect/explain.ts';
import type { TreeNode } from './inspect/tree.ts';
import type { DeviceView, UnreleasedView } from './inspect/view.ts';
import type { SleepState } from './power/sleep.ts';
import type { Wait } from './inspect/waits.ts';

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
  readonly powerDomain?: PowerDomain;
}

/** A device made with {@link AuxBus.publish}. */
export interface PublishedDevice {
  readonly name: string;
  /** Deletes the device and gives it back. Once is enough, more do no harm. */
  withdraw(): Promise<void>;
}

/** A dependency between two devices. It goes with either of them. */
export interface DeviceLink {
  /** Takes a stateless link away. @throws {@link AuxBusError} `EINVAL` for another one, or when it was done before. */
  remove(): void;
}

/** What the bus can tell at any time. Nothing here changes anything. */
export interface AuxBusInspection {
  /** On the bus, in the order in which they were added. */
  devices(): readonly DeviceView[];
  /** Names, in the order in which they were registered. */
  drivers(): readonly string[];
  /** Devices below their parents. `formatTree` makes text of it. */
  tree(): readonly TreeNode[];
  /** Who waits for what, and why. */
  waits(): readonly Wait[];
  /** Devices that were initialised and not released: what is neither on the bus nor about to be is a leak. */
  unreleased(): readonly UnreleasedView[];
  /** Names in the order in which they wake up; they fall asleep and shut down in the reverse of it. */
  powerOrder(): readonly string[];
  /** Whether the bus sleeps. Nothing is probed unless it is awake. */
  powerState(): SleepState;
  /** Says why a driver does or does not have a device. @throws {@link AuxBusError} `ENODEV`, `ENOENT`. */
  explain(driver: string, device: string): Explanation;
  /** Calls `listener` with everything that happens; the function returned ends that. */
  listen(listener: (event: AuxEvent) => void): () => void;
}

/** Sleep, shutdown, and the time in which nothing may be probed. */
export interface AuxBusPower {
  /**
   * Keeps everything from being probed; resolves when no probe is under way. The function returned ends that, once.
   * Whatever was to be probed meanwhile is, then.
   *
   * @throws {@link AuxBusError} `EDEADLK` from a callback.
   */
  blockProbing(): Promise<() => void>;
  /**
   * Puts all bound devices to sleep: children before parents, consumers before suppliers. Nothing is probed until
   * they are awake again. If one refuses, those that went before it wake up, and its error is thrown.
   *
   * @throws {@link AuxBusError} what the driver threw; `EBUSY` unless awake, `EDEADLK` from a callback.
   */
  suspend(): Promise<void>;
  /** Wakes all up, in the reverse order. @throws {@link AuxBusError} `EINVAL` unless asleep. */
  resume(): Promise<void>;
  /** Tells all bound devices, each once, children first, that the system goes down. Nothing is probed any more. @throws {@link AuxBusError} `EDEADLK` from a callback. */
  shutdown(): Promise<void>;
}

/** The auxiliary bus: devices that a driver publishes for other drivers, matched by name. */
export interface AuxBus extends AuxBusInspection, AuxBusPower {
  /** Whether new devices and drivers are tried on each other by themselves, and waiting devices again; default true. */
  autoprobe: boolean;
  /** Declares that a driver is bound to a device on another bus, for which auxiliary devices will be published. */
  parent(name: string, callbacks?: ParentCallbacks): ForeignParent;
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
   * @throws {@link AuxBusError} `EINVAL`, `ENOMEM`, `EBUSY` when there is one of this name.
   */
  registerDriver<State, IdData = unknown>(driver: AuxiliaryDriver<State, IdData>): Promise<RegisteredDriver>;
  /**
   * Makes `consumer` depend on `supplier`, which is on the bus.
   *
   * @throws {@link AuxBusError} `ENODEV` (unknown), `EINVAL` (cycle, contradicting options).
   */
  link(consumer: InitializedDevice | string, supplier: string, options?: LinkOptions): DeviceLink;
  /**
   * Binds by hand. As in a file of the kernel's, one line end after a device's name does no harm.
   *
   * @throws {@link AuxBusError} `ENOENT` (no such driver, or not by hand), `ENODEV` (unknown or no match), `EBUSY`
   * (bound already), `EAGAIN` (deferred, and not queued), or what probe threw.
   */
  bind(driver: string, device: string): Promise<void>;
  /** Unbinds by hand; nothing rebinds by itself. @throws {@link AuxBusError} `ENOENT`; `ENODEV` unless the device is bound to that driver; `EDEADLK`. */
  unbind(driver: string, device: string): Promise<void>;
  /** Tries all drivers on an unbound device. That none took it is no error. @throws {@link AuxBusError} `ENODEV` for an unknown device, `EINVAL` when something else than a driver stopped it. */
  probe(device: string): Promise<void>;
  /** Sends a uevent by hand. @throws {@link AuxBusError} `ENODEV`, `EINVAL` for an unknown action. */
  uevent(device: string, action: UeventAction): void;
  /** Resolves when all devices that wait for another one were tried again. */
  settled(): Promise<void>;
}
