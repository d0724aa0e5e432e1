import { FLEXIBLE, type Field, type Layout } from '@nova-stack/c-layout';
import type { NamedValue, RecordValue, Value } from './value.ts';

/** A record of any type. */
export type AnyLayout = Layout<unknown, unknown>;

/** What a number in a field stands for; undefined where nothing is known. */
export type NameNumber = (field: string, value: number) => string | undefined;

/** Bytes to be explained: `[at, end)` of a view. */
export interface Span {
  readonly view: DataView;
  readonly at: number;
  readonly end: number;
}

const SIZES: Readonly<Record<string, number>> = {
  u8: 1, s8: 1, char: 1, bool: 1, u16: 2, s16: 2, u32: 4, s32: 4, f32: 4, u64: 8, s64: 8, f64: 8, ptr: 8,
};

/**
 * Explains a record's bytes, as far as they reach. Unlike a layout's own `decode` it takes any length: fields behind the end are `missing`, and a
 * flexible array goes up to the end.
 */
export function explainRecord(layout: AnyLayout, span: Span, nameOf: NameNumber): RecordValue {
  const union = layout.kind === 'union';
  const fields: NamedValue[] = [];
  for (const field of layout.fields) {
    if (field.bits?.width === 0) continue;
    const value = explainField(field, span, nameOf);
    if (field.name === '' && value.kind === 'record') fields.push(...value.fields);
    else fields.push({ name: field.name, value });
  }
  return { kind: 'record', type: layout.name, union, fields };
}

/** Whether a layout, or a record in it, ends in an array without a length. */
export function isFlexible(layout: AnyLayout): boolean {
  return layout.fields.some(({ dims, element }) => dims[0] === FLEXIBLE || dims[0] === 0 || (dims.length === 0 && typeof element !== 'string' && isFlexible(element())));
}

function explainField(field: Field, span: Span, nameOf: NameNumber): Value {
  const { view, end } = span;
  const at = span.at + field.offset;
  const { dims } = field;
  const one = typeof field.element === 'string' ? SIZES[field.element]! : field.element().size;
  if (dims.length === 0) {
    if (typeof field.element !== 'string') return at >= end && field.size > 0 ? { kind: 'missing', size: field.size } : explainRecord(field.element(), { view, at, end }, nameOf);
    return at + field.size > end ? { kind: 'missing', size: field.size } : scalar(field, field.element, view, at, nameOf);
  }
  // Old headers write a flexible array as one of no elements.
  const flexible = dims[0] === FLEXIBLE || dims[0] === 0;
  const rest = dims.slice(1).reduce((all, count) => all * count, 1);
  const room = Math.max(0, end - at);
  const count = flexible ? Math.floor(room / Math.max(1, one * rest)) * rest : Math.min(rest * dims[0]!, Math.floor(room / Math.max(1, one)));
  if (!flexible && count === 0 && field.size > 0) return { kind: 'missing', size: field.size };
  const inner = dims.length > 1 ? dims.slice(1) : [];
  return explainArray(field, { view, at, end: Math.min(end, at + count * one) }, one, count, inner, nameOf);
}

function explainArray(field: Field, { view, at, end }: Span, one: number, count: number, inner: readonly number[], nameOf: NameNumber): Value {
  const { element, name } = field;
  if (inner.length > 0) {
    const each = inner.reduce((all, n) => all * n, 1);
    const items: Value[] = [];
    for (let i = 0; i < count; i += each) {
      const from = at + i * one;
      items.push(explainArray(field, { view, at: from, end: Math.min(end, from + each * one) }, one, Math.min(each, count - i), inner.slice(1), nameOf));
    }
    return { kind: 'list', items };
  }
  if (element === 'char' || element === 'u8') {
    // Nothing may begin behind the end of the bytes.
    const bytes = count === 0 ? new Uint8Array(0) : new Uint8Array(view.buffer, view.byteOffset + at, count).slice();
    const text = textOf(bytes, element === 'char');
    return text === undefined ? { kind: 'bytes', value: bytes } : { kind: 'text', value: text };
  }
  const items: Value[] = [];
  for (let i = 0; i < count; i++) {
    const from = at + i * one;
    items.push(typeof element === 'string' ? scalar({ ...field, name }, element, view, from, nameOf) : explainRecord(element(), { view, at: from, end }, nameOf));
  }
  return (element === 'u16' && name.includes('Unicode') ? wideText(items) : undefined) ?? { kind: 'list', items };
}

/** Text in 16-bit characters, of which NVIDIA's names use the printable ASCII ones. */
function wideText(items: readonly Value[]): Value | undefined {
  const codes = items.map((item) => (item.kind === 'number' ? Number(item.value) : 0));
  const text = textOf(Uint8Array.from(codes, (code) => (code < 0x7f ? code : 1)), false);
  return text === undefined ? undefined : { kind: 'text', value: text };
}

/** Shortest text that bytes which are not declared as text are taken for. */
const TEXT_LIKE = 3;

/** The text that bytes hold: printable characters, then NULs alone. Bytes that are declared as text may hold anything. */
export function textOf(bytes: Uint8Array, declared: boolean): string | undefined {
  let length = bytes.indexOf(0);
  if (length < 0) length = bytes.length;
  if (!declared && (length < TEXT_LIKE || length === bytes.length || bytes.subarray(length).some((byte) => byte !== 0))) return undefined;
  let text = '';
  for (const byte of bytes.subarray(0, length)) {
    const printable = (byte >= 0x20 && byte < 0x7f) || byte === 0x0a || byte === 0x09;
    if (!printable && !declared) return undefined;
    text += printable ? String.fromCharCode(byte) : '?';
  }
  return text;
}

function scalar(field: Field, type: string, view: DataView, at: number, nameOf: NameNumber): Value {
  const size = SIZES[type]!;
  if (field.bits !== undefined) return bitfield(field.bits, view, at, size);
  const value = readScalar(type, view, at);
  if (field.truth === true || type === 'bool') {
    // Anything but 0 and 1 is worth to be seen.
    if (value === 0 || value === 1) return { kind: 'truth', value: value === 1 };
  }
  const name = typeof value === 'number' ? nameOf(field.name, value) : undefined;
  return name === undefined ? { kind: 'number', value, size } : { kind: 'number', value, size, name };
}

function bitfield({ shift, width }: { readonly shift: number; readonly width: number }, view: DataView, at: number, size: number): Value {
  let bits = 0n;
  for (let i = Math.min(8, Math.ceil((shift + width) / 8)) - 1; i >= 0; i--) bits = (bits << 8n) | BigInt(at + i < view.byteLength ? view.getUint8(at + i) : 0);
  const value = (bits >> BigInt(shift)) & ((1n << BigInt(width)) - 1n);
  return { kind: 'number', value: width <= 32 ? Number(value) : value, size };
}

function readScalar(type: string, view: DataView, at: number): number | bigint {
  switch (type) {
    case 'u8': case 'bool': case 'char': return view.getUint8(at);
    case 's8': return view.getInt8(at);
    case 'u16': return view.getUint16(at, true);
    case 's16': return view.getInt16(at, true);
    case 'u32': return view.getUint32(at, true);
    case 's32': return view.getInt32(at, true);
    case 'f32': return view.getFloat32(at, true);
    case 'f64': return view.getFloat64(at, true);
    case 's64': return view.getBigInt64(at, true);
    default: return view.getBigUint64(at, true);
  }
}
