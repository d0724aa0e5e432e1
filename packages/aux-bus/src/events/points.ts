import type { PointTable } from '@nova-stack/trace';

/**
 * This package's points. Two take faults, whatever the action: the step fails with `ENOMEM`, as if memory for the name
 * had run out.
 */
export const POINTS: PointTable = {
  'aux-bus.device.added': { level: 'step', text: '{device} published' },
  'aux-bus.device.deleting': { level: 'detail', text: '{device} is leaving' },
  'aux-bus.device.removed': { level: 'step', text: '{device} withdrawn' },
  'aux-bus.device.binding': { level: 'detail', text: '{device}: trying {driver}' },
  'aux-bus.device.bound': { level: 'step', text: '{device} bound to {driver}' },
  'aux-bus.device.unbinding': { level: 'detail', text: '{device}: unbinding from {driver}' },
  'aux-bus.device.unbound': { level: 'step', text: '{device} unbound from {driver}' },
  'aux-bus.device.not-bound': { level: 'detail', text: '{device}: {driver} answered {code}' },
  'aux-bus.device.deferred': { level: 'detail', text: '{device} waits to be probed again by {driver}: {reason}' },
  'aux-bus.uevent': { level: 'detail', text: '{action} {name} ({subsystem}), number {number}' },
  'aux-bus.probe.failed': { level: 'warning', text: '{device}: probe by {driver} failed: {code}' },
  'aux-bus.remove.failed': { level: 'warning', text: '{device}: {driver} failed to let go: {message}' },
  'aux-bus.shutdown.failed': { level: 'warning', text: '{device} failed to shut down: {message}' },
  'aux-bus.release.failed': { level: 'warning', text: '{device}: a managed resource could not be given back: {message}' },
  'aux-bus.listener.failed': { level: 'warning', text: 'a listener failed: {message}' },
  'aux-bus.child.forced': { level: 'warning', text: '{device} was still published when {parent} was unbound' },
  'aux-bus.child.late': { level: 'warning', text: '{device} is published while {parent} is on its way into sleep' },
  'aux-bus.power.refused': { level: 'warning', text: '{device} refused {step}: {code}' },
  'aux-bus.power.failed': { level: 'warning', text: '{device} failed in {step}: {message}' },
  'aux-bus.add': { level: 'detail', text: 'adding {device}' },
  'aux-bus.register': { level: 'detail', text: 'registering {driver}' },
};
