import type { Layout } from './layout.ts';
import type { ScalarName } from './scalars.ts';

/** What one element of a field is. A record is named by a function, so that declarations may be in any order. */
export type ElementType = ScalarName | (() => Layout<unknown>);

/** A field with its place: what a declaration becomes, and what generated records are made of. */
export interface Field {
  /** Empty for an anonymous member, whose fields then belong to the record around it. */
  readonly name: string;
  /** Bytes from the start of the record. */
  readonly offset: number;
  /** Bytes of the whole field, all elements of an array. */
  readonly size: number;
  readonly element: ElementType;
  /** Array dimensions, outermost first; none for a single element. A last dimension of -1 is flexible. */
  readonly dims: readonly number[];
  /** First bit, counted from bit 0 of the byte at `offset`, and width, for a bitfield. */
  readonly bits?: { readonly shift: number; readonly width: number };
  /** True when the value is a C truth value in an integer (NvBool): it reads and writes as boolean. */
  readonly truth?: boolean;
}
