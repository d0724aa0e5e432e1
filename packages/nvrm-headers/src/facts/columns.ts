// Which columns a line has, for each kind: how it is written stands next to how it is read.
import { columns, extras, list, oneOf, optional, text, whole, without, type Columns } from './checks.ts';
import { FactsError } from './errors.ts';
import type { ClassFact, ClassVia, CommandFact, CommandVia, EnumFact, FieldFact, FileFact, IoctlFact, RecordFact, RpcFact, ScalarFact, ScalarKind, TypedefFact, TypeFact } from './facts.ts';
import type { Line } from './lines.ts';

export interface Kind<T> {
  readonly write: (fact: T) => readonly unknown[];
  /** @throws TypeError for columns that are not of this kind. */
  readonly read: (name: string, columns: Columns) => T;
}

/** `T` with all that may be absent present, if only as undefined. */
type Told<T> = { [K in keyof T]-?: T[K] | (undefined extends T[K] ? undefined : never) };
/** Checks that nothing is forgotten, and leaves out what is absent. */
const told = <T extends object>(fact: Told<T>): T => without(fact);

const KINDS: readonly ScalarKind[] = ['u8', 'u16', 'u32', 'u64', 's8', 's16', 's32', 's64', 'char', 'bool', 'f32', 'f64', 'ptr', 'fnptr', 'opaque', 'function'];
const kindOf = oneOf(KINDS);
const flag = (value: unknown): boolean => optional(value, (given) => given === true) ?? false;
const texts = (value: unknown): string[] => optional(value, list(text)) ?? [];

/** Where a link came from, a letter each. */
const VIA: Readonly<Record<CommandVia | ClassVia, string>> = { table: 't', finn: 'f', name: 'n', all: 'a', resource: 'r', header: 'h' };
const letters = (via: readonly (CommandVia | ClassVia)[]): string | undefined => via.map((word) => VIA[word]).join('') || undefined;
const words = <T extends CommandVia | ClassVia>(given: unknown): T[] => {
  const all = optional(given, text) ?? '';
  return Object.entries(VIA).filter(([, letter]) => all.includes(letter)).map(([word]) => word as T);
};

/** What is there of `object`; nothing when there is nothing. */
function present(object: Readonly<Record<string, unknown>>): unknown[] {
  const entries = Object.entries(object).filter(([, value]) => value !== undefined && value !== false && !(Array.isArray(value) && value.length === 0));
  return entries.length === 0 ? [] : [Object.fromEntries(entries)];
}

/** Absent columns are null, and cut off at the end. */
function trimmed(all: readonly unknown[]): unknown[] {
  return all.slice(0, all.findLastIndex((value) => value !== undefined) + 1).map((value) => value ?? null);
}

/** A whole number of any size: JSON's where it is exact there, a decimal text otherwise. */
export const numberText = (value: number | bigint): number | string => (typeof value === 'bigint' ? String(value) : value);
export const textNumber = (value: unknown): number | bigint => (typeof value === 'number' ? whole(value) : BigInt(text(value)));

/** `@record`, `@record|as spelled`, or the spelling of a scalar. */
const writeType = ({ type, ref }: TypeFact): string => (ref === undefined ? type : type === ref ? `@${ref}` : `@${ref}|${type}`);

type ReadType = (spelled: unknown, dims: unknown) => TypeFact;

/** Reads types; scalars are told once for all fields. */
export function typeReader(scalars: ReadonlyMap<string, ScalarFact>): ReadType {
  return (given, lengths) => {
    const spelled = text(given);
    const dims = optional(lengths, list(whole)) ?? [];
    if (spelled.startsWith('@')) {
      const [ref = '', type = ref] = spelled.slice(1).split('|');
      return { type, kind: 'record', ref, dims };
    }
    const scalar = scalars.get(spelled);
    if (scalar === undefined) throw new FactsError(0, `no line tells of the type ${JSON.stringify(spelled)}`);
    return { type: spelled, kind: scalar.kind, dims };
  };
}

export const file: Kind<FileFact> = {
  write: ({ picked }) => (picked ? [1] : []),
  read: (path, [picked]) => ({ path, picked: picked === 1 }),
};

/** The name of an enumeration without one is empty. */
export const scalar: Kind<ScalarFact> = {
  write: ({ kind, to, enum: of }) => trimmed([kind, to, of === null ? '' : of]),
  read: (_, [kind, to, of]) => told<ScalarFact>({ kind: kindOf(kind), to: optional(to, text), enum: of === '' ? null : optional(of, text) }),
};

export const recordOf = (type: ReadType): Kind<RecordFact> => {
  const fieldOf = (row: unknown): FieldFact => {
    const [name, offset, spelled, dims, bits] = columns(row);
    const place = optional(bits, list(whole));
    return told<FieldFact>({ name: text(name), offset: whole(offset), ref: undefined, ...type(spelled, dims), bits: place && { first: place[0] ?? whole(undefined), width: place[1] ?? whole(undefined) } });
  };
  return {
    write: ({ file: path, kind, size, align, fields, tag, aliases, tagOnly, anonymous, packed }) => [
      path, kind === 'struct' ? 's' : 'u', size, align,
      fields.map((field) => trimmed([field.name, field.offset, writeType(field), field.dims.length > 0 ? field.dims : undefined, field.bits && [field.bits.first, field.bits.width]])),
      ...present({ tag, aliases, tagOnly, anonymous, packed }),
    ],
    read: (name, [path, kind, size, align, fields, more]) => {
      const { tag, aliases, tagOnly, anonymous, packed } = extras(more);
      return told<RecordFact>({
        name, file: text(path), kind: oneOf(['s', 'u'])(kind) === 's' ? 'struct' : 'union', size: whole(size), align: whole(align), fields: list(fieldOf)(fields),
        tag: optional(tag, text), aliases: texts(aliases), tagOnly: flag(tagOnly), anonymous: flag(anonymous), packed: flag(packed),
      });
    },
  };
};

export const typedefOf = (type: ReadType): Kind<TypedefFact> => ({
  write: (typedef) => trimmed([writeType(typedef), typedef.dims.length > 0 ? typedef.dims : undefined]),
  read: (name, [spelled, dims]) => ({ name, ...type(spelled, dims) }),
});

/** Named by its first enumerator, which is written with the others. */
export const enumeration: Kind<EnumFact> = {
  write: ({ name, file: path, kind, values, tag, aliases }) => [name, path, kind, values.map(([each, value]) => [each, numberText(value)]), ...present({ tag, aliases })],
  read: (_, [name, path, kind, values, more]) => {
    const { tag, aliases } = extras(more);
    const valueOf = (row: unknown): readonly [string, number | bigint] => {
      const [each, value] = columns(row);
      return [text(each), textNumber(value)];
    };
    return told<EnumFact>({ name: optional(name, text) ?? null, file: text(path), kind: kindOf(kind), values: list(valueOf)(values), tag: optional(tag, text), aliases: texts(aliases) });
  },
};

/** The message id is the low byte of a command that was composed from it, and is written only where it is not; -1 is none. */
export const command: Kind<CommandFact> = {
  write: ({ id, params, record, via, other, messageId, exported, flags, right }) => {
    const usual = via.includes('finn') ? id & 0xff : undefined;
    return [id, params ?? null, ...present({ record, via: letters(via), other, messageId: messageId === usual ? undefined : messageId ?? -1, exported, flags, right })];
  },
  read: (name, [id, params, more]) => {
    const { record, via, other, messageId, exported, flags, right } = extras(more);
    const number = whole(id);
    const links = words<CommandVia>(via);
    const message = optional(messageId, whole) ?? (links.includes('finn') ? number & 0xff : -1);
    return told<CommandFact>({
      name, id: number, params: optional(params, text), record: optional(record, text), via: links, other: optional(other, extras),
      messageId: message === -1 ? undefined : message, exported: flag(exported), flags: optional(flags, whole), right: optional(right, whole),
    });
  },
};

export const classOf: Kind<ClassFact> = {
  write: ({ id, file: path, params, via, record, required, paramsVia, internal, parents }) => [
    id, path ?? null, params ?? null, ...present({ via: letters(via), record, required: required === undefined ? undefined : Number(required), paramsVia, internal, parents }),
  ],
  read: (name, [id, path, params, more]) => {
    const { via, record, required, paramsVia, internal, parents } = extras(more);
    return told<ClassFact>({
      name, id: whole(id), file: optional(path, text), via: words<ClassVia>(via), params: optional(params, text), record: optional(record, text),
      required: optional(required, (given) => given === 1), paramsVia: optional(paramsVia, text), internal: optional(internal, text), parents: optional(parents, list(text)),
    });
  },
};

export const rpc: Kind<RpcFact> = {
  write: ({ value, structs, current, payload }) => trimmed([value, structs.length > 0 ? structs : undefined, current, payload]),
  read: (name, [value, structs, current, payload]) => told<RpcFact>({ name, value: whole(value), structs: texts(structs), current: optional(current, text), payload: optional(payload, text) }),
};

export const ioctl: Kind<IoctlFact> = {
  write: ({ nr, params }) => trimmed([nr, params]),
  read: (name, [nr, params]) => told<IoctlFact>({ name, nr: whole(nr), params: optional(params, text) }),
};

export const status: Kind<number> = { write: (value) => [value], read: (_, [value]) => whole(value) };
export const typeMacro: Kind<string> = { write: (type) => [type], read: (_, [type]) => text(type) };

/** Names of a header with their values. */
export const namesOf = <T>(write: (value: T) => unknown, read: (value: unknown) => T): Kind<ReadonlyMap<string, T>> => ({
  write: (names) => [Object.fromEntries([...names].map(([name, value]) => [name, write(value)]))],
  read: (_, [names]) => new Map(Object.entries(extras(names ?? null)).map(([name, value]) => [name, read(value)])),
});
export const constants: Kind<ReadonlyMap<string, number | bigint>> = namesOf(numberText, textNumber);
export const ranges: Kind<ReadonlyMap<string, string>> = namesOf((range) => range, text);

/** Lines of one kind. */
export function* linesOf<T>(what: string, facts: ReadonlyMap<string, T>, { write }: Kind<T>): Generator<Line> {
  for (const [name, fact] of facts) yield [what, name, ...write(fact)];
}
