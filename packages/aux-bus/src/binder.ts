import type { Attachment, DriverEntry } from './attachment.ts';
import { Binding } from './bound-device.ts';
import type { Device } from './device.ts';
import { AuxBusError, probeError } from './errno.ts';
import type { Journal } from './journal.ts';
import { matchId } from './match.ts';
import { ReleaseStack } from './release-stack.ts';

/** Refusals that say no more than "not my device", or "not yet". */
const QUIET: ReadonlySet<string> = new Set(['ENODEV', 'ENXIO', 'EPROBE_DEFER']);

/**
 * Brings drivers and devices together and apart. Whoever calls holds the device's lock.
 * Order of steps: linux: drivers/base/dd.c (really_probe, __device_release_driver).
 */
export class Binder {
  readonly #journal: Journal;
  #binds = 0;
  /** Whose callback's synchronous part runs now. */
  #inside: Attachment | undefined;

  constructor(journal: Journal) {
    this.#journal = journal;
  }

  /** Bindings made so far. */
  get binds(): number {
    return this.#binds;
  }

  /** Probes `device` with `entry`. @returns Why it is not bound, or undefined. */
  async bind(device: Device, entry: DriverEntry): Promise<AuxBusError | undefined> {
    const id = matchId(entry.driver.idTable, device.matchName);
    if (device.dead || entry.dead || !id) return new AuxBusError('ENODEV', `${entry.name} does not match ${device.name}`);
    const resources = new ReleaseStack();
    const handle = new Binding(device, device.spec.endpoint, resources);
    const held: Attachment = { entry, handle, resources, order: Infinity };
    device.attachment = held;
    this.#journal.tell('binding', device.name, entry.name);
    try {
      held.state = { value: await this.callback(held, () => entry.driver.probe(handle, id)) };
    } catch (thrown) {
      const error = probeError(thrown, `Probe of ${device.name} by ${entry.name} failed`);
      await this.#cleanUp(device, held);
      this.#refused(device, entry, error);
      return error;
    }
    held.order = this.#binds++;
    device.deferral = undefined;
    this.#record(device, entry);
    this.#journal.tell('bound', device.name, entry.name);
    return undefined;
  }

  /** Has the driver let go of `device`. */
  async release(device: Device, held: Attachment): Promise<void> {
    const { entry, handle } = held;
    this.#journal.tell('unbinding', device.name, entry.name);
    try {
      await this.callback(held, () => entry.driver.remove?.(handle, held.state?.value));
    } catch (error) {
      this.#journal.trace.event('aux-bus.remove.failed', { device: device.name, driver: entry.name, message: String(error) });
    }
    await this.#cleanUp(device, held);
    this.#journal.tell('unbound', device.name, entry.name);
  }

  /** Runs a callback, knowing while its synchronous part runs whose it is. */
  async callback<T>(held: Attachment, call: () => T | Promise<T>): Promise<T> {
    const outer = this.#inside;
    this.#inside = held;
    let result: T | Promise<T>;
    try {
      result = call();
    } finally {
      this.#inside = outer;
    }
    return await result;
  }

  /**
   * Refuses what would wait for itself. Only the part of a callback before its first `await` can be told apart from
   * other code, so a callback that deletes its own device later than that waits forever, as in Linux.
   *
   * @throws {@link AuxBusError} `EDEADLK`.
   */
  refuseInside(what: string, mine: (held: Attachment) => boolean): void {
    if (this.#inside && mine(this.#inside)) throw new AuxBusError('EDEADLK', `${what} from a callback of its own driver`);
  }

  /** Private data goes first, then managed resources last first, then the driver's hold. */
  async #cleanUp(device: Device, held: Attachment): Promise<void> {
    delete held.state;
    held.handle.revoke();
    try {
      await held.resources.release();
    } catch (error) {
      this.#journal.trace.event('aux-bus.release.failed', { device: device.name, message: String(error) });
    }
    device.attachment = undefined;
  }

  #refused(device: Device, entry: DriverEntry, error: AuxBusError): void {
    this.#record(device, entry, error);
    this.#journal.tell('not-bound', device.name, entry.name, error);
    if (!QUIET.has(error.code)) {
      this.#journal.trace.event('aux-bus.probe.failed', { device: device.name, driver: entry.name, code: error.code, message: error.message });
    }
  }

  #record(device: Device, entry: DriverEntry, error?: AuxBusError): void {
    const attempts = (device.probes.get(entry.name)?.attempts ?? 0) + 1;
    device.probes.set(entry.name, { code: error?.code ?? 'OK', message: error?.message ?? '', attempts });
  }
}
