import type { MessageTap } from '@nova-stack/gsp-rpc';
import type { BarMapping, PciDevice } from '@nova-stack/pci';
import type { Clock } from '@nova-stack/timebase';
import type { Trace, TraceArgs } from '@nova-stack/trace';

import { NovaCoreError, type Step } from './errors.ts';
import type { FirmwareWake } from './interrupts/wake.ts';
import type { PointName } from './points.ts';

/** Durations in nanoseconds. */
export const US: number = 1e3;
export const MS: number = 1e6;
export const S: number = 1e9;

/** What every step of the driver works with: the function, its registers, time, and where to report. */
export interface Device {
  readonly pci: PciDevice;
  readonly bar0: BarMapping;
  readonly clock: Clock;
  readonly trace: Trace;
  /** Tells waits for the firmware that its interrupt came; without it they poll. */
  readonly wake?: FirmwareWake;
  /** Whether the device is asleep, which {@link awake} looks at. */
  readonly sleep: { on: boolean };
  /** Sees the messages to and from the firmware. */
  readonly tap?: MessageTap;
}

/** Reports that something happened. */
export function report(trace: Trace, point: PointName, args?: TraceArgs): void {
  trace.event(point, args);
}

export interface Bound {
  /** Longest wait in nanoseconds. */
  readonly bound: number;
  /** Between two looks, in nanoseconds. */
  readonly every: number;
}

/**
 * Waits until `done`, no longer than the bound, and not a moment for a device that has left the bus.
 *
 * @throws {@link NovaCoreError} `TIMEOUT` or `DEVICE_LOST`.
 */
export async function until(device: Pick<Device, 'pci' | 'clock'>, step: Step, what: string, { bound, every }: Bound, done: () => boolean): Promise<void> {
  // A device that is gone answers all ones, which many conditions take for success.
  const look = (): boolean => !device.pci.present || done();
  try {
    await device.clock.until(look, { bound, every, reason: what });
  } catch (cause) {
    throw new NovaCoreError('TIMEOUT', step, `no ${what} within ${bound / MS} ms`, { cause, detail: { bound } });
  }
  present(device, step);
}

/** @throws {@link NovaCoreError} `DEVICE_LOST` when the device has left the bus. */
export function present(device: Pick<Device, 'pci'>, step: Step): void {
  if (!device.pci.present) throw new NovaCoreError('DEVICE_LOST', step, `${device.pci.name} left the bus`);
}

/** @throws {@link NovaCoreError} `DEVICE_LOST` when the device has left the bus, `BUSY` while it is asleep. */
export function awake(device: Pick<Device, 'pci' | 'sleep'>, step: Step): void {
  present(device, step);
  if (device.sleep.on) throw new NovaCoreError('BUSY', step, `${device.pci.name} is asleep`);
}
