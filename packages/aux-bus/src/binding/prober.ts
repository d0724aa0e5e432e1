import type { Device } from '../device/device.ts';
import type { DriverEntry } from '../driver.ts';
import type { AuxBusError } from '../errno.ts';
import type { Journal } from '../events/journal.ts';
import { matchId } from '../match.ts';
import type { PowerOrder } from '../power/order.ts';
import type { Binder } from './binder.ts';
import { Deferral, type Waiting } from './deferral.ts';
import type { Gate } from './gate.ts';
import type { Links } from './links.ts';

export interface ProberParts {
  readonly binder: Binder;
  readonly links: Links;
  readonly gate: Gate;
  readonly order: PowerOrder;
  readonly journal: Journal;
  readonly drivers: () => readonly DriverEntry[];
  readonly autoprobe: () => boolean;
}

/** Which driver is tried on which device, and when again. Source: linux: drivers/base/dd.c. */
export class Prober {
  readonly deferral: Deferral;
  readonly #parts: ProberParts;

  constructor(parts: ProberParts) {
    this.#parts = parts;
    this.deferral = new Deferral((device, waiting) => this.#retry(device, waiting));
  }

  /** Tries drivers on an unbound device until one takes it. Held: the device's lock. @returns What stopped it, if it was not a driver. */
  async attach(device: Device, drivers: readonly DriverEntry[]): Promise<AuxBusError | undefined> {
    if (device.binding) return undefined;
    for (const entry of [...drivers]) {
      if (!matchId(entry.driver.idTable, device.matchName)) continue;
      const outcome = await this.tryOne(device, entry);
      if (outcome.by === 'nobody') return undefined;
      if (outcome.by === 'bus') return outcome.error;
    }
    return undefined;
  }

  /** Has one driver, which matches, asked; the device waits if it should. Held: the device's lock. */
  async tryOne(device: Device, entry: DriverEntry): Promise<Awaited<ReturnType<Binder['bind']>>> {
    const { binder, journal } = this.#parts;
    const before = binder.binds;
    const outcome = await binder.bind(device, entry);
    if (outcome.by === 'nobody') {
      this.bound(device);
    } else if (outcome.error.code === 'EPROBE_DEFER' && !device.dead) {
      const { message, waitsFor } = outcome.error;
      this.deferral.add(device, { driver: entry.name, reason: message, waitsFor });
      journal.trace.event('aux-bus.device.deferred', { device: device.name, driver: entry.name, reason: message });
      // Somebody was bound while this probe ran: that may have been what it waits for.
      if (binder.binds !== before) this.wake();
    }
    return outcome;
  }

  /** A device was bound: whoever waits may go on. */
  bound(device: Device): void {
    this.deferral.remove(device);
    for (const consumer of this.#parts.links.bound(device)) {
      if (!consumer.binding && this.#anyMatches(consumer)) this.deferral.add(consumer, { driver: '', reason: `supplier ${device.name} was bound`, waitsFor: device.name });
    }
    this.wake();
  }

  /** Has all that wait tried again. While nothing may be probed they go on waiting. */
  wake(): void {
    if (this.#mayProbe()) this.deferral.trigger();
  }

  async #retry(device: Device, waiting: Waiting): Promise<void> {
    await device.lock.run('probe again', async () => {
      if (device.dead || device.binding) return;
      if (!this.#mayProbe()) {
        this.deferral.add(device, waiting);
        return;
      }
      this.#parts.order.toTail(device);
      await this.attach(device, this.#parts.drivers());
    });
  }

  #mayProbe(): boolean {
    return this.#parts.autoprobe() && !this.#parts.gate.blocked;
  }

  #anyMatches(device: Device): boolean {
    return !device.dead && this.#parts.drivers().some(({ driver }) => matchId(driver.idTable, device.matchName));
  }
}
