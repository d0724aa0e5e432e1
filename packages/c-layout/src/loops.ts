// Arrays as generated modules read and write them, a function for each common kind: one body for all kinds would be
// slow for each. `getX` reads `n` elements at `p`, `putX` writes checked ones, `isX` says whether a value can be written.

export function getBytes(v: DataView, p: number, n: number): Uint8Array {
  const bytes = new Uint8Array(n);
  if (n > 64) bytes.set(new Uint8Array(v.buffer, v.byteOffset + p, n));
  else for (let i = 0; i < n; i++) bytes[i] = v.getUint8(p + i);
  return bytes;
}

/** What `x` lacks is zero. */
export function putBytes(v: DataView, p: number, n: number, x: Uint8Array): void {
  const bytes = new Uint8Array(v.buffer, v.byteOffset + p, n);
  bytes.set(x);
  bytes.fill(0, x.length);
}

export function isBytes(x: unknown, n: number): boolean {
  return x instanceof Uint8Array && x.length <= n;
}

export function getU16(v: DataView, p: number, n: number): number[] {
  const r: number[] = [];
  for (let i = 0; i < n; i++) r.push(v.getUint16(p + 2 * i, true));
  return r;
}

export function putU16(v: DataView, p: number, n: number, x: readonly number[]): void {
  for (let i = 0; i < n; i++) v.setUint16(p + 2 * i, x[i]!, true);
}

export function isU16(list: unknown, n: number): boolean {
  if (!Array.isArray(list) || list.length !== n) return false;
  for (const x of list as unknown[]) if (!(typeof x === 'number' && (x & 0xffff) === x)) return false;
  return true;
}

export function getU32(v: DataView, p: number, n: number): number[] {
  const r: number[] = [];
  for (let i = 0; i < n; i++) r.push(v.getUint32(p + 4 * i, true));
  return r;
}

export function putU32(v: DataView, p: number, n: number, x: readonly number[]): void {
  for (let i = 0; i < n; i++) v.setUint32(p + 4 * i, x[i]!, true);
}

export function isU32(list: unknown, n: number): boolean {
  if (!Array.isArray(list) || list.length !== n) return false;
  for (const x of list as unknown[]) if (!(typeof x === 'number' && x >>> 0 === x)) return false;
  return true;
}

export function getS32(v: DataView, p: number, n: number): number[] {
  const r: number[] = [];
  for (let i = 0; i < n; i++) r.push(v.getInt32(p + 4 * i, true));
  return r;
}

export function putS32(v: DataView, p: number, n: number, x: readonly number[]): void {
  for (let i = 0; i < n; i++) v.setInt32(p + 4 * i, x[i]!, true);
}

export function isS32(list: unknown, n: number): boolean {
  if (!Array.isArray(list) || list.length !== n) return false;
  for (const x of list as unknown[]) if (!(typeof x === 'number' && (x | 0) === x)) return false;
  return true;
}

export function getU64(v: DataView, p: number, n: number): bigint[] {
  const r: bigint[] = [];
  for (let i = 0; i < n; i++) r.push(v.getBigUint64(p + 8 * i, true));
  return r;
}

export function putU64(v: DataView, p: number, n: number, x: readonly bigint[]): void {
  for (let i = 0; i < n; i++) v.setBigUint64(p + 8 * i, x[i]!, true);
}

export function isU64(list: unknown, n: number): boolean {
  if (!Array.isArray(list) || list.length !== n) return false;
  for (const x of list as unknown[]) if (!(typeof x === 'bigint' && BigInt.asUintN(64, x) === x)) return false;
  return true;
}
