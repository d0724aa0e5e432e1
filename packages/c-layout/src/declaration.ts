import { LayoutError } from './errors.ts';
import type { ElementType, Field } from './field.ts';
import type { Layout } from './layout.ts';
import { placed } from './record.ts';
import { SCALARS, type ScalarName, type ScalarValue } from './scalars.ts';

/** What stands behind a field's name in a declaration. */
export type FieldType = ScalarName | NestedType | ArrayType | BitsType | TruthType;

/** Any layout, as a member of another record. */
export type NestedType = Pick<Layout<unknown>, 'name' | 'size' | 'align' | 'kind'>;

export interface ArrayType<E extends FieldType = FieldType> {
  readonly array: E;
  /** Elements; a flexible array has none here and takes no space. */
  readonly length: number;
}

export interface BitsType {
  readonly bits: 'u8' | 'u16' | 'u32';
  readonly width: number;
}

export interface TruthType {
  readonly truth: 'u8' | 'u32';
}

export type Fields = Readonly<Record<string, FieldType>>;

/** The value type that follows from a field's declaration. */
export type FieldValue<T> = T extends ScalarName ? ScalarValue<T>
  : T extends { readonly bits: string } ? number
  : T extends { readonly truth: string } ? boolean
  : T extends { readonly array: infer E } ? (E extends 'u8' | 'char' ? Uint8Array : readonly FieldValue<E>[])
  : T extends { readonly kind: 'union' } ? Uint8Array
  : T extends Layout<infer V> ? V
  : never;

/** The value type that follows from a record's declaration. */
export type ValueOf<F> = { -readonly [K in keyof F]: FieldValue<F[K]> };

export interface RecordOptions {
  /** No padding between members, alignment 1. */
  readonly packed?: boolean;
  /** Least alignment of the record in bytes. */
  readonly align?: number;
}

/** `length` elements of `element` in a row. */
export function array<const E extends FieldType>(element: E, length: number): ArrayType<E> {
  return { array: element, length };
}

/** A C array without a length at the end of a struct: takes no space, what follows the record is the caller's to read. */
export function flexible<const E extends FieldType>(element: E): ArrayType<E> {
  return { array: element, length: 0 };
}

/** A bitfield of `width` bits in units of `unit`. */
export function bits(unit: BitsType['bits'], width: number): BitsType {
  return { bits: unit, width };
}

/** A truth value kept in an integer, as NvBool is in a u8. */
export function truth(unit: TruthType['truth']): TruthType {
  return { truth: unit };
}

/**
 * Declares a C struct: fields in order, placed by the rules of the x86-64 and AArch64 ABIs.
 *
 * @throws LayoutError `DECLARATION`.
 */
export function struct<const F extends Fields>(name: string, fields: F, options: RecordOptions = {}): Layout<ValueOf<F>, ValueOf<F>> {
  return declare(name, 'struct', fields, options);
}

/** Declares a C union: all members at offset 0. As a field its value is its bytes; its view shows every member. */
export function union<const F extends Fields>(name: string, members: F, options: RecordOptions = {}): Layout<ValueOf<F>, ValueOf<F>> & { readonly kind: 'union' } {
  return declare<ValueOf<F>>(name, 'union', members, options) as Layout<ValueOf<F>, ValueOf<F>> & { readonly kind: 'union' };
}

interface Shape {
  readonly element: ElementType;
  readonly dims: readonly number[];
  readonly size: number;
  readonly align: number;
  readonly width?: number;
  readonly truth?: boolean;
}

function shapeOf(type: FieldType): Shape {
  if (typeof type === 'string') return { element: type, dims: [], size: SCALARS[type].size, align: SCALARS[type].size };
  if ('array' in type) {
    const inner = shapeOf(type.array);
    return { ...inner, dims: [type.length, ...inner.dims], size: inner.size * type.length };
  }
  if ('bits' in type) return { element: type.bits, dims: [], size: SCALARS[type.bits].size, align: SCALARS[type.bits].size, width: type.width };
  if ('truth' in type) return { element: type.truth, dims: [], size: SCALARS[type.truth].size, align: SCALARS[type.truth].size, truth: true };
  return { element: () => type as Layout<unknown>, dims: [], size: type.size, align: type.align };
}

function declare<V>(name: string, kind: 'struct' | 'union', declared: Fields, { packed = false, align: least = 1 }: RecordOptions): Layout<V, V> {
  const fields: Field[] = [];
  let bit = 0;
  let end = 0;
  let align = least;
  for (const [fieldName, type] of Object.entries(declared)) {
    const shape = shapeOf(type);
    const step = packed ? 1 : shape.align;
    if (kind === 'union') bit = 0;
    align = Math.max(align, step);
    if (shape.width !== undefined) {
      const unit = shape.size * 8;
      if (shape.width < 1 || shape.width > unit) throw new LayoutError('DECLARATION', `${name}.${fieldName}`, `a bitfield of ${shape.width} bits does not fit ${unit}`);
      if (Math.floor(bit / unit) !== Math.floor((bit + shape.width - 1) / unit)) bit = Math.ceil(bit / unit) * unit;
      const offset = Math.floor(bit / unit) * shape.size;
      fields.push({ name: fieldName, offset, size: shape.size, element: shape.element, dims: [], bits: { shift: bit - offset * 8, width: shape.width } });
      bit += shape.width;
    } else {
      const offset = Math.ceil(bit / 8 / step) * step;
      fields.push({ name: fieldName, offset, size: shape.size, element: shape.element, dims: shape.dims, ...(shape.truth && { truth: true }) });
      bit = (offset + shape.size) * 8;
    }
    end = Math.max(end, Math.ceil(bit / 8));
  }
  return placed<V>({ name, kind, size: Math.ceil(end / align) * align, align, fields: () => fields });
}
