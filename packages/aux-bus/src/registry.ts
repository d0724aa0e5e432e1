import type { Device } from './device/device.ts';
import type { DriverEntry } from './driver.ts';
import { AuxBusError } from './errno.ts';

/** What a name written into a file of the bus means: one line end is not part of it (linux: lib/string_helpers.c, sysfs_streq). */
const written = (name: string): string => (name.endsWith('\n') ? name.slice(0, -1) : name);

/** Which devices and drivers are on the bus. */
export class Registry {
  /** On the bus, in the order in which they were added. */
  readonly devices: Device[] = [];
  /** Off the bus, their drivers letting go. */
  readonly leaving: Set<Device> = new Set<Device>();
  /** Initialised, and somebody still refers to them: on the bus or not. */
  readonly unreleased: Set<Device> = new Set<Device>();
  /** In the order in which they were registered. */
  readonly drivers: DriverEntry[] = [];
  /** Names of drivers, also of those that are letting go. */
  readonly #driverNames = new Set<string>();

  /** @throws {@link AuxBusError} `EEXIST`: a name is free again when its device is gone altogether. */
  addDevice(device: Device): void {
    if ([...this.devices, ...this.leaving].some(({ name }) => name === device.name)) throw new AuxBusError('EEXIST', `There is a device ${device.name} already`);
    this.devices.push(device);
  }

  /** Not to be found any more while its driver lets go. */
  hideDevice(device: Device): void {
    this.devices.splice(this.devices.indexOf(device), 1);
    this.leaving.add(device);
  }

  removeDevice(device: Device): void {
    this.leaving.delete(device);
  }

  /** @throws {@link AuxBusError} `EBUSY`. */
  addDriver(entry: DriverEntry): void {
    if (this.#driverNames.has(entry.name)) throw new AuxBusError('EBUSY', `There is a driver ${entry.name} already`);
    this.#driverNames.add(entry.name);
    this.drivers.push(entry);
  }

  /** No device is offered to it any more. */
  hideDriver(entry: DriverEntry): void {
    this.drivers.splice(this.drivers.indexOf(entry), 1);
  }

  removeDriver(entry: DriverEntry): void {
    this.#driverNames.delete(entry.name);
  }

  /** The device that a driver bound last; one that it probes now counts as bound after all others. */
  lastHeldBy(entry: DriverEntry): Device | undefined {
    let last: Device | undefined;
    for (const device of [...this.devices, ...this.leaving]) {
      if (device.binding?.entry === entry && (!last || device.binding.order > last.binding!.order)) last = device;
    }
    return last;
  }

  /** @throws {@link AuxBusError} `ENODEV`. */
  device(name: string): Device {
    const device = this.devices.find((one) => one.name === written(name));
    if (!device) throw new AuxBusError('ENODEV', `There is no device ${written(name)}`);
    return device;
  }

  /** @throws {@link AuxBusError} `ENOENT`. */
  driver(name: string): DriverEntry {
    const entry = this.drivers.find((one) => one.name === name);
    if (!entry) throw new AuxBusError('ENOENT', `There is no driver ${name}`);
    return entry;
  }
}
