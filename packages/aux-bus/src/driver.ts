import type { CoreDevice } from './binding/context.ts';
import { AuxBusError } from './errno.ts';
import { checkTable, type AuxiliaryId } from './match.ts';
import { POWER_CALLBACKS, type PowerCallback } from './power/steps.ts';

/** Called on the way into and out of sleep, in the order of `POWER_STEPS`. Throwing refuses a way in. */
export type DriverPower<State> = Readonly<Partial<Record<PowerCallback, <S>(device: CoreDevice<S>, state: State) => void | Promise<void>>>>;

/** A driver of auxiliary devices. `State` is what `probe` leaves for the other callbacks. */
export interface AuxiliaryDriver<State = unknown, IdData = unknown> {
  /** Module that the driver belongs to; its name is `<module>.<name>`, or `<module>` without one. */
  readonly module: string;
  readonly name?: string;
  /** What it is willing to drive. */
  readonly idTable: readonly AuxiliaryId<IdData>[];
  /** True: cannot be bound and unbound by hand (`ENOENT`). */
  readonly suppressBind?: boolean;
  /**
   * Takes a device into use. What it returns is kept and handed to the other callbacks.
   *
   * Throw {@link AuxBusError} `ENODEV` or `ENXIO` to refuse it quietly, `EPROBE_DEFER` to be asked again after the
   * next device was bound; everything else is a failure that is reported.
   */
  probe<S>(device: CoreDevice<S>, id: AuxiliaryId<IdData>): State | Promise<State>;
  /** Lets a device go. What it published is gone by then; managed resources are given back afterwards. */
  remove?<S>(device: CoreDevice<S>, state: State): void | Promise<void>;
  /** The system shuts down; `remove` is not called any more. */
  shutdown?<S>(device: CoreDevice<S>, state: State): void | Promise<void>;
  readonly pm?: DriverPower<State>;
}

/** A driver on the bus. */
export interface DriverEntry {
  readonly name: string;
  readonly driver: AuxiliaryDriver;
  /** It is being unregistered: nothing is probed any more. */
  dead: boolean;
  /** It can be bound and unbound by hand: not before it was tried on all devices, and not while it leaves. */
  byHand: boolean;
}

/** Name on the bus. */
export function driverName({ module, name }: Pick<AuxiliaryDriver, 'module' | 'name'>): string {
  return name === undefined ? module : `${module}.${name}`;
}

/** @throws {@link AuxBusError} `EINVAL` for what Linux would refuse, or would never match or call. */
export function checkDriver(driver: AuxiliaryDriver): void {
  const { module, probe, idTable } = driver as Partial<AuxiliaryDriver>;
  if (typeof module !== 'string' || module === '') throw new AuxBusError('EINVAL', 'A driver needs the name of its module');
  if (typeof probe !== 'function') throw new AuxBusError('EINVAL', `Driver ${driverName(driver)} has no probe`);
  if (!Array.isArray(idTable)) throw new AuxBusError('EINVAL', `Driver ${driverName(driver)} has no id table`);
  checkTable(idTable);
  const misplaced = POWER_CALLBACKS.find((callback) => callback in driver);
  if (misplaced !== undefined) throw new AuxBusError('EINVAL', `Driver ${driverName(driver)} has ${misplaced} where nobody calls it: it belongs into pm`);
}
