import type { Device } from '../device/device.ts';
import type { DriverEntry } from '../driver.ts';
import { AuxBusError, driverError, messageOf } from '../errno.ts';
import type { Journal } from '../events/journal.ts';
import { matchId } from '../match.ts';
import { Binding } from './binding.ts';
import type { Gate } from './gate.ts';
import { CoreHandle, type LinkToSupplier } from './handle.ts';
import type { Links } from './links.ts';

/** Refusals that say no more than "not my device", or "not yet". */
const QUIET: ReadonlySet<string> = new Set(['ENODEV', 'ENXIO', 'EPROBE_DEFER']);

/** How an attempt to bind ended: a driver that refused lets others be asked, a bus that refused does not. */
export type Outcome = { readonly by: 'nobody' } | { readonly by: 'driver' | 'bus'; readonly error: AuxBusError };

const BOUND: Outcome = { by: 'nobody' };

export interface BinderParts {
  readonly journal: Journal;
  readonly gate: Gate;
  readonly links: Links;
  /** Makes a link for a device in one of its callbacks. */
  readonly link: (consumer: Device) => LinkToSupplier;
}

/**
 * Brings drivers and devices together and apart. Whoever calls holds the device's lock.
 * Order of steps: linux: drivers/base/dd.c (really_probe, __device_release_driver).
 */
export class Binder {
  readonly #parts: BinderParts;
  #binds = 0;
  /** Whose callback's synchronous part runs now. */
  #inside: Binding | undefined;

  constructor(parts: BinderParts) {
    this.#parts = parts;
  }

  /** Bindings made so far. */
  get binds(): number {
    return this.#binds;
  }

  /** Has `entry`'s driver, which matches, take `device`. */
  async bind(device: Device, entry: DriverEntry): Promise<Outcome> {
    const { gate, links } = this.#parts;
    const bus = (code: 'ENODEV' | 'EBUSY' | 'EPROBE_DEFER', message: string, waitsFor?: string): Outcome => (
      { by: 'bus', error: new AuxBusError(code, message, waitsFor === undefined ? {} : { waitsFor }) }
    );
    if (device.dead || entry.dead) return bus('ENODEV', `${device.dead ? device.name : entry.name} is leaving`);
    if (device.binding) return bus('EBUSY', `${device.name} is bound to ${device.binding.entry.name}`);
    if (gate.blocked) return bus('EPROBE_DEFER', 'probing is blocked', 'probing');
    const missing = links.claim(device);
    if (missing) return bus('EPROBE_DEFER', `supplier ${missing.name} is not ready`, missing.name);
    return await gate.through(() => this.#probe(device, entry));
  }

  async #probe(device: Device, entry: DriverEntry): Promise<Outcome> {
    const { journal } = this.#parts;
    const binding = new Binding(device, entry);
    device.binding = binding;
    journal.notify('BIND_DRIVER', { device, driver: entry.name });
    let powered = false;
    try {
      await device.spec.powerDomain?.attach();
      powered = true;
      const id = matchId(entry.driver.idTable, device.matchName)!;
      binding.state = { value: await this.callback(binding, (core) => entry.driver.probe(core, id)) };
    } catch (thrown) {
      const error = this.#refusal(binding, thrown);
      journal.notify('DRIVER_NOT_BOUND', { device, driver: entry.name, error });
      await this.#cleanUp(binding, powered);
      this.#record(device, entry, error);
      if (!QUIET.has(error.code)) journal.trace.event('aux-bus.probe.failed', { device: device.name, driver: entry.name, code: error.code, message: error.message });
      return { by: 'driver', error };
    }
    binding.phase = 'bound';
    binding.order = this.#binds++;
    this.#record(device, entry);
    journal.notify('BOUND_DRIVER', { device, driver: entry.name });
    return BOUND;
  }

  /** What a failed probe answers. A driver that waits after it has published devices would be woken by them for ever. */
  #refusal({ device, entry, children }: Binding, thrown: unknown): AuxBusError {
    const error = driverError(thrown, `Probe of ${device.name} by ${entry.name} failed`);
    if (error.code !== 'EPROBE_DEFER' || children.ever === 0) return error;
    return new AuxBusError('EINVAL', `${entry.name} defers ${device.name} after it has published devices for it`, { cause: error });
  }

  /** Has the driver let go of the device: what it published and what relies on it first. */
  async release(binding: Binding): Promise<void> {
    const { journal, links } = this.#parts;
    const { device, entry, state } = binding;
    // Nobody begins to rely on it any more.
    binding.phase = 'unbinding';
    await binding.children.unbind();
    for (const consumer of links.unbinding(device)) {
      await consumer.lock.run(`unbind before supplier ${device.name}`, async () => {
        if (consumer.binding) await this.release(consumer.binding);
      });
    }
    journal.notify('UNBIND_DRIVER', { device, driver: entry.name });
    try {
      await this.callback(binding, (core) => entry.driver.remove?.(core, state?.value));
    } catch (error) {
      journal.trace.event('aux-bus.remove.failed', { device: device.name, driver: entry.name, message: messageOf(error) });
    }
    await this.#cleanUp(binding, true);
    journal.notify('UNBOUND_DRIVER', { device, driver: entry.name });
  }

  /** Runs a callback, knowing while its synchronous part runs whose it is. */
  async callback<T>(binding: Binding, call: (core: CoreHandle) => T | Promise<T>): Promise<T> {
    const outer = this.#inside;
    this.#inside = binding;
    const core = new CoreHandle(binding, this.#parts.link(binding.device));
    try {
      let result: T | Promise<T>;
      try {
        result = call(core);
      } finally {
        this.#inside = outer;
      }
      return await result;
    } finally {
      core.close();
    }
  }

  /**
   * Refuses what would wait for itself. Only the part of a callback before its first `await` can be told apart from
   * other code, so a callback that deletes its own device later than that waits forever, as in Linux.
   *
   * @throws {@link AuxBusError} `EDEADLK`.
   */
  refuseInside(what: string, waitsFor: (binding: Binding) => boolean): void {
    // A callback runs inside those of the devices above it.
    for (let at = this.#inside; at; at = at.device.scope.device?.binding) {
      if (waitsFor(at)) throw new AuxBusError('EDEADLK', `${what} from a callback of its own driver`);
    }
  }

  /** Private data goes first, then managed resources last first, then the driver's hold, then power. */
  async #cleanUp(binding: Binding, powered: boolean): Promise<void> {
    const { device } = binding;
    await binding.children.unbind();
    binding.state = undefined;
    binding.revoke();
    try {
      await binding.resources.release();
    } catch (error) {
      this.#releaseFailed(device, error);
    }
    device.binding = undefined;
    try {
      if (powered) await device.spec.powerDomain?.detach();
    } catch (error) {
      this.#releaseFailed(device, error);
    }
    this.#parts.links.unbound(device);
  }

  #releaseFailed(device: Device, error: unknown): void {
    this.#parts.journal.trace.event('aux-bus.release.failed', { device: device.name, message: messageOf(error) });
  }

  #record(device: Device, entry: DriverEntry, error?: AuxBusError): void {
    const attempts = (device.probes.get(entry.name)?.attempts ?? 0) + 1;
    device.probes.set(entry.name, { code: error?.code ?? 'OK', message: error?.message ?? '', attempts });
  }
}
