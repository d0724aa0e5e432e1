import type { Binding } from './bound-device.ts';
import type { AuxiliaryDriver } from './driver.ts';
import type { Errno } from './errno.ts';
import type { ReleaseStack } from './release-stack.ts';

/** A driver on the bus. */
export interface DriverEntry {
  readonly name: string;
  readonly driver: AuxiliaryDriver;
  /** It is being unregistered: nothing is probed any more. */
  dead: boolean;
}

/** A driver's hold on a device, from the beginning of probe to the end of cleaning up. */
export interface Attachment {
  readonly entry: DriverEntry;
  readonly handle: Binding;
  readonly resources: ReleaseStack;
  /** What probe returned; there once it succeeded. */
  state?: { readonly value: unknown };
  /** Counts up over the bus, so that a driver's devices can be let go last bound first. */
  order: number;
}

/** How the last probe of a device by a driver ended. */
export interface ProbeRecord {
  readonly code: Errno | 'OK';
  readonly message: string;
  readonly attempts: number;
}
