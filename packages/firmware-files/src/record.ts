/** How a field lies in a file; everything is little endian. */
export type FieldType =
  | 'u8' | 'u16' | 'u32'
  /** 64 bits as a bigint. */
  | 'u64'
  /** 64 bits that count bytes: a number below 2^53. */
  | 'size64'
  /** Raw bytes. */
  | `bytes:${number}`;

type TypeFor<V> = V extends bigint ? 'u64' : V extends Uint8Array ? `bytes:${number}` : 'u8' | 'u16' | 'u32' | 'size64';

/** The fields of `T` in the order in which they lie in a file, without gaps. */
export type Layout<T> = readonly { readonly [K in keyof T & string]: readonly [name: K, type: TypeFor<T[K]>] }[keyof T & string][];

/** A layout that consists of consecutive u32 words, as most firmware headers do. */
export function words<T extends Readonly<Record<keyof T, number>>>(...names: readonly (keyof T & string)[]): Layout<T> {
  return names.map((name) => [name, 'u32']) as unknown as Layout<T>;
}

const SIZES: Readonly<Record<string, number>> = { u8: 1, u16: 2, u32: 4, u64: 8, size64: 8 };

export function fieldSize(type: FieldType): number {
  return SIZES[type] ?? Number(type.slice('bytes:'.length));
}

export function layoutSize(layout: readonly (readonly [string, FieldType])[]): number {
  return layout.reduce((sum, [, type]) => sum + fieldSize(type), 0);
}

/** Offset of a field from the start of its record. */
export function fieldOffset<T>(layout: Layout<T>, field: keyof T & string): number {
  let at = 0;
  for (const [name, type] of layout) {
    if (name === field) return at;
    at += fieldSize(type);
  }
  throw new RangeError(`no field ${field}`);
}

/**
 * Decodes a record that the caller knows to lie in `bytes`. Byte fields are views.
 * `oversize` is called for a `size64` of 2^53 or more and throws.
 */
export function decodeRecord<T>(
  layout: Layout<T>, bytes: Uint8Array, oversize: (field: string, offset: number, value: bigint) => never,
): T {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const record: Record<string, number | bigint | Uint8Array> = {};
  let at = 0;
  for (const [name, type] of layout as readonly (readonly [string, FieldType])[]) {
    const size = fieldSize(type);
    switch (type) {
      case 'u8': record[name] = view.getUint8(at); break;
      case 'u16': record[name] = view.getUint16(at, true); break;
      case 'u32': record[name] = view.getUint32(at, true); break;
      case 'u64': record[name] = view.getBigUint64(at, true); break;
      case 'size64': {
        const value = view.getBigUint64(at, true);
        if (value > BigInt(Number.MAX_SAFE_INTEGER)) oversize(name, at, value);
        record[name] = Number(value);
        break;
      }
      default: record[name] = bytes.subarray(at, at + size);
    }
    at += size;
  }
  return record as T;
}

/** Encodes a record. `unfit` is called for a value that its field cannot hold, and throws. */
export function encodeRecord<T>(layout: Layout<T>, record: T, unfit: (field: string, value: number | bigint | string) => never): Uint8Array {
  const bytes = new Uint8Array(layoutSize(layout));
  const view = new DataView(bytes.buffer);
  let at = 0;
  for (const [name, type] of layout as readonly (readonly [string, FieldType])[]) {
    const value = record[name as keyof T] as number | bigint | Uint8Array;
    const size = fieldSize(type);
    if (typeof value === 'number') {
      const limit = type === 'size64' ? Number.MAX_SAFE_INTEGER : 2 ** (8 * size) - 1;
      if (!Number.isInteger(value) || value < 0 || value > limit) unfit(name, value);
      if (type === 'u8') view.setUint8(at, value);
      else if (type === 'u16') view.setUint16(at, value, true);
      else if (type === 'u32') view.setUint32(at, value, true);
      else view.setBigUint64(at, BigInt(value), true);
    } else if (typeof value === 'bigint') {
      if (value < 0n || value >= 1n << 64n) unfit(name, value);
      view.setBigUint64(at, value, true);
    } else {
      if (value.length !== size) unfit(name, `${value.length} bytes`);
      bytes.set(value, at);
    }
    at += size;
  }
  return bytes;
}
