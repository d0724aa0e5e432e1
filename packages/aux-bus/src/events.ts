import type { PointTable } from '@nova-stack/trace';

import type { Errno } from './errno.ts';

/** What happens to a device, in Linux's order of notifications (linux: include/linux/device/bus.h). */
export type AuxAction =
  | 'added' | 'deleting' | 'removed'
  | 'binding' | 'bound' | 'unbinding' | 'unbound' | 'not-bound';

export interface AuxEvent {
  /** Counts from 0 on a bus. */
  readonly seq: number;
  readonly action: AuxAction;
  readonly device: string;
  readonly modalias: string;
  /** The driver concerned. */
  readonly driver?: string;
  /** Why it was not bound. */
  readonly code?: Errno;
}

/** This package's points. `quiet` is a refusal that says no more than "not my device". */
export const POINTS: PointTable = {
  'aux-bus.device.added': { level: 'step', text: '{device} published' },
  'aux-bus.device.deleting': { level: 'detail', text: '{device} is leaving' },
  'aux-bus.device.removed': { level: 'step', text: '{device} withdrawn' },
  'aux-bus.device.binding': { level: 'detail', text: '{device}: trying {driver}' },
  'aux-bus.device.bound': { level: 'step', text: '{device} bound to {driver}' },
  'aux-bus.device.unbinding': { level: 'detail', text: '{device}: unbinding from {driver}' },
  'aux-bus.device.unbound': { level: 'step', text: '{device} unbound from {driver}' },
  'aux-bus.device.not-bound': { level: 'detail', text: '{device}: {driver} answered {code}' },
  'aux-bus.probe.failed': { level: 'warning', text: '{device}: probe by {driver} failed: {code}' },
  'aux-bus.remove.failed': { level: 'warning', text: '{device}: {driver} failed to let go: {message}' },
  'aux-bus.release.failed': { level: 'warning', text: '{device}: a managed resource could not be given back: {message}' },
  'aux-bus.child.forced': { level: 'warning', text: '{device} was still published when {parent} was unbound' },
};
