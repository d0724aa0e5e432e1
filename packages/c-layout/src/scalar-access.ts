// What generated modules read scalars with and assign them in views: a function for each kind, small enough to be inlined
// always. `p` is the place in the DataView `v`. `put` writes what fits and tells whether it did.

export function u8(v: DataView, p: number): number { return v.getUint8(p); }
export function putU8(v: DataView, p: number, x: unknown): boolean {
  if (typeof x !== 'number' || (x & 0xff) !== x) return false;
  v.setUint8(p, x);
  return true;
}

export function u16(v: DataView, p: number): number { return v.getUint16(p, true); }
export function putU16(v: DataView, p: number, x: unknown): boolean {
  if (typeof x !== 'number' || (x & 0xffff) !== x) return false;
  v.setUint16(p, x, true);
  return true;
}

export function u32(v: DataView, p: number): number { return v.getUint32(p, true); }
export function putU32(v: DataView, p: number, x: unknown): boolean {
  if (typeof x !== 'number' || x >>> 0 !== x) return false;
  v.setUint32(p, x, true);
  return true;
}

export function u64(v: DataView, p: number): bigint { return v.getBigUint64(p, true); }
export function putU64(v: DataView, p: number, x: unknown): boolean {
  if (typeof x !== 'bigint' || BigInt.asUintN(64, x) !== x) return false;
  v.setBigUint64(p, x, true);
  return true;
}

export function s8(v: DataView, p: number): number { return v.getInt8(p); }
export function putS8(v: DataView, p: number, x: unknown): boolean {
  if (typeof x !== 'number' || x << 24 >> 24 !== x) return false;
  v.setInt8(p, x);
  return true;
}

export function s16(v: DataView, p: number): number { return v.getInt16(p, true); }
export function putS16(v: DataView, p: number, x: unknown): boolean {
  if (typeof x !== 'number' || x << 16 >> 16 !== x) return false;
  v.setInt16(p, x, true);
  return true;
}

export function s32(v: DataView, p: number): number { return v.getInt32(p, true); }
export function putS32(v: DataView, p: number, x: unknown): boolean {
  if (typeof x !== 'number' || (x | 0) !== x) return false;
  v.setInt32(p, x, true);
  return true;
}

export function s64(v: DataView, p: number): bigint { return v.getBigInt64(p, true); }
export function putS64(v: DataView, p: number, x: unknown): boolean {
  if (typeof x !== 'bigint' || BigInt.asIntN(64, x) !== x) return false;
  v.setBigInt64(p, x, true);
  return true;
}

export function f32(v: DataView, p: number): number { return v.getFloat32(p, true); }
export function putF32(v: DataView, p: number, x: unknown): boolean {
  if (typeof x !== 'number') return false;
  v.setFloat32(p, x, true);
  return true;
}

export function f64(v: DataView, p: number): number { return v.getFloat64(p, true); }
export function putF64(v: DataView, p: number, x: unknown): boolean {
  if (typeof x !== 'number') return false;
  v.setFloat64(p, x, true);
  return true;
}

export function t8(v: DataView, p: number): boolean { return v.getUint8(p) !== 0; }
export function putT8(v: DataView, p: number, x: unknown): boolean {
  if (typeof x !== 'boolean') return false;
  v.setUint8(p, x ? 1 : 0);
  return true;
}

export function t32(v: DataView, p: number): boolean { return v.getUint32(p, true) !== 0; }
export function putT32(v: DataView, p: number, x: unknown): boolean {
  if (typeof x !== 'boolean') return false;
  v.setUint32(p, x ? 1 : 0, true);
  return true;
}

export function isObject(x: unknown): boolean { return typeof x === 'object' && x !== null; }
export function isList(x: unknown, n: number): boolean { return Array.isArray(x) && x.length === n; }
