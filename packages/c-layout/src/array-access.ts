// Arrays as generated modules read and write them, a function for each common kind: one body for all kinds would be
// slow for each. `xs` reads `n` elements at `p`; `putXs` writes them into the scratch, or says that they do not fit.
import { at16, at32, at64, at8 } from './scratch.ts';

export function bytes(v: DataView, p: number, n: number): Uint8Array {
  const out = new Uint8Array(n);
  if (n > 64) out.set(new Uint8Array(v.buffer, v.byteOffset + p, n));
  else for (let i = 0; i < n; i++) out[i] = v.getUint8(p + i);
  return out;
}

/** What `x` lacks is zero. */
export function putBytes(p: number, n: number, x: unknown): boolean {
  if (!(x instanceof Uint8Array) || x.length > n) return false;
  at8.fill(0, p, p + n);
  at8.set(x, p);
  return true;
}

export function u16s(v: DataView, p: number, n: number): number[] {
  const out: number[] = [];
  for (let i = 0; i < n; i++) out.push(v.getUint16(p + 2 * i, true));
  return out;
}

export function putU16s(p: number, n: number, list: unknown): boolean {
  if (!Array.isArray(list) || list.length !== n) return false;
  for (let i = 0, q = p / 2; i < n; i++, q++) {
    const x: unknown = list[i];
    if (typeof x !== 'number' || (x & 0xffff) !== x) return false;
    at16[q] = x;
  }
  return true;
}

export function u32s(v: DataView, p: number, n: number): number[] {
  const out: number[] = [];
  for (let i = 0; i < n; i++) out.push(v.getUint32(p + 4 * i, true));
  return out;
}

export function putU32s(p: number, n: number, list: unknown): boolean {
  if (!Array.isArray(list) || list.length !== n) return false;
  for (let i = 0, q = p / 4; i < n; i++, q++) {
    const x: unknown = list[i];
    if (typeof x !== 'number' || x >>> 0 !== x) return false;
    at32[q] = x;
  }
  return true;
}

export function s32s(v: DataView, p: number, n: number): number[] {
  const out: number[] = [];
  for (let i = 0; i < n; i++) out.push(v.getInt32(p + 4 * i, true));
  return out;
}

export function putS32s(p: number, n: number, list: unknown): boolean {
  if (!Array.isArray(list) || list.length !== n) return false;
  for (let i = 0, q = p / 4; i < n; i++, q++) {
    const x: unknown = list[i];
    if (typeof x !== 'number' || (x | 0) !== x) return false;
    at32[q] = x;
  }
  return true;
}

export function u64s(v: DataView, p: number, n: number): bigint[] {
  const out: bigint[] = [];
  for (let i = 0; i < n; i++) out.push(v.getBigUint64(p + 8 * i, true));
  return out;
}

export function putU64s(p: number, n: number, list: unknown): boolean {
  if (!Array.isArray(list) || list.length !== n) return false;
  for (let i = 0, q = p / 8; i < n; i++, q++) {
    const x: unknown = list[i];
    if (typeof x !== 'bigint' || BigInt.asUintN(64, x) !== x) return false;
    at64[q] = x;
  }
  return true;
}
