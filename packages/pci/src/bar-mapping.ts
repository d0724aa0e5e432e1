import type { HostClock } from '@nova-stack/timebase';

import type { BarMapping } from './device.ts';
import { PciError, hex } from './errors.ts';
import type { AccessSize, PciFunction } from './function.ts';

/** What answers behind a mapping. */
export type Registers = Pick<PciFunction, 'read' | 'write' | 'readBlock' | 'writeBlock'>;

/** What the bus knows of a mapping, and keeps current. */
export interface MappingState {
  readonly name: string;
  readonly bar: number;
  readonly size: number;
  /** Bus address at which the mapping was made. */
  readonly start: number;
}

/**
 * A mapped BAR. This is the hot path of a modelled device: one bounds check, one clock tick, one call.
 * `live` says whether anything answers at the mapped address; the slot keeps it current.
 */
export class MappedBar implements BarMapping {
  readonly size: number;
  live: boolean = true;
  fn: Registers;
  readonly state: MappingState;
  readonly #bar: number;
  readonly #clock: Pick<HostClock, 'spend'>;
  readonly #cost: number;
  readonly #onUnmap: (mapping: MappedBar) => void;
  /** Last offset of a 1-, 2- and 4-byte access; -1 after unmapping, so that the one check covers that too. */
  #last8: number;
  #last16: number;
  #last32: number;

  constructor(state: MappingState, fn: Registers, clock: Pick<HostClock, 'spend'>, cost: number, onUnmap: (mapping: MappedBar) => void) {
    this.state = state;
    this.size = state.size;
    this.fn = fn;
    this.#bar = state.bar;
    this.#clock = clock;
    this.#cost = cost;
    this.#onUnmap = onUnmap;
    this.#last8 = state.size - 1;
    this.#last16 = state.size - 2;
    this.#last32 = state.size - 4;
  }

  read8(offset: number): number {
    if (!(offset >= 0 && offset <= this.#last8) || Math.floor(offset) !== offset) this.#refuse(offset, 1);
    this.#clock.spend(this.#cost);
    return this.live ? this.fn.read(this.#bar, offset, 1) & 0xff : 0xff;
  }

  read16(offset: number): number {
    if (!(offset >= 0 && offset <= this.#last16) || (offset & 1) !== 0 || Math.floor(offset) !== offset) this.#refuse(offset, 2);
    this.#clock.spend(this.#cost);
    return this.live ? this.fn.read(this.#bar, offset, 2) & 0xffff : 0xffff;
  }

  read32(offset: number): number {
    if (!(offset >= 0 && offset <= this.#last32) || (offset & 3) !== 0 || Math.floor(offset) !== offset) this.#refuse(offset, 4);
    this.#clock.spend(this.#cost);
    return this.live ? this.fn.read(this.#bar, offset, 4) >>> 0 : 0xffff_ffff;
  }

  write8(offset: number, value: number): void {
    if (!(offset >= 0 && offset <= this.#last8) || Math.floor(offset) !== offset) this.#refuse(offset, 1);
    if ((value & 0xff) !== value) this.#refuseValue(offset, 1, value);
    this.#clock.spend(this.#cost);
    if (this.live) this.fn.write(this.#bar, offset, 1, value);
  }

  write16(offset: number, value: number): void {
    if (!(offset >= 0 && offset <= this.#last16) || (offset & 1) !== 0 || Math.floor(offset) !== offset) this.#refuse(offset, 2);
    if ((value & 0xffff) !== value) this.#refuseValue(offset, 2, value);
    this.#clock.spend(this.#cost);
    if (this.live) this.fn.write(this.#bar, offset, 2, value);
  }

  write32(offset: number, value: number): void {
    if (!(offset >= 0 && offset <= this.#last32) || (offset & 3) !== 0 || Math.floor(offset) !== offset) this.#refuse(offset, 4);
    if (value >>> 0 !== value) this.#refuseValue(offset, 4, value);
    this.#clock.spend(this.#cost);
    if (this.live) this.fn.write(this.#bar, offset, 4, value);
  }

  readBlock(offset: number, into: Uint8Array): void {
    this.#checkBlock(offset, into.length);
    this.#clock.spend(this.#blockCost(into.length));
    if (this.live) this.fn.readBlock(this.#bar, offset, into);
    else into.fill(0xff);
  }

  writeBlock(offset: number, from: Uint8Array): void {
    this.#checkBlock(offset, from.length);
    this.#clock.spend(this.#blockCost(from.length));
    if (this.live) this.fn.writeBlock(this.#bar, offset, from);
  }

  unmap(): void {
    if (this.#last8 < 0) throw this.#unmapped();
    this.#last8 = this.#last16 = this.#last32 = -1;
    this.#onUnmap(this);
  }

  /** A block costs as much as the accesses of 4 bytes that would move it. */
  #blockCost(length: number): number {
    return this.#cost * Math.ceil(length / 4);
  }

  #checkBlock(offset: number, length: number): void {
    if (this.#last8 < 0) throw this.#unmapped();
    if (Number.isSafeInteger(offset) && offset >= 0 && offset + length <= this.size) return;
    throw new PciError('OUT_OF_RANGE', `${this.#what()} has no ${length} bytes at ${hex(offset)}: it ends at ${hex(this.size)}`);
  }

  #refuse(offset: number, size: AccessSize): never {
    if (this.#last8 < 0) throw this.#unmapped();
    if (Number.isSafeInteger(offset) && offset >= 0 && offset + size <= this.size) {
      throw new PciError('UNALIGNED', `Access of ${size} bytes to ${this.#what()} at ${hex(offset)} is not aligned`);
    }
    throw new PciError('OUT_OF_RANGE', `${this.#what()} has no ${size} bytes at ${hex(offset)}: it ends at ${hex(this.size)}`);
  }

  #refuseValue(offset: number, size: AccessSize, value: number): never {
    throw new PciError('BAD_VALUE', `Value ${value} for ${this.#what()} at ${hex(offset)} does not fit ${size} bytes without sign`);
  }

  #unmapped(): PciError {
    return new PciError('UNMAPPED', `${this.#what()} is no longer mapped`);
  }

  #what(): string {
    return `BAR ${this.#bar} of ${this.state.name}`;
  }
}
