import type { BindingPhase } from '../binding/binding.ts';
import type { Deferral } from '../binding/deferral.ts';
import type { Links, LinkState } from '../binding/links.ts';
import type { Device, DeviceState } from '../device/device.ts';
import { POWER_STEPS } from '../power/steps.ts';

/** A dependency, seen from the device that has it. */
export interface LinkView {
  readonly supplier: string;
  readonly state: LinkState;
}

/** A device as others than its driver see it. */
export interface DeviceView {
  readonly name: string;
  readonly modalias: string;
  readonly parent: string;
  /** The driver that is bound, if any; also while it lets go. */
  readonly driver: string | undefined;
  /** What is happening to it. */
  readonly phase: BindingPhase | 'unbound';
  /** The driver that tries it, has it, or lets go of it. */
  readonly heldBy: string | undefined;
  /** Whether its driver's private data is there. */
  readonly driverData: boolean;
  /** Managed resources, oldest first. */
  readonly resources: readonly string[];
  readonly irqs: readonly number[];
  /** Why it waits to be probed again, if it does. */
  readonly deferred: string | undefined;
  readonly suppliers: readonly LinkView[];
  /** Devices that its driver published. */
  readonly children: readonly string[];
  readonly references: number;
  /** The last step that it took into sleep. */
  readonly asleep: string | undefined;
}

/** A device that somebody still refers to. */
export interface UnreleasedView {
  /** Its full name once it was added; what its registrant calls it before. */
  readonly name: string;
  readonly state: DeviceState;
  readonly references: number;
}

export function viewDevice(device: Device, deferral: Deferral, links: Links): DeviceView {
  const { name, modalias, parent, binding, references } = device;
  const waiting = deferral.reason(device);
  return {
    name, modalias, parent,
    driver: binding && binding.phase !== 'probing' ? binding.entry.name : undefined,
    phase: binding?.phase ?? 'unbound',
    heldBy: binding?.entry.name,
    driverData: binding?.state !== undefined,
    resources: binding?.resources.labels ?? [],
    irqs: [...(binding?.irqs ?? [])].sort((a, b) => a - b),
    deferred: waiting && (waiting.driver === '' ? waiting.reason : `${waiting.driver}: ${waiting.reason}`),
    suppliers: links.suppliersOf(device).map(({ supplier, state }) => ({ supplier: supplier.name, state })),
    children: binding?.children.children ?? [],
    references,
    asleep: POWER_STEPS[device.depth - 1]?.down,
  };
}
