import { RegisterError } from '../errors.ts';

/** A page-table entry as data: its bits by name, `[high, low]`. Fields that depend on others may overlap. */
export interface EntryFormat<F extends EntryFields = EntryFields> {
  readonly name: string;
  readonly bits: 64 | 128;
  readonly fields: F;
}
export type EntryFields = Readonly<Record<string, readonly [high: number, low: number]>>;

/** Declares a format. @throws {@link RegisterError} `DECLARATION` */
/* @__NO_SIDE_EFFECTS__ */
export function entryFormat<const F extends EntryFields>(name: string, bits: 64 | 128, fields: F): EntryFormat<F> {
  for (const [field, [high, low]] of Object.entries(fields)) {
    if (low < 0 || high < low || high >= bits) throw new RegisterError('DECLARATION', `${name}.${field} is at ${high}:${low}: expected bits within ${bits - 1}:0`);
  }
  return { name, bits, fields };
}

/** Value of one field of an entry. */
export function getEntryField<F extends EntryFields>(format: EntryFormat<F>, field: keyof F & string, entry: bigint): bigint {
  const [high, low] = format.fields[field]!;
  return BigInt.asUintN(high - low + 1, entry >> BigInt(low));
}

/** An entry with `values` in its fields, and zero elsewhere. @throws {@link RegisterError} `FIELD_VALUE` */
export function makeEntry<F extends EntryFields>(format: EntryFormat<F>, values: Partial<Readonly<Record<keyof F, bigint | number>>>): bigint {
  let entry = 0n;
  for (const field in values) {
    const given = values[field];
    if (given === undefined) continue;
    const place = format.fields[field];
    if (place === undefined) throw new RegisterError('FIELD_VALUE', `${format.name} has no field ${field}`);
    const [high, low] = place;
    const value = typeof given === 'number' && Number.isInteger(given) ? BigInt(given) : given;
    if (typeof value !== 'bigint' || value < 0n || value >> BigInt(high - low + 1) !== 0n) {
      throw new RegisterError('FIELD_VALUE', `Cannot encode ${format.name}.${field}: value ${String(given)} does not fit bits ${high}:${low}`);
    }
    entry |= value << BigInt(low);
  }
  return entry;
}

/** One level of a page table: which bits of a virtual address choose the entry. */
export interface PageLevel {
  readonly name: string;
  readonly lowBit: number;
  readonly indexBits: number;
  /** Bytes of one entry. */
  readonly entrySize: 8 | 16;
  /** Bytes that an entry maps if it may be a leaf. */
  readonly pageSize?: number;
}
