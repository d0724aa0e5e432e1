// Arrays as generated modules read and write them, a function for each common kind: one body for all kinds would be
// slow for each. `xs` reads `n` elements at `p`, `setXs` writes checked ones, `isXs` says whether a value can be written.

export function bytes(v: DataView, p: number, n: number): Uint8Array {
  const out = new Uint8Array(n);
  if (n > 64) out.set(new Uint8Array(v.buffer, v.byteOffset + p, n));
  else for (let i = 0; i < n; i++) out[i] = v.getUint8(p + i);
  return out;
}

/** What `x` lacks is zero. */
export function setBytes(v: DataView, p: number, n: number, x: Uint8Array): void {
  const out = new Uint8Array(v.buffer, v.byteOffset + p, n);
  out.set(x);
  out.fill(0, x.length);
}

export function isBytes(x: unknown, n: number): boolean {
  return x instanceof Uint8Array && x.length <= n;
}

export function u16s(v: DataView, p: number, n: number): number[] {
  const out: number[] = [];
  for (let i = 0; i < n; i++) out.push(v.getUint16(p + 2 * i, true));
  return out;
}

export function setU16s(v: DataView, p: number, n: number, x: readonly number[]): void {
  for (let i = 0; i < n; i++) v.setUint16(p + 2 * i, x[i]!, true);
}

export function isU16s(list: unknown, n: number): boolean {
  if (!Array.isArray(list) || list.length !== n) return false;
  for (const x of list as unknown[]) if (!(typeof x === 'number' && (x & 0xffff) === x)) return false;
  return true;
}

export function u32s(v: DataView, p: number, n: number): number[] {
  const out: number[] = [];
  for (let i = 0; i < n; i++) out.push(v.getUint32(p + 4 * i, true));
  return out;
}

export function setU32s(v: DataView, p: number, n: number, x: readonly number[]): void {
  for (let i = 0; i < n; i++) v.setUint32(p + 4 * i, x[i]!, true);
}

export function isU32s(list: unknown, n: number): boolean {
  if (!Array.isArray(list) || list.length !== n) return false;
  for (const x of list as unknown[]) if (!(typeof x === 'number' && x >>> 0 === x)) return false;
  return true;
}

export function s32s(v: DataView, p: number, n: number): number[] {
  const out: number[] = [];
  for (let i = 0; i < n; i++) out.push(v.getInt32(p + 4 * i, true));
  return out;
}

export function setS32s(v: DataView, p: number, n: number, x: readonly number[]): void {
  for (let i = 0; i < n; i++) v.setInt32(p + 4 * i, x[i]!, true);
}

export function isS32s(list: unknown, n: number): boolean {
  if (!Array.isArray(list) || list.length !== n) return false;
  for (const x of list as unknown[]) if (!(typeof x === 'number' && (x | 0) === x)) return false;
  return true;
}

export function u64s(v: DataView, p: number, n: number): bigint[] {
  const out: bigint[] = [];
  for (let i = 0; i < n; i++) out.push(v.getBigUint64(p + 8 * i, true));
  return out;
}

export function setU64s(v: DataView, p: number, n: number, x: readonly bigint[]): void {
  for (let i = 0; i < n; i++) v.setBigUint64(p + 8 * i, x[i]!, true);
}

export function isU64s(list: unknown, n: number): boolean {
  if (!Array.isArray(list) || list.length !== n) return false;
  for (const x of list as unknown[]) if (!(typeof x === 'bigint' && BigInt.asUintN(64, x) === x)) return false;
  return true;
}
