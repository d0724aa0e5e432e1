import type { Layout } from './layout.ts';
import { lay, type RecordOptions } from './placement.ts';
import type { ScalarName, ScalarValue } from './scalars.ts';
import type { UnionBytes } from './view.ts';

/** What stands behind a field's name in a declaration. */
export type FieldType = ScalarName | NestedType | ArrayType | BitsType | TruthType | EnumType | AlignedType | AnonymousType;

/** Any layout, as a member of another record. */
export type NestedType = Pick<Layout<unknown>, 'name' | 'size' | 'align' | 'kind'>;

export interface ArrayType<E extends FieldType = FieldType> {
  readonly array: E;
  /** Elements; `-1` for a flexible array. */
  readonly length: number;
}

/** An array of which the record says no length; one of unions is bytes. */
export interface FlexibleType<E extends FieldType = FieldType> extends ArrayType<E> {
  readonly length: -1;
}

export interface BitsType<U extends 'u8' | 'u16' | 'u32' | 'u64' = 'u8' | 'u16' | 'u32' | 'u64'> {
  readonly bits: U;
  readonly width: number;
}

export interface TruthType {
  readonly truth: 'u8' | 'u32';
}

export interface EnumType<S extends ScalarName = ScalarName> {
  readonly enum: S;
  readonly names: Readonly<Record<string, number>>;
}

export interface AlignedType<T extends FieldType = FieldType> {
  readonly aligned: T;
  readonly to: number;
}

export interface AnonymousType<L extends NestedType = NestedType> {
  readonly anonymous: L;
}

export type Fields = Readonly<Record<string, FieldType>>;

/** The value type that follows from a field's declaration. */
export type FieldValue<T> = T extends ScalarName ? ScalarValue<T>
  : T extends { readonly bits: infer U } ? (U extends 'u64' ? bigint : number)
  : T extends { readonly truth: string } ? boolean
  : T extends { readonly enum: infer S extends ScalarName } ? ScalarValue<S>
  : T extends { readonly aligned: infer A } ? FieldValue<A>
  : T extends { readonly array: { readonly kind: 'union' }; readonly length: -1 } ? Uint8Array
  : T extends { readonly array: infer E } ? (E extends 'u8' | 'char' ? Uint8Array : readonly FieldValue<E>[])
  : T extends Layout<infer V> ? (T extends { readonly kind: 'union' } ? UnionBytes<V> : V)
  : never;

/** The value type that follows from a record's declaration; fields made at run time have no names to follow. */
export type ValueOf<F> = string extends keyof F ? Record<string, unknown> : [AnonymousKeys<F>] extends [never] ? { -readonly [K in keyof F]: FieldValue<F[K]> } : Flat<F, AnonymousKeys<F>>;

type AnonymousKeys<F> = { [K in keyof F]: F[K] extends AnonymousType ? K : never }[keyof F];
type Flat<F, A extends keyof F> = Merged<{ [K in Exclude<keyof F, A>]: FieldValue<F[K]> } & All<{ [K in A]: F[K] extends AnonymousType<infer L> ? (L extends Layout<infer V> ? V : never) : never }[A]>>;
type All<U> = (U extends unknown ? (one: U) => void : never) extends (all: infer I) => void ? I : never;
type Merged<T> = { -readonly [K in keyof T]: T[K] };

/** `length` elements of `element` in a row. */
export function array<const E extends FieldType>(element: E, length: number): ArrayType<E> {
  return { array: element, length };
}

/** A C array without a length at the end of a struct: takes no space, what follows the record is the caller's to read. */
export function flexible<const E extends FieldType>(element: E): FlexibleType<E> {
  return { array: element, length: -1 };
}

/** A bitfield of `width` bits in units of `unit`. */
export function bits<const U extends BitsType['bits']>(unit: U, width: number): BitsType<U> {
  return { bits: unit, width };
}

/** A truth value kept in an integer, as NvBool is in a u8. */
export function truth(unit: TruthType['truth']): TruthType {
  return { truth: unit };
}

/** An enumeration kept in an integer. Its value is the number: as in C, one without a name is allowed. */
export function enumOf<const S extends ScalarName>(scalar: S, names: Readonly<Record<string, number>>): EnumType<S> {
  return { enum: scalar, names };
}

/** A member with at least this alignment in bytes, also in a packed record. */
export function aligned<const T extends FieldType>(type: T, to: number): AlignedType<T> {
  return { aligned: type, to };
}

/** A member without a name: its fields are fields of the record around it. Its key in the declaration is not used. */
export function anonymous<const L extends NestedType>(layout: L): AnonymousType<L> {
  return { anonymous: layout };
}

/**
 * Declares a C struct: fields in order, placed by the rules of the x86-64 and AArch64 ABIs.
 *
 * @throws LayoutError `DECLARATION`.
 */
export function struct<const F extends Fields>(name: string, fields: F, options: RecordOptions = {}): Layout<ValueOf<F>> {
  return lay(name, 'struct', fields, options);
}

/** Declares a C union: all members at offset 0. As a field its value is its bytes; its view shows every member. */
export function union<const F extends Fields>(name: string, members: F, options: RecordOptions = {}): Layout<ValueOf<F>> & { readonly kind: 'union' } {
  return lay<ValueOf<F>>(name, 'union', members, options) as Layout<ValueOf<F>> & { readonly kind: 'union' };
}
