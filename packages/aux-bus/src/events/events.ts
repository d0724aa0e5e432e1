import type { Errno } from '../errno.ts';

/** What Linux's notifier chain of a bus tells, with its numbers (linux: include/linux/device/bus.h). */
export const NOTIFIER: {
  readonly ADD_DEVICE: 0; readonly DEL_DEVICE: 1; readonly REMOVED_DEVICE: 2; readonly BIND_DRIVER: 3;
  readonly BOUND_DRIVER: 4; readonly UNBIND_DRIVER: 5; readonly UNBOUND_DRIVER: 6; readonly DRIVER_NOT_BOUND: 7;
} = { ADD_DEVICE: 0, DEL_DEVICE: 1, REMOVED_DEVICE: 2, BIND_DRIVER: 3, BOUND_DRIVER: 4, UNBIND_DRIVER: 5, UNBOUND_DRIVER: 6, DRIVER_NOT_BOUND: 7 };

export type NotifierAction = keyof typeof NOTIFIER;

/** What may be written into a `uevent` file to have it sent (linux: lib/kobject_uevent.c). */
export const UEVENT_ACTIONS: readonly UeventAction[] = ['add', 'remove', 'change', 'move', 'online', 'offline', 'bind', 'unbind'];

export type UeventAction = 'add' | 'remove' | 'change' | 'move' | 'online' | 'offline' | 'bind' | 'unbind';

/** Something is about to happen to a device, or has just happened; always before its uevent. */
export interface NotifierEvent {
  readonly kind: 'notifier';
  /** Counts all events of a bus from 0. */
  readonly seq: number;
  readonly action: NotifierAction;
  readonly device: string;
  /** The driver concerned. */
  readonly driver?: string;
  /** Why it was not bound. */
  readonly code?: Errno;
}

/** What a program outside is told, to load drivers or make device nodes. */
export interface Uevent {
  readonly kind: 'uevent';
  readonly seq: number;
  readonly action: UeventAction;
  /** The device or driver. */
  readonly name: string;
  /** `auxiliary` for a device, `drivers` for a driver. */
  readonly subsystem: 'auxiliary' | 'drivers';
  /** Variables as the kernel sends them. `SEQNUM` counts uevents from 1. */
  readonly env: Readonly<Record<string, string>>;
}

export type AuxEvent = NotifierEvent | Uevent;
