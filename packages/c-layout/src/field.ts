import type { Layout } from './layout.ts';
import type { ScalarName } from './scalars.ts';

/** What one element of a field is. A record is named by a function, so that declarations may be in any order. */
export type ElementType = ScalarName | (() => Layout<unknown>);

/** The last dimension of a flexible array, which takes no space in its record. */
export const FLEXIBLE = -1;

/** A field with its place: what a declaration becomes, and what generated records are made of. */
export interface Field {
  /** Empty for an anonymous member, whose fields then belong to the record around it. */
  readonly name: string;
  /** Bytes from the start of the record. */
  readonly offset: number;
  /** Bytes of the whole field, all elements of an array. */
  readonly size: number;
  readonly element: ElementType;
  /** Array dimensions, outermost first; none for a single element. A first dimension of {@link FLEXIBLE} has no length here. */
  readonly dims: readonly number[];
  /** First bit, counted from bit 0 of the byte at `offset`, and width, for a bitfield. */
  readonly bits?: { readonly shift: number; readonly width: number };
  /** True when the value is a C truth value in an integer (NvBool): it reads and writes as boolean. */
  readonly truth?: boolean;
  /** The names of an enumeration's values. Other values are allowed, as in C. */
  readonly names?: Readonly<Record<string, number>>;
}

/** Whether some of the named fields lie on the same bits. */
export function overlap(fields: readonly { readonly offset: number; readonly size: number; readonly bits?: Field['bits'] | undefined }[]): boolean {
  const spans = fields
    .map(({ offset, size, bits }) => (bits ? { from: offset * 8 + bits.shift, count: bits.width } : { from: offset * 8, count: size * 8 }))
    .filter(({ count }) => count > 0)
    .sort((a, b) => a.from - b.from);
  return spans.some(({ from }, i) => i > 0 && from < spans[i - 1]!.from + spans[i - 1]!.count);
}
