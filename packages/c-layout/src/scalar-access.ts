// What generated modules read, write and check scalars with, a function for each kind: they are small enough to be
// inlined always, and short to write a hundred thousand times. `p` is the place in the DataView `v`.

export function u8(v: DataView, p: number): number { return v.getUint8(p); }
export function setU8(v: DataView, p: number, x: number): void { v.setUint8(p, x); }
export function isU8(x: unknown): boolean { return typeof x === 'number' && (x & 0xff) === x; }

export function u16(v: DataView, p: number): number { return v.getUint16(p, true); }
export function setU16(v: DataView, p: number, x: number): void { v.setUint16(p, x, true); }
export function isU16(x: unknown): boolean { return typeof x === 'number' && (x & 0xffff) === x; }

export function u32(v: DataView, p: number): number { return v.getUint32(p, true); }
export function setU32(v: DataView, p: number, x: number): void { v.setUint32(p, x, true); }
export function isU32(x: unknown): boolean { return typeof x === 'number' && x >>> 0 === x; }

export function u64(v: DataView, p: number): bigint { return v.getBigUint64(p, true); }
export function setU64(v: DataView, p: number, x: bigint): void { v.setBigUint64(p, x, true); }
export function isU64(x: unknown): boolean { return typeof x === 'bigint' && BigInt.asUintN(64, x) === x; }

export function s8(v: DataView, p: number): number { return v.getInt8(p); }
export function setS8(v: DataView, p: number, x: number): void { v.setInt8(p, x); }
export function isS8(x: unknown): boolean { return typeof x === 'number' && x << 24 >> 24 === x; }

export function s16(v: DataView, p: number): number { return v.getInt16(p, true); }
export function setS16(v: DataView, p: number, x: number): void { v.setInt16(p, x, true); }
export function isS16(x: unknown): boolean { return typeof x === 'number' && x << 16 >> 16 === x; }

export function s32(v: DataView, p: number): number { return v.getInt32(p, true); }
export function setS32(v: DataView, p: number, x: number): void { v.setInt32(p, x, true); }
export function isS32(x: unknown): boolean { return typeof x === 'number' && (x | 0) === x; }

export function s64(v: DataView, p: number): bigint { return v.getBigInt64(p, true); }
export function setS64(v: DataView, p: number, x: bigint): void { v.setBigInt64(p, x, true); }
export function isS64(x: unknown): boolean { return typeof x === 'bigint' && BigInt.asIntN(64, x) === x; }

export function f32(v: DataView, p: number): number { return v.getFloat32(p, true); }
export function setF32(v: DataView, p: number, x: number): void { v.setFloat32(p, x, true); }
export function isF32(x: unknown): boolean { return typeof x === 'number'; }

export function f64(v: DataView, p: number): number { return v.getFloat64(p, true); }
export function setF64(v: DataView, p: number, x: number): void { v.setFloat64(p, x, true); }
export function isF64(x: unknown): boolean { return typeof x === 'number'; }

export function t8(v: DataView, p: number): boolean { return v.getUint8(p) !== 0; }
export function setT8(v: DataView, p: number, x: boolean): void { v.setUint8(p, x ? 1 : 0); }
export function t32(v: DataView, p: number): boolean { return v.getUint32(p, true) !== 0; }
export function setT32(v: DataView, p: number, x: boolean): void { v.setUint32(p, x ? 1 : 0, true); }
export function isBool(x: unknown): boolean { return typeof x === 'boolean'; }
export function isObj(x: unknown): boolean { return typeof x === 'object' && x !== null; }
export function isList(x: unknown, n: number): boolean { return Array.isArray(x) && x.length === n; }

// For views: check, write, and tell whether that was done.
export function pU8(v: DataView, p: number, x: unknown): boolean { return isU8(x) && (v.setUint8(p, x as number), true); }
export function pU16(v: DataView, p: number, x: unknown): boolean { return isU16(x) && (v.setUint16(p, x as number, true), true); }
export function pU32(v: DataView, p: number, x: unknown): boolean { return isU32(x) && (v.setUint32(p, x as number, true), true); }
export function pU64(v: DataView, p: number, x: unknown): boolean { return isU64(x) && (v.setBigUint64(p, x as bigint, true), true); }
export function pS8(v: DataView, p: number, x: unknown): boolean { return isS8(x) && (v.setInt8(p, x as number), true); }
export function pS16(v: DataView, p: number, x: unknown): boolean { return isS16(x) && (v.setInt16(p, x as number, true), true); }
export function pS32(v: DataView, p: number, x: unknown): boolean { return isS32(x) && (v.setInt32(p, x as number, true), true); }
export function pS64(v: DataView, p: number, x: unknown): boolean { return isS64(x) && (v.setBigInt64(p, x as bigint, true), true); }
export function pF32(v: DataView, p: number, x: unknown): boolean { return isF32(x) && (v.setFloat32(p, x as number, true), true); }
export function pF64(v: DataView, p: number, x: unknown): boolean { return isF64(x) && (v.setFloat64(p, x as number, true), true); }
export function pT8(v: DataView, p: number, x: unknown): boolean { return isBool(x) && (v.setUint8(p, x ? 1 : 0), true); }
export function pT32(v: DataView, p: number, x: unknown): boolean { return isBool(x) && (v.setUint32(p, x ? 1 : 0, true), true); }
