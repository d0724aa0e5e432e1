import type { BoundDevice } from './bound-device.ts';
import { AuxBusError } from './errno.ts';
import { checkTable, type AuxiliaryId } from './match.ts';

/** A driver of auxiliary devices. `State` is what `probe` leaves for the other callbacks. */
export interface AuxiliaryDriver<State = unknown, IdData = unknown> {
  /** Module that the driver belongs to; its name is `<module>.<name>`, or `<module>` without one. */
  readonly module: string;
  readonly name?: string;
  /** What it is willing to drive. */
  readonly idTable: readonly AuxiliaryId<IdData>[];
  /**
   * Takes a device into use. What it returns is kept and handed to the other callbacks.
   *
   * Throw {@link AuxBusError} `ENODEV` or `ENXIO` to refuse it quietly, `EPROBE_DEFER` to be asked again after the
   * next device was bound; everything else is a failure that is reported.
   */
  probe(device: BoundDevice, id: AuxiliaryId<IdData>): State | Promise<State>;
  /** Lets a device go. Managed resources are given back afterwards. */
  remove?(device: BoundDevice, state: State): void | Promise<void>;
  /** The system shuts down; `remove` is not called any more. */
  shutdown?(device: BoundDevice, state: State): void | Promise<void>;
}

/** Name on the bus. */
export function driverName({ module, name }: Pick<AuxiliaryDriver, 'module' | 'name'>): string {
  return name === undefined ? module : `${module}.${name}`;
}

/** @throws {@link AuxBusError} `EINVAL` for what Linux would refuse, or could never match. */
export function checkDriver(driver: AuxiliaryDriver): void {
  const { module, probe, idTable } = driver as Partial<AuxiliaryDriver>;
  if (typeof module !== 'string' || module === '') throw new AuxBusError('EINVAL', 'A driver needs the name of its module');
  if (typeof probe !== 'function') throw new AuxBusError('EINVAL', `Driver ${driverName(driver)} has no probe`);
  if (!Array.isArray(idTable)) throw new AuxBusError('EINVAL', `Driver ${driverName(driver)} has no id table`);
  checkTable(idTable);
}
