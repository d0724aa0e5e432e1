import type { Field } from './field.ts';
import type { View } from './view.ts';

/** A value of which anything may be left out; what is left out is zero. */
export type Partially<V> = V extends Uint8Array ? Uint8Array
  : V extends readonly (infer E)[] ? readonly Partially<E>[]
  : V extends object ? { readonly [K in keyof V]?: Partially<V[K]> }
  : V;

/** Where and why a value is not one of a record. */
export interface Flaw {
  /** `field[3].inner` */
  readonly path: string;
  readonly message: string;
}

/**
 * One C record. `V` is its value as a plain object: 32 bits and less are numbers, 64 bits and pointers bigint, arrays
 * of bytes Uint8Array, other arrays plain arrays, unions their raw bytes. Members without a name give their fields to
 * the record around them. Fields that share bytes (of a union, with or without a name) are all in a value that was
 * read; written they must agree. A flexible array is empty in a value: its length is not the record's to know; a view
 * shows it up to the end of the bytes. `W` is the record in place.
 */
export interface Layout<V, W = View<V>> {
  readonly name: string;
  /** Bytes, padding at the end included. */
  readonly size: number;
  readonly align: number;
  readonly kind: 'struct' | 'union';
  readonly fields: readonly Field[];
  /** Offset of every named field, in bytes. */
  readonly offsets: { readonly [K in keyof V]: number };
  /** Reads a value at `at`. @throws LayoutError `SHORT` when the record does not lie inside the view. */
  decode(view: DataView, at?: number): V;
  /** Writes a whole value; padding stays as it is. @throws LayoutError, and then nothing was written. */
  encode(view: DataView, at: number, value: V): void;
  /** An object whose properties read and write the bytes in place, members of unions included. */
  view(view: DataView, at?: number): W;
  /** {@link decode} over bytes. */
  read(bytes: Uint8Array, at?: number): V;
  /** Writes what `value` has and zero for the rest. @throws LayoutError, and then nothing was written. */
  write(bytes: Uint8Array, at: number, value: Partially<V>): void;
  /** New bytes of one record with `value` written. */
  create(value?: Partially<V>): Uint8Array;
  /** The first thing wrong with a whole value, or undefined. */
  validate(value: unknown): Flaw | undefined;
}
