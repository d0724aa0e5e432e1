/**
 * How the contract is written down: as plain data, from which client types are inferred, checks at the seam are derived
 * and other languages' headers can be emitted. Every field has a sentence that stays true on any hardware.
 *
 * `size` counts bytes below 2^53 in 64 bits; `token` is 64 bits that mean something to their maker only; `octets` are
 * exactly `length` bytes; `data` are opaque bytes, lent for the call; `text` is UTF-8 of at most `length` bytes;
 * `record` and `enum` name what the interface declares under that name; `object` is something that belongs to the
 * session and is given back with `release`.
 */
export type Field =
  | ({ readonly kind: 'u8' | 'u16' | 'u32' | 'size'; readonly range?: readonly [min: number, max: number] } & Said)
  | ({ readonly kind: 'token' | 'flag' } & Said)
  /** `sizedBy`: what comes out has as many bytes as that field of what goes in says, so whoever carries it knows before. */
  | ({ readonly kind: 'data'; readonly sizedBy?: string } & Said)
  | ({ readonly kind: 'text' | 'octets'; readonly length: number } & Said)
  | ({ readonly kind: 'enum'; readonly enum: string } & Said)
  | ({ readonly kind: 'record'; readonly record: string } & Said)
  | ({ readonly kind: 'list'; readonly element: Field } & Said)
  | ({ readonly kind: 'object'; readonly object: string } & Said);

interface Said {
  /** What it means, with its unit. */
  readonly text: string;
  /** May be left out. */
  readonly optional?: true;
  /** First minor that has it; default 0. Sessions of an earlier minor neither see nor send it. */
  readonly since?: number;
}
export type Fields = Readonly<Record<string, Field>>;

/** Stands in inferred types for an object, until the interface that declares it puts its methods there. */
export interface ObjectMarker<N extends string> { readonly $object: N }

/** What fields may refer to by name. */
export interface Named {
  readonly records: Readonly<Record<string, Fields>>;
  readonly enums: Readonly<Record<string, Readonly<Record<string, number>>>>;
}

export type FieldValue<F, I> = F extends { readonly kind: 'u8' | 'u16' | 'u32' | 'size' } ? number
  : F extends { readonly kind: 'token' } ? bigint
  : F extends { readonly kind: 'flag' } ? boolean
  : F extends { readonly kind: 'text' } ? string
  : F extends { readonly kind: 'octets' | 'data' } ? Uint8Array
  : F extends { readonly kind: 'enum'; readonly enum: infer N } ? (I extends { readonly enums: infer E } ? (N extends keyof E ? keyof E[N] & string : never) : never)
  : F extends { readonly kind: 'record'; readonly record: infer N } ? (I extends { readonly records: infer R } ? (N extends keyof R ? ValueOf<R[N], I> : never) : never)
  : F extends { readonly kind: 'list'; readonly element: infer E } ? readonly FieldValue<E, I>[]
  : F extends { readonly kind: 'object'; readonly object: infer N extends string } ? ObjectMarker<N>
  : never;

type OptionalKeys<F> = { [K in keyof F]: F[K] extends { readonly optional: true } ? K : never }[keyof F];

/** Value type of a set of fields of the interface `I`. */
export type ValueOf<F, I> = { readonly [K in Exclude<keyof F, OptionalKeys<F>>]: FieldValue<F[K], I> } & { readonly [K in OptionalKeys<F>]?: FieldValue<F[K], I> };
