import { FirmwareFileError, type FirmwareFileErrorCode } from './errors.ts';
import { decodeRecord, encodeRecord, layoutSize, type Layout } from './record.ts';

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
    const bytes = this.take(offset, layoutSize(layout), what);
    return decodeRecord(layout, bytes, (field, at, value) =>
      this.fail('BAD_HEADER', { field: `${what}.${field}`, offset: offset + at, value, message: 'is beyond 2^53' }),
    );
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
    const bytes = encodeRecord(layout, record, (field, value) => this.fail(`${what}.${field}`, value, 'does not fit its field'));
    return this.put(offset, bytes, what);
  }

  u32(offset: number, value: number, field: string): this {
    return this.record<{ value: number }>([['value', 'u32']], offset, { value }, field);
  }

  fail(field: string, value: number | bigint | string, message: string): never {
    throw new FirmwareFileError({ code: 'BAD_VALUE', file: this.file, field, value, message });
  }
}
