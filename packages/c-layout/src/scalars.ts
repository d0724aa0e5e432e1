/** Names of the scalar kinds; widths in bits. `ptr` is a 64-bit pointer, `char` a byte of text, `bool` one byte. */
export type ScalarName = 'u8' | 'u16' | 'u32' | 'u64' | 's8' | 's16' | 's32' | 's64' | 'char' | 'bool' | 'f32' | 'f64' | 'ptr';

/** The JavaScript value of a scalar: 64 bits are bigint, bool is boolean, the rest number. */
export type ScalarValue<N extends ScalarName> = N extends 'u64' | 's64' | 'ptr' ? bigint : N extends 'bool' ? boolean : number;

export interface Scalar {
  /** Bytes; also the natural alignment. */
  readonly size: 1 | 2 | 4 | 8;
  readonly get: (view: DataView, at: number) => number | bigint | boolean;
  readonly set: (view: DataView, at: number, value: never) => void;
  /** Type of the value, and the range where it has one. */
  readonly value: 'number' | 'bigint' | 'boolean';
  readonly min?: number | bigint;
  readonly max?: number | bigint;
}

const U64_MAX = 2n ** 64n - 1n;

/** Every scalar once; all little endian. */
export const SCALARS: Readonly<Record<ScalarName, Scalar>> = {
  u8: { size: 1, value: 'number', min: 0, max: 0xff, get: (v, a) => v.getUint8(a), set: (v, a, x: number) => { v.setUint8(a, x); } },
  char: { size: 1, value: 'number', min: 0, max: 0xff, get: (v, a) => v.getUint8(a), set: (v, a, x: number) => { v.setUint8(a, x); } },
  bool: { size: 1, value: 'boolean', get: (v, a) => v.getUint8(a) !== 0, set: (v, a, x: boolean) => { v.setUint8(a, x ? 1 : 0); } },
  u16: { size: 2, value: 'number', min: 0, max: 0xffff, get: (v, a) => v.getUint16(a, true), set: (v, a, x: number) => { v.setUint16(a, x, true); } },
  u32: { size: 4, value: 'number', min: 0, max: 0xffffffff, get: (v, a) => v.getUint32(a, true), set: (v, a, x: number) => { v.setUint32(a, x, true); } },
  u64: { size: 8, value: 'bigint', min: 0n, max: U64_MAX, get: (v, a) => v.getBigUint64(a, true), set: (v, a, x: bigint) => { v.setBigUint64(a, x, true); } },
  ptr: { size: 8, value: 'bigint', min: 0n, max: U64_MAX, get: (v, a) => v.getBigUint64(a, true), set: (v, a, x: bigint) => { v.setBigUint64(a, x, true); } },
  s8: { size: 1, value: 'number', min: -0x80, max: 0x7f, get: (v, a) => v.getInt8(a), set: (v, a, x: number) => { v.setInt8(a, x); } },
  s16: { size: 2, value: 'number', min: -0x8000, max: 0x7fff, get: (v, a) => v.getInt16(a, true), set: (v, a, x: number) => { v.setInt16(a, x, true); } },
  s32: { size: 4, value: 'number', min: -0x80000000, max: 0x7fffffff, get: (v, a) => v.getInt32(a, true), set: (v, a, x: number) => { v.setInt32(a, x, true); } },
  s64: { size: 8, value: 'bigint', min: -(2n ** 63n), max: 2n ** 63n - 1n, get: (v, a) => v.getBigInt64(a, true), set: (v, a, x: bigint) => { v.setBigInt64(a, x, true); } },
  f32: { size: 4, value: 'number', get: (v, a) => v.getFloat32(a, true), set: (v, a, x: number) => { v.setFloat32(a, x, true); } },
  f64: { size: 8, value: 'number', get: (v, a) => v.getFloat64(a, true), set: (v, a, x: number) => { v.setFloat64(a, x, true); } },
};
