import { noTrace, type Trace } from '@nova-stack/trace';
import type { HostClock } from '@nova-stack/timebase';

import { addressOf, routingId } from './address.ts';
import { BAR_COUNT, sizeBars, writeBarAddress, type BarAccess } from './bar.ts';
import { HEADER } from './config-registers.ts';
import type { BarResource, PciAddress, PciDevice } from './device.ts';
import { DmaSpace } from './dma-space.ts';
import { DriverView } from './driver-view.ts';
import { PciError } from './errors.ts';
import { FunctionSlot, type Resources, type Surroundings } from './function-slot.ts';
import type { BarSpec, PciFunction } from './function.ts';
import type { DmaMemory } from './place.ts';
import { BarWindows } from './windows.ts';

/** Virtual time of one register access: what a read over PCI Express takes, about. */
export const DEFAULT_ACCESS_COST = 500;

export interface BusOptions {
  readonly clock: HostClock;
  readonly trace?: Trace;
  /** Virtual time of one register access in nanoseconds; default 500. */
  readonly accessCost?: number;
}

export interface PlugOptions {
  /** Where to plug it in; by default the first free bus number from 1. */
  readonly address?: PciAddress;
}

/** What devices are looked for by; what is left out does not matter. */
export interface DeviceQuery {
  readonly vendor?: number;
  readonly device?: number;
  readonly baseClass?: number;
  readonly subClass?: number;
}

/** A place with a device in it. */
export interface Slot {
  readonly device: PciDevice;
  /** Pulls the device out while it is in use: reads give all ones, writes vanish, DMA and interrupts end. */
  remove(): void;
  /**
   * Exchanges the device object under a live driver: mappings, DMA memory, interrupt handler and the identity of
   * virtual functions stay. For going on with a restored snapshot; `fn` brings its configuration space along.
   */
  replace(fn: PciFunction): void;
}

/** A bus inside this process: device and driver meet without messages. */
export interface PciBus {
  /** Memory that devices reach. */
  readonly memory: DmaSpace;
  /**
   * Plugs a function in and gives its BARs addresses, as a BIOS does: 32-bit BARs below 4 GiB, 64-bit ones above.
   *
   * @throws {@link PciError} `BUSY`, `NO_MEMORY`, `BAD_SPEC`.
   */
  plug(fn: PciFunction, options?: PlugOptions): Slot;
  /** All functions, virtual ones too, in order of address. */
  devices(): readonly PciDevice[];
  find(query: DeviceQuery): readonly PciDevice[];
}

class InProcessBus implements PciBus {
  readonly memory: DmaSpace = new DmaSpace();
  readonly #lent: DmaMemory = {
    room: (window, size, align) => this.memory.room(window, size, align),
    allocate: (address, size) => this.memory.map(address, new Uint8Array(size)).bytes,
    map: (address, bytes) => this.memory.map(address, bytes).bytes,
    unmap: (address) => { this.memory.unmap(address); },
  };
  readonly #windows = new BarWindows();
  readonly #slots: FunctionSlot[] = [];
  readonly #devices = new WeakMap<FunctionSlot, PciDevice>();
  readonly #around: Surroundings;

  constructor({ clock, trace = noTrace, accessCost = DEFAULT_ACCESS_COST }: BusOptions) {
    if (!Number.isSafeInteger(accessCost) || accessCost < 0) throw new PciError('BAD_VALUE', `accessCost is ${accessCost}: expected nanoseconds, 0 or more`);
    this.#around = {
      clock, trace, accessCost, memory: this.memory,
      peerToPeer: (request, from) => this.#functions().some((slot) => slot !== from && slot.route(request) === true),
    };
  }

  plug(fn: PciFunction, { address }: PlugOptions = {}): Slot {
    const span = busSpan(fn);
    const place = address ?? addressOf(0, this.#freeBus(span) << 8);
    if (this.#functions().some((slot) => slot.address.segment === place.segment && routingId(slot.address) === routingId(place))) {
      throw new PciError('BUSY', `There is a device already at bus ${place.bus}, device ${place.device}, function ${place.function}`);
    }
    const slot = new FunctionSlot(this.#around, fn, place, this.#assign(fn));
    this.#slots.push(slot);
    this.#slots.sort((a, b) => a.address.segment - b.address.segment || routingId(a.address) - routingId(b.address));
    const { config } = fn;
    this.#around.trace.event('pci.slot.plugged', {
      device: slot.name, vendor: config.read(HEADER.vendor, 2), id: config.read(HEADER.device, 2),
      class: (config.read(HEADER.baseClass, 1) << 8) | config.read(HEADER.subClass, 1), bars: slot.resources.length,
    });
    return {
      device: this.#deviceOf(slot),
      remove: () => this.#remove(slot),
      replace: (other) => this.#replace(slot, other),
    };
  }

  devices(): readonly PciDevice[] {
    return this.#functions().map((slot) => this.#deviceOf(slot));
  }

  find(query: DeviceQuery): readonly PciDevice[] {
    return this.#functions().filter((slot) => matches(slot, query)).map((slot) => this.#deviceOf(slot));
  }

  #functions(): FunctionSlot[] {
    return this.#slots.flatMap((slot) => [slot, ...slot.virtualFunctions]);
  }

  #deviceOf(slot: FunctionSlot): PciDevice {
    let device = this.#devices.get(slot);
    if (!device) {
      const { virtual } = slot;
      const of = virtual && { physical: this.#deviceOf(virtual.physical), index: virtual.index };
      this.#devices.set(slot, (device = new DriverView(slot, this.#lent, () => slot.virtualFunctions.map((one) => this.#deviceOf(one)), of)));
    }
    return device;
  }

  #remove(slot: FunctionSlot): void {
    if (!slot.present) return;
    slot.remove();
    this.#slots.splice(this.#slots.indexOf(slot), 1);
    this.#windows.release(slot.resources);
    this.#around.trace.event('pci.slot.removed', { device: slot.name });
  }

  #replace(slot: FunctionSlot, fn: PciFunction): void {
    if (!slot.present) throw new PciError('NO_DEVICE', `${slot.name} has left the bus`);
    const same = fn.bars.length === slot.fn.bars.length && fn.bars.every((bar, i) => {
      const old = slot.fn.bars[i]!;
      return bar.index === old.index && bar.kind === old.kind && bar.size === old.size;
    });
    if (!same) throw new PciError('BAD_SPEC', `The device for ${slot.name} has other BARs than the one before it`);
    slot.replace(fn);
    this.#around.trace.event('pci.slot.replaced', { device: slot.name });
  }

  /** Sizes the BARs and gives them addresses. */
  #assign(fn: PciFunction): Resources {
    const own: BarResource[] = [];
    const { config } = fn;
    const assign = (registers: BarAccess, specs: readonly BarSpec[], count: number): BarResource[] => specs.map((spec) => {
      const start = this.#windows.assign(own, spec, count);
      writeBarAddress(registers, spec, start);
      return { ...spec, start };
    });
    try {
      const found = sizeBars(config.barRegisters);
      if (found.length !== fn.bars.length) throw new PciError('BAD_SPEC', `Configuration space shows ${found.length} BARs, the device says ${fn.bars.length}`);
      own.push(...assign(config.barRegisters, found, 1));
      const vfs = config.vfBarRegisters;
      const virtual = vfs ? assign(vfs, sizeBars(vfs, BAR_COUNT), config.sriov!.totalVfs) : [];
      return { own, virtual };
    } catch (error) {
      this.#windows.release(own);
      throw error;
    }
  }

  #freeBus(span: number): number {
    for (let bus = 1; bus + span <= 256; bus++) {
      const clash = this.#slots.some(({ address, fn }) => address.segment === 0 && address.bus < bus + span && bus < address.bus + busSpan(fn));
      if (!clash) return bus;
    }
    throw new PciError('NO_MEMORY', 'All 255 bus numbers are taken');
  }
}

/** Bus numbers that a function takes with all virtual functions that it can have. */
function busSpan(fn: PciFunction): number {
  const sriov = fn.config.sriov;
  return sriov ? ((sriov.firstVfOffset + (sriov.totalVfs - 1) * sriov.vfStride) >>> 8) + 1 : 1;
}

function matches(slot: FunctionSlot, { vendor, device, baseClass, subClass }: DeviceQuery): boolean {
  const { config } = slot.fn;
  const physical = slot.virtual?.physical.fn.config;
  // A virtual function's own ids read all ones; it goes by its physical function's.
  const ids = physical ? { vendor: physical.read(HEADER.vendor, 2), device: physical.sriov!.vfDevice } : { vendor: config.read(HEADER.vendor, 2), device: config.read(HEADER.device, 2) };
  return (vendor === undefined || vendor === ids.vendor)
    && (device === undefined || device === ids.device)
    && (baseClass === undefined || baseClass === config.read(HEADER.baseClass, 1))
    && (subClass === undefined || subClass === config.read(HEADER.subClass, 1));
}

/** Creates an empty bus. */
export function createBus(options: BusOptions): PciBus {
  return new InProcessBus(options);
}
