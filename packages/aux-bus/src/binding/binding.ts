import type { Device } from '../device/device.ts';
import { Parent } from '../device/parent.ts';
import type { DriverEntry } from '../driver.ts';
import { AuxBusError, type Errno } from '../errno.ts';
import { ReleaseStack } from '../resources/release-stack.ts';
import type { Revocable } from '../resources/revocable.ts';

/** How far a driver's hold on a device is. */
export type BindingPhase = 'probing' | 'bound' | 'unbinding';

/** A driver's hold on a device, from the beginning of probe to the end of cleaning up. */
export class Binding {
  readonly device: Device;
  readonly entry: DriverEntry;
  readonly resources: ReleaseStack = new ReleaseStack();
  /** What is lent out until the binding ends. */
  readonly managed: Set<Revocable<unknown>> = new Set<Revocable<unknown>>();
  readonly irqs: Set<number> = new Set<number>();
  /** Devices that the driver publishes. */
  readonly children: Parent;
  phase: BindingPhase = 'probing';
  /** What probe returned; there once it succeeded, until private data goes. */
  state: { readonly value: unknown } | undefined;
  /** Counts up over the bus, so that a driver's devices can be let go last bound first. */
  order: number = Infinity;
  #live = true;

  constructor(device: Device, entry: DriverEntry) {
    this.device = device;
    this.entry = entry;
    this.children = new Parent({ name: device.name, path: device.path, home: device.home, device });
  }

  /** Whether the driver may still use the device. */
  get live(): boolean {
    return this.#live;
  }

  /** From now on the driver's handles answer `ENODEV`. */
  revoke(): void {
    this.#live = false;
  }

  /** @throws {@link AuxBusError} `ENODEV` once the binding has ended. */
  require(): this {
    if (!this.#live) throw new AuxBusError('ENODEV', `${this.device.name} is no longer bound`);
    return this;
  }
}

/** How the last probe of a device by a driver ended. */
export interface ProbeRecord {
  readonly code: Errno | 'OK';
  readonly message: string;
  readonly attempts: number;
}
