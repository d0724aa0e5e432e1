import { LayoutError, type Layout } from '@nova-stack/c-layout';

import { FirmwareFileError, type FirmwareFileErrorCode } from './errors.ts';

/** Bytes at a place in a file. */
export interface Region {
  /** Offset in the file. */
  readonly offset: number;
  readonly bytes: Uint8Array;
}

/**
 * A file under suspicion: every access is checked against the file's end, and what was read is remembered, so that
 * {@link FileBytes.rest} is everything that no structure accounts for (padding, sections nobody asked for). All
 * arrays handed out are views of the file.
 */
export class FileBytes {
  readonly file: string;
  readonly bytes: Uint8Array;
  readonly #claims: (readonly [start: number, end: number])[] = [];

  constructor(file: string, bytes: Uint8Array) {
    this.file = file;
    this.bytes = bytes;
  }

  get size(): number {
    return this.bytes.length;
  }

  /**
   * The `length` bytes at `offset`.
   *
   * @throws {FirmwareFileError} `TRUNCATED` when the file ends before.
   */
  take(offset: number, length: number, field: string): Uint8Array {
    if (offset > this.size || length > this.size - offset) {
      throw new FirmwareFileError({
        code: 'TRUNCATED', file: this.file, offset, field,
        message: `needs 0x${length.toString(16)} bytes here, but the file has 0x${this.size.toString(16)}`,
      });
    }
    if (length > 0) this.#claims.push([offset, offset + length]);
    return this.bytes.subarray(offset, offset + length);
  }

  /** A structure at `offset`; `what` names it in errors. */
  record<T>(layout: Layout<T>, offset: number, what: string): T {
    return layout.read(this.take(offset, layout.size, what));
  }

  /** A 64-bit field that counts bytes, as a number. @throws {FirmwareFileError} `TRUNCATED` when no file is that large. */
  size64(value: bigint, field: string, offset: number): number {
    if (value <= BigInt(Number.MAX_SAFE_INTEGER)) return Number(value);
    return this.fail('TRUNCATED', { field, offset, value, message: `but the file has 0x${this.size.toString(16)} bytes` });
  }

  /** A single 32-bit value. */
  u32(offset: number, field: string): number {
    const [a, b, c, d] = this.take(offset, 4, field);
    return (a! | (b! << 8) | (c! << 16) | (d! << 24)) >>> 0;
  }

  fail(
    code: FirmwareFileErrorCode,
    fault: { readonly field: string; readonly offset?: number; readonly value?: number | bigint | string; readonly message: string },
  ): never {
    throw new FirmwareFileError({ code, file: this.file, ...fault });
  }

  /** What was never taken, as views in ascending order. */
  rest(): Region[] {
    const regions: Region[] = [];
    let at = 0;
    const upTo = (end: number): void => {
      if (end > at) regions.push({ offset: at, bytes: this.bytes.subarray(at, end) });
    };
    for (const [start, end] of this.#claims.toSorted((a, b) => a[0] - b[0])) {
      upTo(start);
      at = Math.max(at, end);
    }
    upTo(this.size);
    return regions;
  }
}

/** Offset of a field whose name was chosen at run time. */
export function offsetOf<T>(layout: Layout<T>, field: keyof T): number {
  return (layout.offsets as Readonly<Record<PropertyKey, number>>)[field];
}

/** Puts a file together; later pieces lie over earlier ones. */
export class FileBuilder {
  readonly file: string;
  readonly bytes: Uint8Array;

  constructor(file: string, size: number) {
    this.file = file;
    if (!Number.isSafeInteger(size) || size < 0) this.fail('size', size, 'is no size of a file');
    this.bytes = new Uint8Array(size);
  }

  /** @throws {FirmwareFileError} `BAD_VALUE` when it would lie outside the file. */
  put(offset: number, bytes: Uint8Array, field: string): this {
    if (!Number.isSafeInteger(offset) || offset < 0 || offset + bytes.length > this.bytes.length) {
      this.fail(field, offset, `with 0x${bytes.length.toString(16)} bytes would leave the file's 0x${this.bytes.length.toString(16)}`);
    }
    this.bytes.set(bytes, offset);
    return this;
  }

  putAll(regions: readonly Region[]): this {
    for (const { offset, bytes } of regions) this.put(offset, bytes, 'rest');
    return this;
  }

  record<T>(layout: Layout<T>, offset: number, record: T, what: string): this {
    try {
      return this.put(offset, layout.create(record as never), what);
    } catch (error) {
      if (!(error instanceof LayoutError)) throw error;
      throw new FirmwareFileError({ code: 'BAD_VALUE', file: this.file, field: what, message: error.message });
    }
  }

  u32(offset: number, value: number, field: string): this {
    if (!Number.isInteger(value) || value < 0 || value > 0xffffffff) this.fail(field, value, 'does not fit 32 bits');
    return this.put(offset, Uint8Array.of(value, value >>> 8, value >>> 16, value >>> 24), field);
  }

  fail(field: string, value: number | bigint | string, message: string): never {
    throw new FirmwareFileError({ code: 'BAD_VALUE', file: this.file, field, value, message });
  }
}
