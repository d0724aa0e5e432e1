// What generated modules read scalars with: a function for each kind, small enough to be inlined always. `p` is the place
// in the DataView `v`.

export function u8(v: DataView, p: number): number { return v.getUint8(p); }
export function u16(v: DataView, p: number): number { return v.getUint16(p, true); }
export function u32(v: DataView, p: number): number { return v.getUint32(p, true); }
export function u64(v: DataView, p: number): bigint { return v.getBigUint64(p, true); }
export function s8(v: DataView, p: number): number { return v.getInt8(p); }
export function s16(v: DataView, p: number): number { return v.getInt16(p, true); }
export function s32(v: DataView, p: number): number { return v.getInt32(p, true); }
export function s64(v: DataView, p: number): bigint { return v.getBigInt64(p, true); }
export function f32(v: DataView, p: number): number { return v.getFloat32(p, true); }
export function f64(v: DataView, p: number): number { return v.getFloat64(p, true); }
export function t8(v: DataView, p: number): boolean { return v.getUint8(p) !== 0; }
export function t32(v: DataView, p: number): boolean { return v.getUint32(p, true) !== 0; }
export function isObject(x: unknown): boolean { return typeof x === 'object' && x !== null; }
export function isList(x: unknown, n: number): boolean { return Array.isArray(x) && x.length === n; }
