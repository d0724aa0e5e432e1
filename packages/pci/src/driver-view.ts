import type { BarMapping, BarResource, DmaAllocOptions, DmaBuffer, PciAddress, PciDevice, RedirectTarget, SriovView, VirtualFunctionOf } from './device.ts';
import { CAPABILITY, COMMAND, CONFIG_SIZE, EXTENDED_START, HEADER, MSI, PCIE, PCIE_FLR_CAPABLE, PCIE_START_FLR, SRIOV, SRIOV_CONTROL } from './config-registers.ts';
import { PciError } from './errors.ts';
import type { DmaMemory, FunctionPlace } from './place.ts';
import { Publications, type PublicationKey } from './publication.ts';
import { memoryWindows } from './windows.ts';

/** DMA addresses that a driver may use before it says otherwise, as in Linux. */
const DEFAULT_DMA_BITS = 32;

/** In the MSI control register: addresses of 64 bits, and how many vectors are on; and where the data is without the former. */
const MSI_64 = 0x80;
const MSI_VECTORS = 0x70;
const MSI_DATA_32 = 8;

/** More entries than any list of capabilities can have. */
const MAX_CAPABILITIES = 48;
const MAX_EXTENDED = (CONFIG_SIZE - EXTENDED_START) / 8;

/** A function as its driver sees it. */
export class DriverView implements PciDevice {
  readonly #place: FunctionPlace;
  readonly #memory: DmaMemory;
  readonly #virtualFunctions: () => readonly PciDevice[];
  readonly #dma = new Map<DmaBuffer, { readonly address: number; readonly size: number; readonly label: string }>();
  readonly virtual: VirtualFunctionOf | undefined;
  readonly #publications: Publications;
  #dmaBits = DEFAULT_DMA_BITS;

  /**
   * @param virtualFunctions - those that can be driven from here, in order
   * @param virtual - of a virtual function: which one it is of whose
   */
  constructor(place: FunctionPlace, memory: DmaMemory, virtualFunctions: () => readonly PciDevice[] = (): readonly PciDevice[] => [], virtual?: VirtualFunctionOf) {
    this.#place = place;
    this.#memory = memory;
    this.#virtualFunctions = virtualFunctions;
    this.virtual = virtual;
    this.#publications = new Publications(place.name);
  }

  get address(): PciAddress {
    return this.#place.address;
  }

  get name(): string {
    return this.#place.name;
  }

  get present(): boolean {
    return this.#place.present;
  }

  get resources(): readonly BarResource[] {
    return this.#place.resources;
  }

  readConfig(offset: number, size: 1 | 2 | 4): number {
    return this.#place.readConfig(offset, size);
  }

  writeConfig(offset: number, size: 1 | 2 | 4, value: number): void {
    this.#place.writeConfig(offset, size, value);
  }

  findCapability(id: number): number | undefined {
    let at = this.readConfig(HEADER.capabilities, 1) & 0xfc;
    for (let i = 0; i < MAX_CAPABILITIES && at >= 0x40; i++) {
      const header = this.readConfig(at, 2);
      if (header === 0xffff) return undefined;
      if ((header & 0xff) === id) return at;
      at = (header >>> 8) & 0xfc;
    }
    return undefined;
  }

  findExtendedCapability(id: number): number | undefined {
    let at = EXTENDED_START;
    for (let i = 0; i < MAX_EXTENDED && at >= EXTENDED_START; i++) {
      const header = this.readConfig(at, 4);
      if (header === 0 || header === 0xffff_ffff) return undefined;
      if ((header & 0xffff) === id) return at;
      at = (header >>> 20) & 0xffc;
    }
    return undefined;
  }

  enable(): void {
    this.#command(COMMAND.memory, true);
  }

  disable(): void {
    this.#command(COMMAND.memory, false);
  }

  setBusMaster(on: boolean): void {
    this.#command(COMMAND.busMaster, on);
  }

  mapBar(index: number): BarMapping {
    return this.#place.mapBar(index);
  }

  setDmaMask(bits: number): void {
    if (!Number.isInteger(bits) || bits < 24 || bits > 64) throw new PciError('BAD_VALUE', `DMA mask has ${bits} bits: expected 24 to 64`);
    this.#dmaBits = bits;
  }

  allocDma(size: number, options: DmaAllocOptions): DmaBuffer {
    if (!Number.isSafeInteger(size) || size < 1) throw new PciError('OUT_OF_RANGE', `Cannot allocate ${size} bytes for ${options.label}: expected at least one`);
    const address = this.#room(size, options);
    let bytes: Uint8Array;
    try {
      bytes = this.#memory.allocate(address, size);
    } catch (cause) {
      if (cause instanceof PciError) throw cause;
      throw new PciError('NO_MEMORY', `Cannot allocate ${size} bytes for ${options.label}`, { cause });
    }
    return this.#buffer(address, bytes, options);
  }

  mapDma(bytes: Uint8Array, options: DmaAllocOptions): DmaBuffer {
    const address = this.#room(bytes.length, options);
    return this.#buffer(address, this.#memory.map(address, bytes), options);
  }

  dmaInUse(): readonly { readonly address: number; readonly size: number; readonly label: string }[] {
    return [...this.#dma.values()];
  }

  enableInterrupts(handler: () => void): { disable(): void } {
    const at = this.findCapability(CAPABILITY.msi);
    if (at === undefined) throw new PciError('NO_CAPABILITY', `${this.name} has no message interrupts`);
    const { address, data, disconnect } = this.#place.listen(handler);
    const control = this.readConfig(at + MSI.control, 2);
    const wide = (control & MSI_64) !== 0;
    this.writeConfig(at + MSI.addressLow, 4, address % 2 ** 32);
    if (wide) this.writeConfig(at + MSI.addressHigh, 4, Math.floor(address / 2 ** 32));
    this.writeConfig(at + (wide ? MSI.data : MSI_DATA_32), 2, data);
    // One vector, whatever more the device could send.
    this.writeConfig(at + MSI.control, 2, (control & ~MSI_VECTORS) | 1);
    this.#command(COMMAND.interruptDisable, true);
    let enabled = true;
    return {
      disable: () => {
        if (!enabled) return;
        enabled = false;
        this.writeConfig(at + MSI.control, 2, control & ~1);
        this.#command(COMMAND.interruptDisable, false);
        disconnect();
      },
    };
  }

  reset(): void {
    const at = this.findCapability(CAPABILITY.pcie);
    const ownWay = this.#place.reset;
    if (!ownWay && (at === undefined || (this.readConfig(at + PCIE.deviceCapabilities, 4) & PCIE_FLR_CAPABLE) === 0)) {
      throw new PciError('NO_CAPABILITY', `${this.name} has no function-level reset`);
    }
    const saved: number[] = [];
    for (let offset = 0; offset < CONFIG_SIZE; offset += 4) saved.push(this.readConfig(offset, 4));
    if (ownWay) ownWay();
    else this.writeConfig(at! + PCIE.deviceControl, 2, PCIE_START_FLR);
    this.#place.settle();
    // What switches something on comes last: VF Enable locks NumVFs, decoding wants addresses.
    const sriov = this.findExtendedCapability(0x10);
    const last = [...(sriov === undefined ? [] : [sriov + SRIOV.control]), HEADER.command];
    for (let offset = 0; offset < CONFIG_SIZE; offset += 4) if (!last.includes(offset)) this.#putBack(offset, saved);
    for (const offset of last) this.#putBack(offset, saved);
  }

  get sriov(): SriovView | undefined {
    const at = this.findExtendedCapability(0x10);
    if (at === undefined) return undefined;
    const word = (offset: number): number => this.readConfig(at + offset, 2);
    return {
      totalVfs: word(SRIOV.totalVfs),
      firstVfOffset: word(SRIOV.firstVfOffset),
      vfStride: word(SRIOV.vfStride),
      vfResources: this.#place.virtualResources,
      numVfs: this.#place.numVfs,
      setNumVfs: (count) => this.#setNumVfs(at, count),
      virtualFunctions: this.#virtualFunctions(),
    };
  }

  publish<T>(key: PublicationKey<T>, value: T): () => void {
    return this.#publications.publish(key, value);
  }

  published<T>(key: PublicationKey<T>): T {
    return this.#publications.open(key);
  }

  redirect(target: RedirectTarget | undefined): void {
    if (!this.#place.redirect) throw new PciError('NO_REDIRECTION', `${this.name} is in another process, where its memory requests go`);
    this.#place.redirect(target);
  }

  #setNumVfs(at: number, count: number): void {
    const total = this.readConfig(at + SRIOV.totalVfs, 2);
    if (!Number.isInteger(count) || count < 0 || count > total) throw new PciError('OUT_OF_RANGE', `${this.name} cannot have ${count} virtual functions: expected 0 to ${total}`);
    const have = this.#place.numVfs;
    if (count === have) return;
    if (count > 0 && have > 0) throw new PciError('BUSY', `${this.name} has ${have} virtual functions already`);
    const control = this.readConfig(at + SRIOV.control, 2) & ~(SRIOV_CONTROL.vfEnable | SRIOV_CONTROL.memory);
    if (count === 0) {
      this.writeConfig(at + SRIOV.control, 2, control);
      this.writeConfig(at + SRIOV.numVfs, 2, 0);
      return;
    }
    this.writeConfig(at + SRIOV.numVfs, 2, count);
    this.writeConfig(at + SRIOV.control, 2, control | SRIOV_CONTROL.vfEnable | SRIOV_CONTROL.memory);
    this.#place.settle();
  }

  #command(bit: number, on: boolean): void {
    const command = this.readConfig(HEADER.command, 2);
    this.writeConfig(HEADER.command, 2, on ? command | bit : command & ~bit);
  }

  #putBack(offset: number, saved: readonly number[]): void {
    const value = saved[offset / 4]!;
    // The upper half of the first dwords is a status register, in which ones clear.
    if (this.readConfig(offset, 4) === value) return;
    if (offset === HEADER.command) this.writeConfig(offset, 2, value & 0xffff);
    else this.writeConfig(offset, 4, value);
  }

  #room(size: number, { align, label }: DmaAllocOptions): number {
    for (const window of memoryWindows(this.#dmaBits)) {
      const address = this.#memory.room(window, size, align);
      if (address !== undefined) return address;
    }
    throw new PciError('NO_MEMORY', `No room for ${size} bytes below 2^${this.#dmaBits} for ${label}`);
  }

  #buffer(address: number, bytes: Uint8Array, { label }: DmaAllocOptions): DmaBuffer {
    const buffer: DmaBuffer = {
      address,
      bytes,
      free: () => {
        if (!this.#dma.delete(buffer)) throw new PciError('FREED', `${label} at 0x${address.toString(16)} was given back before`);
        this.#memory.unmap(address);
      },
    };
    this.#dma.set(buffer, { address, size: bytes.length, label });
    return buffer;
  }
}
