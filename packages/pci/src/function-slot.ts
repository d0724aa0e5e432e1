import type { HostClock } from '@nova-stack/timebase';
import type { Trace } from '@nova-stack/trace';

import { addressOf, formatAddress, routingId } from './address.ts';
import type { BarMapping, BarResource, PciAddress, RedirectTarget } from './device.ts';
import { MappedBar } from './bar-mapping.ts';
import type { DmaJob, DmaRequest } from './dma.ts';
import type { DmaSpace } from './dma-space.ts';
import { PciError } from './errors.ts';
import { barAddress } from './bar.ts';
import { HEADER } from './config-registers.ts';
import { checkConfigAccess } from './config-space.ts';
import type { AccessSize, DeviceHost, PciFunction } from './function.ts';
import { InterruptLine } from './interrupt-line.ts';
import { JobRunner } from './jobs.ts';
import type { FunctionPlace, MessageTarget } from './place.ts';

/** Address and data of the message: the x86 local interrupt controller, any vector. */
const MESSAGE = { address: 0xfee0_0000, data: 0x4021 } as const;

/** In the status register: the line is asserted. */
const INTERRUPT_STATUS = 0x08;

/** A device may take this long to come back from a function-level reset, and virtual functions to appear (PCI Express Base, 6.6.2 and 9.3.3.3.1). */
const SETTLE = 100_000_000;

/** What a slot needs of its bus. */
export interface Surroundings {
  readonly clock: HostClock;
  readonly trace: Trace;
  /** Virtual time of one register access, in nanoseconds. */
  readonly accessCost: number;
  readonly memory: DmaSpace;
  /** Tries to hand a request to the BARs of another function. */
  peerToPeer(request: DmaRequest, from: FunctionSlot): boolean;
}

/** Which virtual function of which physical one. */
export interface VirtualPlace {
  readonly physical: FunctionSlot;
  readonly index: number;
}

/** Where the bus placed a function's BARs, and those of its virtual functions. */
export interface Resources {
  readonly own: readonly BarResource[];
  readonly virtual: readonly BarResource[];
}

/** One function in its place: carries out accesses, routes DMA, keeps what follows from configuration space current. */
export class FunctionSlot implements FunctionPlace {
  readonly address: PciAddress;
  readonly name: string;
  readonly resources: readonly BarResource[];
  /** BARs of virtual function 0; those of the others follow side by side. */
  readonly virtualResources: readonly BarResource[];
  readonly virtual: VirtualPlace | undefined;
  readonly interrupts: InterruptLine;
  present: boolean = true;
  readonly #around: Surroundings;
  readonly #jobs: JobRunner;
  readonly #mappings = new Set<MappedBar>();
  #fn: PciFunction;
  #leave: (() => void)[] = [];
  #virtualFunctions: FunctionSlot[] = [];
  /** BARs that are decoded now. */
  #decoded: readonly BarResource[] = [];
  #mayMaster = false;
  /** The level of the device's INTx line. Drivers here use messages; they see the line in the status register only. */
  #line = false;
  #target: RedirectTarget | undefined;

  constructor(around: Surroundings, fn: PciFunction, address: PciAddress, resources: Resources, virtual?: VirtualPlace) {
    this.#around = around;
    this.#fn = fn;
    this.address = address;
    this.name = formatAddress(address);
    this.resources = resources.own;
    this.virtualResources = resources.virtual;
    this.virtual = virtual;
    this.interrupts = new InterruptLine(around.clock, around.trace, this.name);
    // Jobs of one device run one after the other, whichever of its functions starts them.
    this.#jobs = virtual ? virtual.physical.#jobs : new JobRunner();
    this.#plug();
  }

  get fn(): PciFunction {
    return this.#fn;
  }

  get numVfs(): number {
    return this.#virtualFunctions.length;
  }

  /** @throws {@link PciError} `BUSY` while another handler listens. */
  listen(handler: () => void): MessageTarget {
    return { ...MESSAGE, disconnect: this.interrupts.connect(handler) };
  }

  settle(): void {
    this.#around.clock.spend(SETTLE);
  }

  /** The virtual functions in their places, in order. */
  get virtualFunctions(): readonly FunctionSlot[] {
    return this.#virtualFunctions;
  }

  redirect(target: RedirectTarget | undefined): void {
    this.#target = target;
  }

  readConfig(offset: number, size: AccessSize): number {
    checkConfigAccess(offset, size);
    this.#around.clock.spend(this.#around.accessCost);
    if (!this.present) return size === 4 ? 0xffff_ffff : size === 2 ? 0xffff : 0xff;
    const value = this.#fn.config.read(offset, size);
    // The status register shows the line (PCI Local Bus 3.0, 6.2.3).
    const shift = 8 * (HEADER.status - offset);
    return this.#line && shift >= 0 && shift < 8 * size ? (value | (INTERRUPT_STATUS << shift)) >>> 0 : value;
  }

  writeConfig(offset: number, size: AccessSize, value: number): void {
    checkConfigAccess(offset, size);
    this.#around.clock.spend(this.#around.accessCost);
    if (this.present && this.#fn.config.write(offset, size, value) === 'flr') {
      this.#around.trace.event('pci.function.reset', { device: this.name });
      this.#fn.config.reset();
      this.#line = false;
      this.#fn.reset('flr');
    }
  }

  /** @throws {@link PciError} `NO_DEVICE`, `NO_BAR`, `DECODE_OFF`. */
  mapBar(index: number): BarMapping {
    if (!this.present) throw new PciError('NO_DEVICE', `${this.name} has left the bus`);
    const bar = this.resources.find((one) => one.index === index);
    if (!bar || bar.kind === 'io') throw new PciError('NO_BAR', `${this.name} has no memory BAR ${index}`);
    if (!this.#decoded.includes(bar)) throw new PciError('DECODE_OFF', `Cannot map BAR ${index} of ${this.name}: memory decoding is off`);
    const { clock, accessCost } = this.#around;
    const mapping = new MappedBar({ name: this.name, bar: index, size: bar.size, start: bar.start }, this.#fn, clock, accessCost, (one) => void this.#mappings.delete(one));
    this.#mappings.add(mapping);
    return mapping;
  }

  /** Hands `request` to one of this function's BARs; undefined when it aims at none. */
  route(request: DmaRequest): boolean | undefined {
    const { address } = request;
    const bytes = request.op === 'read' ? request.into : request.from;
    for (const { index, start, size } of this.#decoded) {
      if (address + bytes.length <= start || address >= start + size) continue;
      if (address < start || address + bytes.length > start + size) return false;
      if (request.op === 'read') this.#fn.readBlock(index, address - start, bytes);
      else this.#fn.writeBlock(index, address - start, bytes);
      return true;
    }
    return undefined;
  }

  /** The device is pulled out while in use. */
  remove(): void {
    this.present = false;
    this.interrupts.gone();
    for (const leave of this.#leave.splice(0).reverse()) leave();
    this.refresh();
  }

  /** Exchanges the device object under everything that is mapped, registered or under way. */
  replace(fn: PciFunction): void {
    for (const leave of this.#leave.splice(0).reverse()) leave();
    this.#fn = fn;
    this.#line = false;
    for (const mapping of this.#mappings) mapping.fn = fn;
    this.#plug();
  }

  /** Works out anew what configuration space says. */
  refresh(): void {
    const { config } = this.#fn;
    const alive = this.present && (this.virtual?.physical.present ?? true) && config.powered;
    this.#decoded = alive ? this.resources.filter((bar) => this.#decodes(bar)) : [];
    this.#mayMaster = alive && config.busMaster;
    this.interrupts.update(alive && config.msiEnabled, this.#mayMaster);
    for (const mapping of this.#mappings) mapping.live = this.#decoded.some(({ index }) => index === mapping.state.bar);
    if (!this.virtual) this.#refreshVirtual();
  }

  #plug(): void {
    const { clock } = this.#around;
    const fn = this.#fn;
    const mine = (): boolean => this.#fn === fn && this.present;
    const host: DeviceHost = {
      now: () => clock.now(),
      start: (job) => {
        if (!mine()) return;
        if (this.#target) this.#target.start(this.#mastered(job));
        else this.#jobs.start(job, (request) => this.#perform(request));
      },
      interrupt: (vector) => {
        if (!mine()) return;
        if (!this.#target) this.interrupts.send(vector);
        else if (this.#mayMaster) this.#target.interrupt(vector);
      },
      line: (asserted) => {
        if (mine()) this.#line = asserted;
      },
    };
    this.#leave.push(fn.config.onChange(() => this.refresh()));
    // A device's timers are those of its physical function, which covers its virtual ones.
    if (!this.virtual) this.#leave.push(clock.attach({ nextDue: () => fn.nextDue(), runDue: (now) => fn.runDue(now) }));
    fn.plug(host);
    this.refresh();
  }

  /** A job whose requests end here while the function may not be bus master, wherever they would go. */
  *#mastered(job: DmaJob): DmaJob {
    try {
      for (let step = job.next(); step.done !== true;) step = job.next(this.#mayMaster ? yield step.value : false);
    } finally {
      job.return(undefined);
    }
  }

  #perform(request: DmaRequest): boolean {
    const why = this.#carryOut(request);
    if (why === undefined) return true;
    const size = (request.op === 'read' ? request.into : request.from).length;
    this.#around.trace.event('pci.dma.error', { device: this.name, op: request.op, address: request.address, size, why });
    return false;
  }

  /** Why the request failed, or undefined. */
  #carryOut(request: DmaRequest): string | undefined {
    if (!this.#mayMaster) return this.present ? 'bus mastering is off' : 'the device has left the bus';
    if (!Number.isSafeInteger(request.address) || request.address < 0) return 'no such address';
    if (this.#around.trace.fault('pci.dma.request')?.action === 'fail') return 'injected';
    const routed = this.route(request);
    if (routed === true) return undefined;
    if (routed === false) return 'it leaves the BAR';
    return this.#around.memory.perform(request) || this.#around.peerToPeer(request, this) ? undefined : 'nothing is mapped there';
  }

  #decodes({ index, kind, start, size }: BarResource): boolean {
    if (this.virtual) {
      const { physical, index: number } = this.virtual;
      const { config } = physical.#fn;
      const registers = config.vfBarRegisters;
      return config.sriov?.memory === true && registers !== undefined && barAddress(registers, { index, kind }) + number * size === start;
    }
    const { config } = this.#fn;
    return kind !== 'io' && config.memoryEnabled && config.barAddress(index) === start;
  }

  /** Lets virtual functions come and go with VF Enable, and follow their physical function. */
  #refreshVirtual(): void {
    const wanted = this.present ? (this.#fn.config.sriov?.enabledVfs ?? 0) : 0;
    const have = this.#virtualFunctions;
    if (wanted === 0 && have.length === 0) return;
    const functions = wanted === 0 ? [] : (this.#fn.virtualFunctions?.() ?? []);
    if (functions.length !== wanted) throw new PciError('DEVICE_FAULT', `${this.name} has ${functions.length} virtual functions: configuration space says ${wanted}`);
    if (wanted === have.length) {
      have.forEach((slot, index) => slot.fn === functions[index] ? slot.refresh() : slot.replace(functions[index]!));
      return;
    }
    this.#virtualFunctions = [];
    for (const slot of have) slot.remove();
    this.#virtualFunctions = functions.map((fn, index) => this.#makeVirtual(fn, index));
    const first = this.#virtualFunctions[0]?.name;
    if (first !== undefined) this.#around.trace.event('pci.sriov.enabled', { device: this.name, count: wanted, first });
    else if (this.present) this.#around.trace.event('pci.sriov.disabled', { device: this.name });
  }

  #makeVirtual(fn: PciFunction, index: number): FunctionSlot {
    const { config } = this.#fn;
    const { firstVfOffset, vfStride } = config.sriov!;
    const address = addressOf(this.address.segment, routingId(this.address) + firstVfOffset + index * vfStride);
    const resources = this.virtualResources.map((bar) => ({ ...bar, start: bar.start + index * bar.size }));
    return new FunctionSlot(this.#around, fn, address, { own: resources, virtual: [] }, { physical: this, index });
  }
}
