import { barAddress, barRegisters, type BarAccess } from './bar.ts';
import type { Capability, ExtendedCapability } from './capabilities.ts';
import {
  CAPABILITY, COMMAND, CONFIG_SIZE, EXTENDED_CAPABILITY, EXTENDED_START, HEADER, MSI, PCIE, PCIE_FLR_CAPABLE,
  PCIE_START_FLR, PM, SRIOV, SRIOV_CONTROL, STATUS,
} from './config-registers.ts';
import { PciError, hex } from './errors.ts';
import type { AccessSize, BarSpec } from './function.ts';

/** What a function says about itself. */
export interface ConfigSpec {
  readonly vendor: number;
  readonly device: number;
  readonly revision: number;
  readonly classCode: { readonly base: number; readonly sub: number; readonly interface: number };
  readonly subsystemVendor: number;
  readonly subsystem: number;
  /** 1 = INTA; default 0, none. */
  readonly interruptPin?: number;
  readonly bars: readonly BarSpec[];
  readonly capabilities?: readonly Capability[];
  readonly extended?: readonly ExtendedCapability[];
  /**
   * A virtual function: ids read all ones, BARs are the physical function's business, of the command register only
   * bus mastering exists (PCI Express Base, 9.3.4).
   */
  readonly virtual?: boolean;
}

/** What SR-IOV stands at. */
export interface SriovState {
  /** Offset of the capability. */
  readonly at: number;
  readonly totalVfs: number;
  readonly firstVfOffset: number;
  readonly vfStride: number;
  readonly vfDevice: number;
  /** Virtual functions that exist: NumVFs while VF Enable is set, else 0. */
  readonly enabledVfs: number;
  /** The virtual functions' BARs are decoded. */
  readonly memory: boolean;
}

/** What a write asks of whoever carries it out: a function-level reset. */
export type ConfigEffect = 'flr' | undefined;

const words = { 1: 0xff, 2: 0xffff, 4: 0xffff_ffff } as const;

/** Configuration space of one function: 4096 bytes, which of their bits can be written, and what they mean. */
export class ConfigSpace {
  readonly #bytes: Uint8Array;
  readonly #view: DataView;
  readonly #writable: Uint8Array;
  readonly #clearable: Uint8Array;
  readonly #defaults: Uint8Array;
  readonly #places: ReadonlyMap<number, number>;
  readonly #extendedPlaces: ReadonlyMap<number, number>;
  readonly #bars: readonly BarSpec[];
  readonly #listeners = new Set<() => void>();
  /** The BAR registers of the header. */
  readonly barRegisters: BarAccess;
  #answering = true;

  /** Use {@link createConfigSpace}. */
  constructor(parts: ConfigParts) {
    this.#bytes = parts.values.slice();
    this.#view = new DataView(this.#bytes.buffer);
    this.#writable = parts.writable;
    this.#clearable = parts.clearable;
    this.#defaults = parts.values;
    this.#places = parts.places;
    this.#extendedPlaces = parts.extendedPlaces;
    this.#bars = parts.bars;
    this.barRegisters = this.#barAccess(HEADER.bar0);
  }

  /** Offset of a capability, or undefined. */
  capability(id: number): number | undefined {
    return this.#places.get(id);
  }

  /** Offset of an extended capability, or undefined. */
  extendedCapability(id: number): number | undefined {
    return this.#extendedPlaces.get(id);
  }

  /** @throws {@link PciError} `OUT_OF_RANGE`, `UNALIGNED`. */
  read(offset: number, size: AccessSize): number {
    checkConfigAccess(offset, size);
    if (!this.#answering) return words[size];
    if (size === 4) return this.#view.getUint32(offset, true);
    return size === 2 ? this.#view.getUint16(offset, true) : this.#bytes[offset]!;
  }

  /** @throws {@link PciError} `OUT_OF_RANGE`, `UNALIGNED`, `BAD_VALUE`. */
  write(offset: number, size: AccessSize, value: number): ConfigEffect {
    checkConfigAccess(offset, size);
    if (!Number.isInteger(value) || value < 0 || value > words[size]) throw new PciError('BAD_VALUE', `Value ${value} does not fit ${size} bytes of configuration space at ${hex(offset)}`);
    if (!this.#answering) return undefined;
    // NumVFs is locked while virtual functions exist (PCI Express Base, 9.3.3.7).
    const locked = this.#lockedNumVfs();
    for (let i = 0; i < size; i++) {
      const at = offset + i;
      if (locked !== undefined && (at === locked || at === locked + 1)) continue;
      const byte = (value >>> (8 * i)) & 0xff;
      const old = this.#bytes[at]! & ~(byte & this.#clearable[at]!);
      this.#bytes[at] = (old & ~this.#writable[at]!) | (byte & this.#writable[at]!);
    }
    this.#changed();
    return this.#startsReset(offset, size, value) ? 'flr' : undefined;
  }

  /** Puts every register back to its value after reset. */
  reset(): void {
    this.#bytes.set(this.#defaults);
    this.#changed();
  }

  /** All registers, as plain data. */
  state(): Uint8Array {
    return this.#bytes.slice();
  }

  /** @throws {@link PciError} `OUT_OF_RANGE` unless `state` has 4096 bytes. */
  restore(state: Uint8Array): void {
    if (state.length !== CONFIG_SIZE) throw new PciError('OUT_OF_RANGE', `Saved configuration space has ${state.length} bytes: expected ${CONFIG_SIZE}`);
    this.#bytes.set(state);
    this.#changed();
  }

  /** Calls `listener` after every change; the function returned ends that. */
  onChange(listener: () => void): () => void {
    this.#listeners.add(listener);
    return () => void this.#listeners.delete(listener);
  }

  /**
   * Whether the function answers. One that is still being reset, or has left its guest, does not: reads are all ones, writes vanish, and
   * it is neither decoded nor bus master. What the registers hold stays.
   */
  get answering(): boolean {
    return this.#answering;
  }

  set answering(on: boolean) {
    if (on === this.#answering) return;
    this.#answering = on;
    this.#changed();
  }

  get memoryEnabled(): boolean {
    return this.#answering && (this.#view.getUint16(HEADER.command, true) & COMMAND.memory) !== 0;
  }

  get busMaster(): boolean {
    return this.#answering && (this.#view.getUint16(HEADER.command, true) & COMMAND.busMaster) !== 0;
  }

  /** In D0; in other states neither BARs nor DMA work. */
  get powered(): boolean {
    const at = this.#places.get(CAPABILITY.pm);
    return at === undefined || (this.#bytes[at + PM.control]! & 0x3) === 0;
  }

  /** Message interrupts are enabled and have somewhere to go. */
  get msiEnabled(): boolean {
    const at = this.#places.get(CAPABILITY.msi);
    return at !== undefined && (this.#bytes[at + MSI.control]! & 1) !== 0;
  }

  /** Bus address of a BAR of this function. */
  barAddress(index: number): number {
    const bar = this.#bars.find((one) => one.index === index);
    if (!bar) throw new PciError('NO_BAR', `There is no BAR ${index}`);
    return barAddress(this.barRegisters, bar);
  }

  get sriov(): SriovState | undefined {
    const at = this.#extendedPlaces.get(EXTENDED_CAPABILITY.sriov);
    if (at === undefined) return undefined;
    const word = (offset: number): number => this.#view.getUint16(at + offset, true);
    const control = word(SRIOV.control);
    const totalVfs = word(SRIOV.totalVfs);
    return {
      at,
      totalVfs,
      firstVfOffset: word(SRIOV.firstVfOffset),
      vfStride: word(SRIOV.vfStride),
      vfDevice: word(SRIOV.vfDevice),
      enabledVfs: control & SRIOV_CONTROL.vfEnable ? Math.min(word(SRIOV.numVfs), totalVfs) : 0,
      memory: (control & SRIOV_CONTROL.memory) !== 0,
    };
  }

  /** The virtual functions' BAR registers in the SR-IOV capability. */
  get vfBarRegisters(): BarAccess | undefined {
    const at = this.#extendedPlaces.get(EXTENDED_CAPABILITY.sriov);
    return at === undefined ? undefined : this.#barAccess(at + SRIOV.bar0);
  }

  #barAccess(base: number): BarAccess {
    return {
      read: (index) => this.read(base + 4 * index, 4),
      write: (index, value) => void this.write(base + 4 * index, 4, value),
    };
  }

  #lockedNumVfs(): number | undefined {
    const at = this.#extendedPlaces.get(EXTENDED_CAPABILITY.sriov);
    return at !== undefined && this.#bytes[at + SRIOV.control]! & SRIOV_CONTROL.vfEnable ? at + SRIOV.numVfs : undefined;
  }

  #startsReset(offset: number, size: AccessSize, value: number): boolean {
    const at = this.#places.get(CAPABILITY.pcie);
    if (at === undefined || (this.#view.getUint32(at + PCIE.deviceCapabilities, true) & PCIE_FLR_CAPABLE) === 0) return false;
    const high = at + PCIE.deviceControl + 1;
    return offset <= high && high < offset + size && ((value >>> (8 * (high - offset))) & (PCIE_START_FLR >> 8)) !== 0;
  }

  #changed(): void {
    for (const listener of this.#listeners) listener();
  }
}

interface ConfigParts {
  readonly values: Uint8Array;
  readonly writable: Uint8Array;
  readonly clearable: Uint8Array;
  readonly places: ReadonlyMap<number, number>;
  readonly extendedPlaces: ReadonlyMap<number, number>;
  readonly bars: readonly BarSpec[];
}

/** Checks an access to configuration space. */
export function checkConfigAccess(offset: number, size: AccessSize): void {
  if (!Number.isInteger(offset) || offset < 0 || offset + size > CONFIG_SIZE) throw new PciError('OUT_OF_RANGE', `Configuration space has no ${size} bytes at ${hex(offset)}: expected 0 to ${hex(CONFIG_SIZE - size)}`);
  if (offset % size !== 0) throw new PciError('UNALIGNED', `Access of ${size} bytes to configuration space at ${hex(offset)} is not aligned`);
}

/** Puts a list of capabilities in their places, each after the one before unless it says where. */
function place<T extends Capability>(list: readonly T[], first: number, end: number, align: number): (T & { readonly at: number })[] {
  let next = first;
  const placed: (T & { readonly at: number })[] = [];
  for (const one of list) {
    const at = one.at ?? Math.ceil(next / align) * align;
    if (at % 4 !== 0 || at < first || at + one.length > end) throw new PciError('BAD_SPEC', `Capability ${hex(one.id)} at ${hex(at)}, ${one.length} bytes: expected inside ${hex(first)} to ${hex(end)}, aligned to 4`);
    const clash = placed.find((other) => at < other.at + other.length && other.at < at + one.length);
    if (clash) throw new PciError('BAD_SPEC', `Capability ${hex(one.id)} at ${hex(at)} overlaps ${hex(clash.id)} at ${hex(clash.at)}`);
    placed.push({ ...one, at });
    next = at + one.length;
  }
  return placed;
}

/**
 * Lays out a function's configuration space.
 *
 * @throws {@link PciError} `BAD_SPEC`.
 */
export function createConfigSpace(spec: ConfigSpec): ConfigSpace {
  const values = new Uint8Array(CONFIG_SIZE);
  const writable = new Uint8Array(CONFIG_SIZE);
  const clearable = new Uint8Array(CONFIG_SIZE);
  const put = (into: Uint8Array, at: number, size: number, value: number): void => {
    for (let i = 0; i < size; i++) into[at + i] = value >>> (8 * i);
  };
  const word = (field: string, value: number, max: number): number => {
    if (Number.isInteger(value) && value >= 0 && value <= max) return value;
    throw new PciError('BAD_SPEC', `${field} is ${value}: expected 0 to ${hex(max)}`);
  };
  const { virtual = false, classCode } = spec;
  const { command, status } = { command: COMMAND.busMaster, status: STATUS.writeOneToClear };
  put(values, HEADER.vendor, 2, virtual ? 0xffff : word('vendor', spec.vendor, 0xffff));
  put(values, HEADER.device, 2, virtual ? 0xffff : word('device', spec.device, 0xffff));
  put(writable, HEADER.command, 2, virtual ? command : command | COMMAND.io | COMMAND.memory | COMMAND.parity | COMMAND.serr | COMMAND.interruptDisable);
  put(clearable, HEADER.status, 2, status);
  put(values, HEADER.revision, 1, word('revision', spec.revision, 0xff));
  put(values, HEADER.interface, 1, word('classCode.interface', classCode.interface, 0xff));
  put(values, HEADER.subClass, 1, word('classCode.sub', classCode.sub, 0xff));
  put(values, HEADER.baseClass, 1, word('classCode.base', classCode.base, 0xff));
  put(writable, HEADER.cacheLineSize, 1, virtual ? 0 : 0xff);
  put(values, HEADER.subsystemVendor, 2, word('subsystemVendor', spec.subsystemVendor, 0xffff));
  put(values, HEADER.subsystem, 2, word('subsystem', spec.subsystem, 0xffff));
  put(values, HEADER.interruptPin, 1, virtual ? 0 : word('interruptPin', spec.interruptPin ?? 0, 4));
  put(writable, HEADER.interruptLine, 1, virtual ? 0 : 0xff);
  // Checked for a virtual function too, whose registers are hard-wired to zero.
  barRegisters(spec.bars).forEach((register, index) => {
    if (virtual) return;
    put(values, HEADER.bar0 + 4 * index, 4, register.flags);
    put(writable, HEADER.bar0 + 4 * index, 4, register.writable);
  });

  const capabilities = place(spec.capabilities ?? [], 0x40, EXTENDED_START, 4);
  const extended = place(spec.extended ?? [], EXTENDED_START, CONFIG_SIZE, 4).sort((a, b) => a.at - b.at);
  for (const { at, fields } of [...capabilities, ...extended]) {
    for (const field of fields) {
      put(values, at + field.at, field.size, field.value);
      put(writable, at + field.at, field.size, field.writable ?? 0);
      put(clearable, at + field.at, field.size, field.clearable ?? 0);
    }
  }
  if (capabilities.length > 0) values[HEADER.status] = STATUS.capabilities;
  capabilities.forEach(({ at, id }, index) => {
    values[index === 0 ? HEADER.capabilities : capabilities[index - 1]!.at + 1] = at;
    values[at] = id;
  });
  // The list starts at 0x100, with a null capability where nothing stands there.
  const first = extended[0];
  if (first && first.at !== EXTENDED_START) put(values, EXTENDED_START, 4, (first.at << 20) >>> 0);
  extended.forEach(({ at, id, version }, index) => {
    put(values, at, 4, (((extended[index + 1]?.at ?? 0) << 20) | (version << 16) | id) >>> 0);
  });
  const places = (list: readonly (Capability & { readonly at: number })[]): Map<number, number> => new Map(list.map(({ id, at }) => [id, at]));
  return new ConfigSpace({ values, writable, clearable, places: places(capabilities), extendedPlaces: places(extended), bars: spec.bars });
}
