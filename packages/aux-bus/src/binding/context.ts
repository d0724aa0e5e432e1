import type { ParentDevice } from '../device/parent.ts';
import type { EndpointKey } from '../endpoint.ts';
import type { LinkOptions } from './links.ts';
import type { Held, Release, ReleaseGroup } from '../resources/release-stack.ts';
import type { Revocable, Sync } from '../resources/revocable.ts';

/** Exists for the type checker alone: ties a device to the scope in which it is known to be bound. */
declare const SCOPE: unique symbol;

/** A device as anybody may know it at any time: the only kind that may be kept, with `retain`. */
export interface NormalDevice {
  /** `<module>.<name>.<id>` */
  readonly name: string;
  readonly matchName: string;
  /** Tells devices with the same match name apart. */
  readonly id: number;
  readonly parent: string;
  /** `auxiliary:<match name>` */
  readonly modalias: string;
  /** Takes a reference, to be given back with `put`; the registrant's memory for the device stays until then. */
  retain(): DeviceRef;
}

/** A reference to a device, which may be bound or not. */
export interface DeviceRef {
  readonly device: NormalDevice;
  readonly bound: boolean;
  /**
   * Does something with the device while it is bound. `work` cannot let the bound device out: neither the types nor,
   * after the binding has ended, the device itself allow it.
   *
   * @throws {@link AuxBusError} `ENODEV` when it is not bound, or the reference was given back; `EINVAL` when `work`
   * returns a promise.
   */
  withBound<R>(work: <S>(device: BoundDevice<S>) => Sync<R>): R;
  /** Gives the reference back. @throws {@link AuxBusError} `EINVAL` when that was done before. */
  put(): void;
}

/**
 * A device in a scope in which it is bound. `S` stands for the scope: what mentions it cannot leave the callback,
 * because outside no such type exists. What gets out all the same, through a closure or a cast, throws `ENODEV` from
 * every method once the binding has ended, so that nothing that was kept by mistake leads to stale data.
 */
export interface BoundDevice<S> extends NormalDevice {
  readonly [SCOPE]?: (scope: S) => S;
  readonly bound: boolean;
  /** Parent for devices that its driver publishes; they leave the bus before `remove` is called. @throws {@link AuxBusError} `ENODEV`. */
  readonly asParent: ParentDevice;
  /**
   * Registration data: what the registrant hands to the driver, for use within this scope.
   *
   * @throws {@link AuxBusError} `ENODEV`; `ENOENT` when there is none, `EINVAL` when it is of another type.
   */
  endpoint<T>(key: EndpointKey<T>): T;
  /** Registration data that may be kept: it is revoked, after `remove`, when the binding ends. @throws as `endpoint`. */
  endpointHandle<T>(key: EndpointKey<T>): Managed<T>;
  /** Has `release` called, last first, after `remove` or a failed probe. @throws {@link AuxBusError} `ENODEV`. */
  defer(label: string, release: Release): Held;
  /** Opens a group of managed resources, which can be given back at once. @throws {@link AuxBusError} `ENODEV`. */
  group(): ReleaseGroup;
  /**
   * Ties a value to the binding: who keeps the handle can use it until the binding ends and not afterwards; `release`
   * is called when nobody uses it any more. @throws {@link AuxBusError} `ENODEV`.
   */
  manage<T>(label: string, value: T, release?: (value: T) => void | Promise<void>): Managed<T>;
  /** Lists an interrupt in the device's `irqs` until the binding ends. @throws {@link AuxBusError} `ENODEV`, `EBUSY`, `EINVAL`. */
  addIrq(irq: number): Held;
}

/** A device in one of its driver's callbacks. */
export interface CoreDevice<S> extends BoundDevice<S> {
  /**
   * Makes another device a supplier of this one, until this binding ends: that one's driver lets go only after this
   * one's did.
   *
   * @throws {@link AuxBusError} `EPROBE_DEFER` when the supplier is not bound; `ENODEV` when there is none of this
   * name; `EINVAL` for a cycle or contradicting options; `EPERM` when the callback has ended.
   */
  link(supplier: string, options?: Omit<LinkOptions, 'autoremove'>): void;
}

/** A value that is revoked when the binding ends. */
export interface Managed<T> extends Pick<Revocable<T>, 'label' | 'revoked' | 'uses' | 'access' | 'tryAccess' | 'use'> {
  /** The value itself, for one who can show that the device is bound. @throws {@link AuxBusError} `EINVAL` for another device, `ENODEV`. */
  with<S>(proof: BoundDevice<S>): T;
  /** Revokes it before its turn. @returns Whether this call did it. */
  release(): Promise<boolean>;
}
