import type { Binder } from './binding/binder.ts';
import type { Links } from './binding/links.ts';
import type { Prober } from './binding/prober.ts';
import type { Device, DeviceHome } from './device/device.ts';
import type { DriverEntry } from './driver.ts';
import { AuxBusError } from './errno.ts';
import type { Journal } from './events/journal.ts';
import { matchId } from './match.ts';
import type { PowerOrder } from './power/order.ts';
import type { Registry } from './registry.ts';

export interface MembersParts {
  readonly registry: Registry;
  readonly binder: Binder;
  readonly prober: Prober;
  readonly links: Links;
  readonly order: PowerOrder;
  readonly journal: Journal;
  readonly autoprobe: () => boolean;
}

/** How devices and drivers come to the bus and leave it. */
export class Members implements DeviceHome {
  readonly #parts: MembersParts;

  constructor(parts: MembersParts) {
    this.#parts = parts;
  }

  /** It exists from now on, until it is released. */
  initialized(device: Device): void {
    this.#parts.registry.unreleased.add(device);
  }

  released(device: Device): void {
    this.#parts.registry.unreleased.delete(device);
  }

  /** Source: linux: drivers/base/core.c (device_add). */
  async enter(device: Device): Promise<void> {
    const { registry, prober, order, journal } = this.#parts;
    this.#allocate('aux-bus.add', { device: device.name });
    if (device.scope.device?.dead === true) throw new AuxBusError('ENODEV', `Cannot publish ${device.name}: ${device.parent} is leaving`);
    registry.addDevice(device);
    try {
      device.scope.adopt(device);
    } catch (error) {
      registry.devices.pop();
      throw error;
    }
    // The bus's list refers to it from now on, the parent's from the end of its first probe.
    const putBus = (device.listed = device.get());
    device.holdParent();
    if ((device.above?.depth ?? 0) > 0) journal.trace.event('aux-bus.child.late', { device: device.name, parent: device.parent });
    order.add(device);
    journal.notify('ADD_DEVICE', { device });
    if (this.#parts.autoprobe()) await device.lock.run('first probe of', () => prober.attach(device, registry.drivers));
    if (device.dead) return;
    device.scope.settle(device);
    const putChild = device.get();
    device.listed = () => {
      putChild();
      putBus();
    };
  }

  /** Source: linux: drivers/base/core.c (device_del). */
  async leave(device: Device): Promise<void> {
    const { registry, prober, binder, order, links, journal } = this.#parts;
    binder.refuseInside(`Cannot delete ${device.name}`, (binding) => binding === device.binding);
    // From now on no new probe; one that runs comes to its end first.
    device.dead = true;
    prober.deferral.remove(device);
    await device.lock.run('delete', async () => {
      journal.notify('DEL_DEVICE', { device });
      device.scope.unsettle(device);
      registry.hideDevice(device);
      if (device.binding) await binder.release(device.binding);
      order.remove(device);
      links.drop(device);
      device.dropEndpoint();
      journal.notify('REMOVED_DEVICE', { device });
      registry.removeDevice(device);
    });
    device.scope.disown(device);
    device.putParent();
    device.listed?.();
  }

  /** Source: linux: drivers/base/bus.c (bus_add_driver). */
  async register(entry: DriverEntry): Promise<void> {
    const { registry, prober, journal } = this.#parts;
    this.#allocate('aux-bus.register', { driver: entry.name });
    registry.addDriver(entry);
    if (this.#parts.autoprobe()) {
      for (const device of [...registry.devices]) {
        if (!matchId(entry.driver.idTable, device.matchName)) continue;
        await device.lock.run(`probe by ${entry.name} of`, async () => {
          if (!device.binding) await prober.tryOne(device, entry);
        });
      }
    }
    // It may have been unregistered meanwhile.
    entry.byHand = !entry.dead;
    if (entry.byHand) journal.driverUevent('add', entry.name);
  }

  /** Source: linux: drivers/base/bus.c (bus_remove_driver). */
  async unregister(entry: DriverEntry): Promise<void> {
    const { registry, binder, journal } = this.#parts;
    binder.refuseInside(`Cannot unregister ${entry.name}`, (binding) => binding.entry === entry);
    if (entry.dead) throw new AuxBusError('EINVAL', `${entry.name} was unregistered before`);
    entry.dead = true;
    registry.hideDriver(entry);
    for (let device = registry.lastHeldBy(entry); device; device = registry.lastHeldBy(entry)) {
      const one = device;
      await one.lock.run(`unbind from leaving ${entry.name} of`, async () => {
        if (one.binding?.entry === entry) await binder.release(one.binding);
      });
    }
    if (entry.byHand) journal.driverUevent('remove', entry.name);
    entry.byHand = false;
    registry.removeDriver(entry);
  }

  /** Memory for a name, which a fault plan may refuse. */
  #allocate(point: string, what: Readonly<Record<string, string>>): void {
    if (this.#parts.journal.trace.fault(point)) throw new AuxBusError('ENOMEM', `No memory: ${Object.values(what).join()}`);
  }
}
