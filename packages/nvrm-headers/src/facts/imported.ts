// What an import reads out of the headers, as JSON: one object for a version, tables with their rows sorted by name or
// number. Whole numbers outside plus and minus 2^53 - 1 are decimal texts. `file` is an index into `files`.

/** A record by `ref`, or a scalar. */
export interface ImportedType {
  /** As spelled, without the array part. */
  readonly type: string;
  /** What it is in memory: `u8` to `s64`, `char`, `bool`, `f32`, `f64`, `ptr`, `fnptr`, `struct`, `union`; a typedef also `opaque` or `function`. */
  readonly kind: string;
  /** Bytes of the whole, all elements of an array. */
  readonly size?: number;
  readonly ref?: string;
  /** Name of the enumeration, null for one without. */
  readonly enum?: string | null;
  /** What a pointer points at. */
  readonly to?: string;
  /** Outermost first; null is an array without a length. */
  readonly dims?: readonly (number | null)[];
}

export interface ImportedField extends ImportedType {
  readonly name: string;
  /** Bytes from the start of the record; absent for a bitfield, which has `bit` and `width`. */
  readonly offset?: number;
  readonly bit?: number;
  readonly width?: number;
}

export interface ImportedRecord {
  readonly kind: 'struct' | 'union';
  readonly tag?: string;
  readonly aliases?: readonly string[];
  readonly tagOnly?: boolean;
  readonly anonymous?: boolean;
  readonly packed?: boolean;
  readonly size: number;
  readonly align: number;
  readonly file: number;
  readonly fields: readonly ImportedField[];
}

export interface ImportedEnum {
  readonly name: string | null;
  readonly tag?: string;
  readonly aliases?: readonly string[];
  readonly kind: string;
  readonly size: number;
  readonly file: number;
  readonly values: readonly (readonly [name: string, value: number | string])[];
}

export interface ImportedCommand {
  readonly name: string;
  readonly id: number;
  readonly params?: string;
  readonly record?: string;
  readonly via?: readonly ('table' | 'finn' | 'name')[];
  readonly other?: Readonly<Partial<Record<'table' | 'finn' | 'name', string>>>;
  readonly messageId?: number;
  readonly exported?: boolean;
  readonly flags?: number;
  readonly right?: number;
}

export interface ImportedClass {
  readonly name: string;
  readonly id: number;
  readonly file?: number;
  readonly via?: readonly ('all' | 'resource' | 'header')[];
  readonly params?: string;
  readonly record?: string;
  readonly required?: boolean;
  readonly paramsVia?: string;
  readonly internal?: string;
  readonly parents?: readonly string[];
}

export interface ImportedRpc {
  readonly name: string;
  readonly value: number;
  readonly structs?: readonly string[];
  readonly current?: string;
  readonly payload?: string;
}

export interface ImportedIoctl {
  readonly name: string;
  readonly nr: number;
  readonly params?: string;
}

type ByFile<T> = Readonly<Record<string, Readonly<Record<string, T>>>>;

export interface Imported {
  readonly schema: 1;
  readonly version: string;
  readonly target: string;
  readonly counts: Readonly<Record<string, number>> & { readonly files: number };
  /** The first `counts.files` were taken whole; of those after them single records or constants. */
  readonly files: readonly string[];
  readonly records: Readonly<Record<string, ImportedRecord>>;
  readonly typedefs: Readonly<Record<string, ImportedType>>;
  readonly enums: readonly ImportedEnum[];
  readonly commands: readonly ImportedCommand[];
  readonly classes: readonly ImportedClass[];
  readonly rpc: { readonly functions: readonly ImportedRpc[]; readonly events: readonly ImportedRpc[] };
  readonly escapes: readonly ImportedIoctl[];
  readonly uvm: readonly ImportedIoctl[];
  readonly status: readonly { readonly name: string; readonly value: number }[];
  readonly macros: ByFile<number | string>;
  readonly ranges: ByFile<string>;
  readonly typeMacros: Readonly<Record<string, string>>;
}
