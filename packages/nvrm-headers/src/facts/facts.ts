/** What is known of one firmware version: names and numbers read out of its headers with a compiler. */
export interface Facts {
  /** `570.144` */
  readonly version: string;
  /** What the numbers hold for. */
  readonly target: string;
  /** Headers by path, relative to the root of NVIDIA/open-gpu-kernel-modules. */
  readonly files: ReadonlyMap<string, FileFact>;
  /** Types of fields that are no records, as spelled. */
  readonly scalars: ReadonlyMap<string, ScalarFact>;
  readonly records: ReadonlyMap<string, RecordFact>;
  readonly typedefs: ReadonlyMap<string, TypedefFact>;
  /** Enumerations by their first enumerator, for many have no name. */
  readonly enums: ReadonlyMap<string, EnumFact>;
  readonly commands: ReadonlyMap<string, CommandFact>;
  readonly classes: ReadonlyMap<string, ClassFact>;
  readonly functions: ReadonlyMap<string, RpcFact>;
  readonly events: ReadonlyMap<string, RpcFact>;
  readonly escapes: ReadonlyMap<string, IoctlFact>;
  readonly uvm: ReadonlyMap<string, IoctlFact>;
  readonly status: ReadonlyMap<string, number>;
  /** Macros whose value is a whole number, by header and name. */
  readonly constants: ReadonlyMap<string, ReadonlyMap<string, number | bigint>>;
  /** Macros that are bit ranges, `hi:lo`, by header and name. */
  readonly ranges: ReadonlyMap<string, ReadonlyMap<string, string>>;
  /** Macros that stand for a type. */
  readonly typeMacros: ReadonlyMap<string, string>;
}

export interface FileFact {
  readonly path: string;
  /** Only single records or constants were taken of it, not all that it holds. */
  readonly picked: boolean;
}

/** `fnptr` is a pointer to a function. Only typedefs are `opaque` (declared, never defined) or a `function`. */
export type ScalarKind = 'u8' | 'u16' | 'u32' | 'u64' | 's8' | 's16' | 's32' | 's64' | 'char' | 'bool' | 'f32' | 'f64' | 'ptr' | 'fnptr' | 'opaque' | 'function';

export interface ScalarFact {
  readonly kind: ScalarKind;
  /** What a pointer points at; it is not followed. */
  readonly to?: string;
  /** Name of the enumeration, null for one without; absent when the type is none. */
  readonly enum?: string | null;
}

/** A type as a field or a typedef has it: a record by its name, or a scalar. */
export interface TypeFact {
  /** As spelled, without the array part. */
  readonly type: string;
  readonly kind: ScalarKind | 'record';
  /** Name of the record. */
  readonly ref?: string;
  /** Array dimensions, outermost first; `-1` for one without a length. */
  readonly dims: readonly number[];
}

export interface FieldFact extends TypeFact {
  /** Empty for a member without a name, whose fields are the parent's. */
  readonly name: string;
  /** Bytes from the start of the record; for a bitfield of the byte with its first bit. */
  readonly offset: number;
  /** First bit from the start of the record, and width. */
  readonly bits?: { readonly first: number; readonly width: number };
}

export interface RecordFact {
  /** The typedef, or the tag where there is none. A record defined inside another one is `PARENT.field` or `PARENT.$0`. */
  readonly name: string;
  readonly file: string;
  readonly kind: 'struct' | 'union';
  /** Bytes. */
  readonly size: number;
  readonly align: number;
  readonly fields: readonly FieldFact[];
  /** The tag where it is not the name. */
  readonly tag?: string;
  /** Further typedefs of the same record. */
  readonly aliases: readonly string[];
  /** No typedef: in C it is `struct NAME`. */
  readonly tagOnly: boolean;
  readonly anonymous: boolean;
  /** Some field is less aligned than its type wants. */
  readonly packed: boolean;
}

export interface TypedefFact extends TypeFact {
  readonly name: string;
}

export interface EnumFact {
  readonly name: string | null;
  readonly file: string;
  readonly kind: ScalarKind;
  readonly values: readonly (readonly [name: string, value: number | bigint])[];
  readonly tag?: string;
  readonly aliases: readonly string[];
}

/** Where a link came from: RM's table of exported controls, the message id of a structure, or the name. */
export type CommandVia = 'table' | 'finn' | 'name';

export interface CommandFact {
  readonly name: string;
  readonly id: number;
  /** Type of the parameters; absent when there are none, or none is known. */
  readonly params?: string;
  /** The record, when `params` is another name of it. */
  readonly record?: string;
  readonly via: readonly CommandVia[];
  /** Different records at which the other links pointed. */
  readonly other?: Readonly<Partial<Record<CommandVia, string>>>;
  readonly messageId?: number;
  /** In the table of the kernel's RM; a command that is not is served elsewhere. */
  readonly exported: boolean;
  /** Control flags and access right of an exported command. */
  readonly flags?: number;
  readonly right?: number;
}

/** Where a class came from: RM's list of classes, what RM can allocate, or a class header. */
export type ClassVia = 'all' | 'resource' | 'header';

export interface ClassFact {
  readonly name: string;
  readonly id: number;
  readonly file?: string;
  readonly via: readonly ClassVia[];
  /** Type of the allocation parameters. */
  readonly params?: string;
  readonly record?: string;
  readonly required?: boolean;
  /** `messageId` where RM cannot allocate the class and its structure's message id gave the link. */
  readonly paramsVia?: string;
  /** RM's own class. */
  readonly internal?: string;
  /** RM's classes of which it may be a child; `-` is the client's root, `*` any. */
  readonly parents?: readonly string[];
}

export interface RpcFact {
  readonly name: string;
  readonly value: number;
  /** The versioned structures of the body. */
  readonly structs: readonly string[];
  /** The one in force. */
  readonly current?: string;
  /** The record that is the body instead. */
  readonly payload?: string;
}

export interface IoctlFact {
  readonly name: string;
  /** Low byte of the number for an escape of the RM, the whole number for UVM. */
  readonly nr: number;
  readonly params?: string;
}
