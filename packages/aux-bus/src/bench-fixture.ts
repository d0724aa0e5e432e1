import { createTrace, faultPlan, type FaultRule } from '@nova-stack/trace';
import { expect } from 'vitest';

import type { AuxBus } from './aux-bus.ts';
import { createAuxBus } from './bus.ts';
import type { AuxiliaryDriver } from './driver.ts';
import type { Errno } from './errno.ts';

export const code = (expected: Errno): unknown => expect.objectContaining({ name: 'AuxBusError', code: expected });
export const free = (): void => undefined;

export interface Bench {
  readonly bus: AuxBus;
  /** Notifications, and whatever a test adds. */
  readonly log: string[];
  /** Points of the trace. */
  readonly points: string[];
}

/** A bus that writes down what happens. */
export function bench(faults: readonly FaultRule[] = []): Bench {
  const log: string[] = [];
  const points: string[] = [];
  const trace = createTrace({ now: () => 0, sinks: [({ point }) => points.push(point)], faults: faultPlan(faults) });
  const bus = createAuxBus({ trace });
  bus.listen((event) => event.kind === 'notifier' && log.push([event.action, event.device, event.driver, event.code].filter(Boolean).join(' ')));
  return { bus, log, points };
}

/** A driver that takes everything called `core.client`. */
export function client(log: string[], more: Partial<AuxiliaryDriver<string>> = {}): AuxiliaryDriver<string> {
  return {
    module: 'client',
    idTable: [{ name: 'core.client' }],
    probe: (device) => (log.push(`probe ${device.name}`), `state of ${device.name}`),
    remove: (_device, state) => void log.push(`remove ${state}`),
    ...more,
  };
}

/** A promise to be settled by hand. */
export function gate(): { readonly wait: Promise<void>; open(): void } {
  let open = free;
  const wait = new Promise<void>((resolve) => (open = resolve));
  return { wait, open: () => open() };
}
