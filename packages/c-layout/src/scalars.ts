import { wrongKind, type Accessor, type Part, type PartFlaw } from './part.ts';

/** Names of the scalar kinds; widths in bits. `ptr` is a 64-bit pointer, `char` a byte of text, `bool` one byte. */
export type ScalarName = 'u8' | 'u16' | 'u32' | 'u64' | 's8' | 's16' | 's32' | 's64' | 'char' | 'bool' | 'f32' | 'f64' | 'ptr';

/** The JavaScript value of a scalar: 64 bits are bigint, bool is boolean, the rest number. */
export type ScalarValue<N extends ScalarName> = N extends 'u64' | 's64' | 'ptr' ? bigint : N extends 'bool' ? boolean : number;

export interface Scalar extends Part {
  /** Bytes; also the natural alignment. */
  readonly size: 1 | 2 | 4 | 8;
  /** Type of the value, and the range where it has one; without it a number need not be whole. */
  readonly value: 'number' | 'bigint' | 'boolean';
  readonly min?: number | bigint;
  readonly max?: number | bigint;
}

type Numbers = Pick<Scalar, 'value' | 'min' | 'max'>;

// Each is a value of its own, so that a bundle has only those that its records are made of. All are little endian.
// The accessors are written out: the engine makes one instruction of a DataView's method only where it sees its name, and
// an assignment in line where the value's check is next to it.
const U8: Scalar = /* @__PURE__ */ scalar(1, 'Uint8', { value: 'number', min: 0, max: 0xff }, (at, put) => ({
  get() { return this.getUint8(at); },
  set(x) { if (typeof x === 'number' && (x & 0xff) === x) this.setUint8(at, x); else put(this, x); },
}));
const U16: Scalar = /* @__PURE__ */ scalar(2, 'Uint16', { value: 'number', min: 0, max: 0xffff }, (at, put) => ({
  get() { return this.getUint16(at, true); },
  set(x) { if (typeof x === 'number' && (x & 0xffff) === x) this.setUint16(at, x, true); else put(this, x); },
}));
const U32: Scalar = /* @__PURE__ */ scalar(4, 'Uint32', { value: 'number', min: 0, max: 0xffffffff }, (at, put) => ({
  get() { return this.getUint32(at, true); },
  set(x) { if (typeof x === 'number' && x >>> 0 === x) this.setUint32(at, x, true); else put(this, x); },
}));
const U64: Scalar = /* @__PURE__ */ scalar(8, 'BigUint64', { value: 'bigint', min: 0n, max: 0xffffffffffffffffn }, (at, put) => ({
  get() { return this.getBigUint64(at, true); },
  set(x) { if (typeof x === 'bigint' && BigInt.asUintN(64, x) === x) this.setBigUint64(at, x, true); else put(this, x); },
}));
const S8: Scalar = /* @__PURE__ */ scalar(1, 'Int8', { value: 'number', min: -0x80, max: 0x7f }, (at, put) => ({
  get() { return this.getInt8(at); },
  set(x) { if (typeof x === 'number' && x << 24 >> 24 === x) this.setInt8(at, x); else put(this, x); },
}));
const S16: Scalar = /* @__PURE__ */ scalar(2, 'Int16', { value: 'number', min: -0x8000, max: 0x7fff }, (at, put) => ({
  get() { return this.getInt16(at, true); },
  set(x) { if (typeof x === 'number' && x << 16 >> 16 === x) this.setInt16(at, x, true); else put(this, x); },
}));
const S32: Scalar = /* @__PURE__ */ scalar(4, 'Int32', { value: 'number', min: -0x80000000, max: 0x7fffffff }, (at, put) => ({
  get() { return this.getInt32(at, true); },
  set(x) { if (typeof x === 'number' && (x | 0) === x) this.setInt32(at, x, true); else put(this, x); },
}));
const S64: Scalar = /* @__PURE__ */ scalar(8, 'BigInt64', { value: 'bigint', min: -0x8000000000000000n, max: 0x7fffffffffffffffn }, (at, put) => ({
  get() { return this.getBigInt64(at, true); },
  set(x) { if (typeof x === 'bigint' && BigInt.asIntN(64, x) === x) this.setBigInt64(at, x, true); else put(this, x); },
}));
const F32: Scalar = /* @__PURE__ */ scalar(4, 'Float32', { value: 'number' }, (at, put) => ({
  get() { return this.getFloat32(at, true); },
  set(x) { if (typeof x === 'number') this.setFloat32(at, x, true); else put(this, x); },
}));
const F64: Scalar = /* @__PURE__ */ scalar(8, 'Float64', { value: 'number' }, (at, put) => ({
  get() { return this.getFloat64(at, true); },
  set(x) { if (typeof x === 'number') this.setFloat64(at, x, true); else put(this, x); },
}));
/** Truth values kept in integers, as C's bool and NvBool are. */
const T8: Scalar = /* @__PURE__ */ truthOf(U8, (at, put) => ({
  get() { return this.getUint8(at) !== 0; },
  set(x) { if (typeof x === 'boolean') this.setUint8(at, x ? 1 : 0); else put(this, x); },
}));
const T32: Scalar = /* @__PURE__ */ truthOf(U32, (at, put) => ({
  get() { return this.getUint32(at, true) !== 0; },
  set(x) { if (typeof x === 'boolean') this.setUint32(at, x ? 1 : 0, true); else put(this, x); },
}));

export { F32, F64, S16, S32, S64, S8, T32, T8, U16, U32, U64, U8 };

/** Every scalar by its name. */
export const SCALARS: Readonly<Record<ScalarName, Scalar>> = { u8: U8, u16: U16, u32: U32, u64: U64, s8: S8, s16: S16, s32: S32, s64: S64, char: U8, bool: T8, f32: F32, f64: F64, ptr: U64 };

type Method = 'Uint8' | 'Uint16' | 'Uint32' | 'BigUint64' | 'Int8' | 'Int16' | 'Int32' | 'BigInt64' | 'Float32' | 'Float64';

function scalar(size: Scalar['size'], method: Method, numbers: Numbers, accessor: Accessor): Scalar {
  const { [`get${method}` as 'getUint32']: get, [`set${method}` as 'setUint32']: set } = DataView.prototype;
  return {
    size,
    ...numbers,
    accessor,
    get: (view, at) => get.call(view, at, true),
    set: (view, at, value) => { set.call(view, at, value as number, true); },
    flaw: (value) => numberFlaw(numbers, value),
  };
}

function truthOf(unit: Scalar, accessor: Accessor): Scalar {
  return {
    size: unit.size,
    value: 'boolean',
    accessor,
    get: (view, at) => unit.get(view, at) !== 0,
    set: (view, at, value) => { unit.set(view, at, value ? 1 : 0); },
    flaw: (value) => (typeof value === 'boolean' ? undefined : wrongKind('a boolean', value)),
  };
}

export function numberFlaw({ value: kind, min, max }: Numbers, value: unknown): PartFlaw | undefined {
  if (typeof value !== kind) return wrongKind(`a ${kind}`, value);
  if (min === undefined || max === undefined) return undefined;
  const message = kind === 'number' && !Number.isInteger(value) ? `expected a whole number, got ${String(value)}`
    : (value as number) < min || (value as number) > max ? `${String(value)} is outside ${String(min)} to ${String(max)}` : '';
  return message === '' ? undefined : { code: 'RANGE', path: '', message, value, range: { min, max } };
}
