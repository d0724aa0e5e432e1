import { RegisterError } from './errors.ts';

/** Bits of a register, by name: `[high, low]`, both included, as manuals write them. */
export type Fields = Readonly<Record<string, readonly [high: number, low: number]>>;

/**
 * What a register's address counts from: BAR0; the base of a falcon ({@link FALCONS}); or the start of the window in
 * BAR0 that shows configuration space.
 */
export type Space = 'bar0' | 'falcon' | 'mirror';

/**
 * What the CPU may do. `w1c`: reads show bits, writing ones clears them. `w1s`: writing ones sets them.
 */
export type Access = 'rw' | 'ro' | 'wo' | 'w1c' | 'w1s';

/** What a declaration says beside name, address and fields. */
export interface RegisterFacts {
  /** Default `rw`. */
  readonly access?: Access;
  /** One sentence: what it is for. */
  readonly doc: string;
  /** Where this is known from. */
  readonly source: string;
}

/** One 32-bit register as data. `F` are its fields, `S` says what the address counts from. */
export interface Register<F extends Fields = Fields, S extends Space = 'bar0'> extends Required<RegisterFacts> {
  readonly name: string;
  readonly space: S;
  /** Byte offset in its space. */
  readonly address: number;
  readonly fields: F;
}

/** Equal registers at equal distances; {@link at} picks one. */
export interface RegisterArray<F extends Fields = Fields, S extends Space = 'bar0'> extends Register<F, S> {
  readonly count: number;
  /** Bytes from one to the next. */
  readonly stride: number;
}

/** Values of all fields of a register, and the whole as `raw`. */
export type Decoded<F extends Fields> = { readonly [K in keyof F]: number } & { readonly raw: number };

/** Anything that has named bits. */
export interface Fielded<F extends Fields> {
  readonly name: string;
  readonly fields: F;
}

/**
 * Declares a register.
 *
 * @throws {@link RegisterError} `DECLARATION` for an unaligned address, fields outside 31:0 and fields that overlap.
 */
/* @__NO_SIDE_EFFECTS__ */
export function register<const F extends Fields, const S extends Space = 'bar0'>(
  name: string, address: number, fields: F, facts: RegisterFacts & { readonly space?: S },
): Register<F, S> {
  if (!Number.isSafeInteger(address) || address < 0 || address % 4 !== 0) {
    throw new RegisterError('DECLARATION', `${name} is at ${address}: expected a multiple of 4 from 0`);
  }
  let taken = 0;
  for (const [field, [high, low]] of Object.entries(fields)) {
    if (!(Number.isInteger(high) && Number.isInteger(low) && low >= 0 && high >= low && high <= 31)) {
      throw new RegisterError('DECLARATION', `${name}.${field} is at ${high}:${low}: expected bits within 31:0`);
    }
    const mask = maskOf(high, low);
    if (taken & mask) throw new RegisterError('DECLARATION', `${name}.${field} at ${high}:${low} overlaps another field`);
    taken |= mask;
  }
  const { access = 'rw', doc, source } = facts;
  return { name, space: facts.space ?? ('bar0' as S), address, fields, access, doc, source };
}

/** Declares `count` registers, `stride` bytes apart. @throws {@link RegisterError} `DECLARATION` */
/* @__NO_SIDE_EFFECTS__ */
export function registerArray<const F extends Fields, const S extends Space = 'bar0'>(
  name: string, address: number, { count, stride = 4 }: { readonly count: number; readonly stride?: number },
  fields: F, facts: RegisterFacts & { readonly space?: S },
): RegisterArray<F, S> {
  if (!Number.isSafeInteger(count) || count < 1 || !Number.isSafeInteger(stride) || stride < 4 || stride % 4 !== 0) {
    throw new RegisterError('DECLARATION', `${name} has ${count} registers ${stride} bytes apart: expected at least one, a multiple of 4`);
  }
  return { ...register(name, address, fields, facts), count, stride };
}

/** Register `index` of an array, counted from 0. @throws {@link RegisterError} `INDEX` */
export function at<F extends Fields, S extends Space>(array: RegisterArray<F, S>, index: number): Register<F, S> {
  if (!Number.isInteger(index) || index < 0 || index >= array.count) {
    throw new RegisterError('INDEX', `There is no ${array.name}(${index}): expected 0 to ${array.count - 1}`);
  }
  const { name, space, address, fields, access, doc, source } = array;
  return { name: `${name}(${index})`, space, address: address + index * array.stride, fields, access, doc, source };
}

/** A register that counts from `base` as one of BAR0. */
export function within<F extends Fields>(base: number, { name, address, fields, access, doc, source }: Register<F, Space>): Register<F> {
  return { name, space: 'bar0', address: base + address, fields, access, doc, source };
}

/** Value of one field of a register's value. */
export function get<F extends Fields>({ fields }: Fielded<F>, field: keyof F & string, value: number): number {
  const bits = fields[field]!;
  return (value & maskOf(bits[0], bits[1])) >>> bits[1];
}

/** A register's value with `values` in its fields, and zero elsewhere. @throws {@link RegisterError} `FIELD_VALUE` */
export function make<F extends Fields>(register: Fielded<F>, values: Partial<Readonly<Record<keyof F, number>>>): number {
  return set(register, 0, values);
}

/** `value` with other `values` in some of its fields. @throws {@link RegisterError} `FIELD_VALUE` */
export function set<F extends Fields>({ name, fields }: Fielded<F>, value: number, values: Partial<Readonly<Record<keyof F, number>>>): number {
  let result = value;
  for (const field in values) {
    const part = values[field];
    if (part === undefined) continue;
    const bits = fields[field];
    if (bits === undefined) throw new RegisterError('FIELD_VALUE', `${name} has no field ${field}`);
    const [high, low] = bits;
    if (!Number.isInteger(part) || part < 0 || part >= 2 ** (high - low + 1)) {
      throw new RegisterError('FIELD_VALUE', `Cannot encode ${name}.${field}: value ${part} does not fit bits ${high}:${low}`);
    }
    result = (result & ~maskOf(high, low)) | (part << low);
  }
  return result >>> 0;
}

/** All fields of a register's value. */
export function decode<F extends Fields>({ fields }: Fielded<F>, value: number): Decoded<F> {
  const decoded: Record<string, number> = { raw: value >>> 0 };
  for (const field in fields) {
    const [high, low] = fields[field]!;
    decoded[field] = (value & maskOf(high, low)) >>> low;
  }
  return decoded as Decoded<F>;
}

function maskOf(high: number, low: number): number {
  return ((high === 31 ? 0xffff_ffff : (1 << (high + 1)) - 1) & ~((1 << low) - 1)) | 0;
}
