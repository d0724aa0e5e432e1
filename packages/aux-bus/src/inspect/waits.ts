import type { Deferral } from '../binding/deferral.ts';
import type { Gate } from '../binding/gate.ts';
import type { Device } from '../device/device.ts';

/** Somebody who waits, and for what. */
export interface Wait {
  /** A device, or an operation and its device: `delete core.drm.0`. */
  readonly who: string;
  /** A device, or an operation on the same device. */
  readonly for: string;
  readonly why: string;
}

/** Who waits for what, and why: devices to be probed again, operations for others to end, revocations for users. */
export function listWaits(devices: Iterable<Device>, deferral: Deferral, gate: Gate): readonly Wait[] {
  const waits: Wait[] = [];
  for (const [device, { driver, reason, waitsFor }] of deferral.waiting) {
    waits.push({ who: device.name, for: waitsFor ?? 'another binding', why: driver === '' ? reason : `${driver}: ${reason}` });
  }
  for (const device of devices) {
    const [holder, ...queue] = device.lock.asked;
    for (const label of queue) waits.push({ who: `${label} ${device.name}`, for: `${holder!} ${device.name}`, why: 'one operation on a device at a time' });
    for (const { label, uses, revoked } of device.binding?.managed ?? []) {
      if (revoked && uses > 0) waits.push({ who: `revocation of ${label} of ${device.name}`, for: `${uses} accesses`, why: 'they began before it was revoked' });
    }
  }
  if (gate.waiting > 0) waits.push({ who: 'block of probing', for: `${gate.probes} probes`, why: 'they began before probing was blocked' });
  return waits;
}
