import type { AccessSize } from '@nova-stack/pci';

/** Bytes of an entry: address, upper half of the address, data, control. */
const ENTRY = 16;
/** Bits of each word that the guest can write (PCI Local Bus 3.0, 6.8.2). */
const WRITABLE = [0xffff_fffc, 0xffff_ffff, 0xffff_ffff, 0x1] as const;
const CONTROL = 12;

/** Where the table and the pending bits lie in the function's BARs. */
export interface MsixPlaces {
  readonly vectors: number;
  readonly table: { readonly bar: number; readonly offset: number };
  readonly pending: { readonly bar: number; readonly offset: number };
}

/**
 * The guest's interrupt table. It never reaches the hardware's: what stands in it are addresses of the guest. Whoever serves the function
 * sends the messages, and masks them; nothing is ever pending here.
 */
export class MsixTable {
  readonly #places: MsixPlaces;
  readonly #entries: Uint8Array;
  readonly #view: DataView;

  constructor(places: MsixPlaces) {
    this.#places = places;
    this.#entries = new Uint8Array(ENTRY * places.vectors);
    this.#view = new DataView(this.#entries.buffer);
    this.reset();
  }

  /** Every vector is masked. */
  reset(): void {
    this.#entries.fill(0);
    for (let at = CONTROL; at < this.#entries.length; at += ENTRY) this.#view.setUint32(at, 1, true);
  }

  /** Whether a byte of a BAR is the table's or a pending bit. */
  covers(bar: number, offset: number): boolean {
    const { table, pending } = this.#places;
    return (bar === table.bar && offset >= table.offset && offset < table.offset + this.#entries.length)
      || (bar === pending.bar && offset >= pending.offset && offset < pending.offset + this.#pendingSize);
  }

  /** Whether any of these bytes is. */
  touches(bar: number, offset: number, length: number): boolean {
    const { table, pending } = this.#places;
    const overlaps = (at: { readonly bar: number; readonly offset: number }, size: number): boolean => bar === at.bar && offset < at.offset + size && offset + length > at.offset;
    return overlaps(table, this.#entries.length) || overlaps(pending, this.#pendingSize);
  }

  readByte(bar: number, offset: number): number {
    const at = offset - this.#places.table.offset;
    return bar === this.#places.table.bar && at >= 0 && at < this.#entries.length ? this.#entries[at]! : 0;
  }

  writeByte(bar: number, offset: number, byte: number): void {
    const at = offset - this.#places.table.offset;
    if (bar !== this.#places.table.bar || at < 0 || at >= this.#entries.length) return;
    this.#entries[at] = byte & (WRITABLE[(at % ENTRY) >> 2]! >>> (8 * (at % 4)));
  }

  read(bar: number, offset: number, size: AccessSize): number {
    let value = 0;
    for (let i = size - 1; i >= 0; i--) value = value * 256 + this.readByte(bar, offset + i);
    return value;
  }

  write(bar: number, offset: number, size: AccessSize, value: number): void {
    for (let i = 0; i < size; i++) this.writeByte(bar, offset + i, (value >>> (8 * i)) & 0xff);
  }

  get #pendingSize(): number {
    return 8 * Math.ceil(this.#places.vectors / 64);
  }
}
