import { LayoutError } from './errors.ts';

const views = new WeakMap<ArrayBufferLike, DataView>();

/** A DataView over exactly these bytes. One long-lived view is cheaper than one per call. */
export function dataView(bytes: Uint8Array): DataView {
  const { buffer, byteOffset, byteLength } = bytes;
  if (byteOffset !== 0 || byteLength !== buffer.byteLength) return new DataView(buffer, byteOffset, byteLength);
  let view = views.get(buffer);
  if (view === undefined) views.set(buffer, (view = new DataView(buffer)));
  return view;
}

/** The text up to the first NUL, or all of it: bytes 0x20 to 0x7e as they are, any other byte as `?`. */
export function text(bytes: Uint8Array): string {
  let out = '';
  for (const byte of bytes) {
    if (byte === 0) break;
    out += byte >= 0x20 && byte < 0x7f ? String.fromCharCode(byte) : '?';
  }
  return out;
}

/**
 * ASCII bytes of `value`, padded with NULs to `length` bytes.
 *
 * @throws LayoutError `LENGTH` when the text is longer than `length`, `RANGE` when it is not ASCII.
 */
export function ascii(value: string, length: number = value.length): Uint8Array {
  if (value.length > length) throw new LayoutError('LENGTH', 'text', `${value.length} characters do not fit ${length} bytes: ${JSON.stringify(value)}`, { value });
  const bytes = new Uint8Array(length);
  for (let i = 0; i < value.length; i++) {
    const code = value.charCodeAt(i);
    if (code > 0x7f) throw new LayoutError('RANGE', `text[${i}]`, `not ASCII: ${JSON.stringify(value)}`, { value: code, range: { min: 0, max: 0x7f } });
    bytes[i] = code;
  }
  return bytes;
}
