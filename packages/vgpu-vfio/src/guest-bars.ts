import type { AccessSize, BarMapping, BarSpec, PciDevice } from '@nova-stack/pci';

import { MsixTable, type MsixPlaces } from './msix-table.ts';

const ONES = { 1: 0xff, 2: 0xffff, 4: 0xffff_ffff } as const;

/** One BAR: as large as the guest sees it, and what the hardware has behind it. */
interface GuestBar {
  readonly size: number;
  readonly mapping: BarMapping;
}

/**
 * The guest's BARs over the virtual function's. Whatever the guest names: only what lies in both is reached, the rest reads all ones and
 * takes no notice of writes; its interrupt table stays here.
 */
export class GuestBars {
  readonly #bars = new Map<number, GuestBar>();
  readonly #table: MsixTable | undefined;

  /** @throws PciError where the BARs cannot be mapped */
  constructor(device: PciDevice, bars: readonly BarSpec[], places: MsixPlaces | undefined) {
    this.#table = places && new MsixTable(places);
    try {
      for (const { index, size } of bars) this.#bars.set(index, { size, mapping: device.mapBar(index) });
    } catch (error) {
      this.unmap();
      throw error;
    }
  }

  read(bar: number, offset: number, size: AccessSize): number {
    const there = this.#reach(bar, offset, size);
    if (there === undefined) return ONES[size];
    if (this.#table?.covers(bar, offset)) return this.#table.read(bar, offset, size);
    return size === 4 ? there.read32(offset) : size === 2 ? there.read16(offset) : there.read8(offset);
  }

  write(bar: number, offset: number, size: AccessSize, value: number): void {
    const there = this.#reach(bar, offset, size);
    if (there === undefined) return;
    if (this.#table?.covers(bar, offset)) this.#table.write(bar, offset, size, value);
    else if (size === 4) there.write32(offset, value);
    else if (size === 2) there.write16(offset, value);
    else there.write8(offset, value);
  }

  readBlock(bar: number, offset: number, into: Uint8Array): void {
    const there = this.#part(bar, offset, into.length);
    if (there === undefined) {
      into.fill(0xff);
      return;
    }
    there.mapping.readBlock(offset, into.subarray(0, there.length));
    into.fill(0xff, there.length);
    if (!this.#table?.touches(bar, offset, there.length)) return;
    for (let i = 0; i < there.length; i++) if (this.#table.covers(bar, offset + i)) into[i] = this.#table.readByte(bar, offset + i);
  }

  writeBlock(bar: number, offset: number, from: Uint8Array): void {
    const there = this.#part(bar, offset, from.length);
    if (there === undefined) return;
    if (!this.#table?.touches(bar, offset, there.length)) {
      there.mapping.writeBlock(offset, from.subarray(0, there.length));
      return;
    }
    // Runs of bytes that are the table's, and runs that are not.
    for (let at = 0; at < there.length;) {
      const mine = this.#table.covers(bar, offset + at);
      let end = at;
      for (; end < there.length && this.#table.covers(bar, offset + end) === mine; end++) if (mine) this.#table.writeByte(bar, offset + end, from[end]!);
      if (!mine) there.mapping.writeBlock(offset + at, from.subarray(at, end));
      at = end;
    }
  }

  /** As after power-on, as far as it is kept here. */
  reset(): void {
    this.#table?.reset();
  }

  unmap(): void {
    for (const { mapping } of this.#bars.values()) mapping.unmap();
    this.#bars.clear();
  }

  /** What an access of a register's size reaches. */
  #reach(bar: number, offset: number, size: AccessSize): BarMapping | undefined {
    const there = this.#bars.get(bar);
    if (there === undefined || !Number.isSafeInteger(offset) || offset < 0 || offset % size !== 0) return undefined;
    return offset + size <= Math.min(there.size, there.mapping.size) ? there.mapping : undefined;
  }

  /** What a block reaches, and how much of it. */
  #part(bar: number, offset: number, length: number): { readonly mapping: BarMapping; readonly length: number } | undefined {
    const there = this.#bars.get(bar);
    if (there === undefined || !Number.isSafeInteger(offset) || offset < 0) return undefined;
    const within = Math.min(length, Math.min(there.size, there.mapping.size) - offset);
    return within > 0 ? { mapping: there.mapping, length: within } : undefined;
  }
}
