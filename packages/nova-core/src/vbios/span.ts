import type { Layout } from '@nova-stack/c-layout';

import { VbiosError } from './error.ts';

/**
 * Bytes whose every read is checked: outside is a {@link VbiosError}, never an undefined value. Offsets come from
 * the ROM itself, so no caller checks one by hand.
 */
export class Span {
  readonly bytes: Uint8Array;
  /** What the bytes are, for errors: `ROM`, `PC-AT image`. */
  readonly name: string;
  readonly #view: DataView;

  constructor(bytes: Uint8Array, name: string) {
    this.bytes = bytes;
    this.name = name;
    this.#view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  }

  get length(): number {
    return this.bytes.length;
  }

  /** @throws {@link VbiosError} unless `[offset, offset + length)` lies inside. */
  check(offset: number, length: number, field: string): void {
    if (offset < 0 || length < 0 || offset + length > this.length) {
      const range = `0x${Math.abs(offset).toString(16)}+0x${Math.abs(length).toString(16)}`;
      const sign = offset < 0 ? '-' : '';
      throw new VbiosError('OUT_OF_RANGE', field, Math.max(offset, 0), `${sign}${range} is outside the ${this.name} of 0x${this.length.toString(16)} bytes`);
    }
  }

  u8(offset: number, field: string): number {
    this.check(offset, 1, field);
    return this.#view.getUint8(offset);
  }

  u16(offset: number, field: string): number {
    this.check(offset, 2, field);
    return this.#view.getUint16(offset, true);
  }

  u32(offset: number, field: string): number {
    this.check(offset, 4, field);
    return this.#view.getUint32(offset, true);
  }

  /** A structure. */
  record<V>(layout: Layout<V>, offset: number, field: string): V {
    this.check(offset, layout.size, field);
    return layout.decode(this.#view, offset);
  }

  /** A view of a part; no copy. */
  slice(offset: number, length: number, field: string): Uint8Array {
    this.check(offset, length, field);
    return this.bytes.subarray(offset, offset + length);
  }

}
