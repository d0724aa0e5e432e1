// Which columns a line has, for each kind: how it is written stands next to how it is read.
import { FactsError } from './errors.ts';
import type { ClassFact, ClassVia, CommandFact, CommandVia, EnumFact, FieldFact, FileFact, IoctlFact, RecordFact, RpcFact, ScalarFact, ScalarKind, TypedefFact, TypeFact } from './facts.ts';
import type { Line } from './lines.ts';

/* eslint-disable @typescript-eslint/no-explicit-any -- a line's columns have the types that its kind gives them */
type Columns = readonly any[];
/* eslint-enable @typescript-eslint/no-explicit-any */

interface Kind<T> {
  readonly write: (fact: T) => readonly unknown[];
  readonly read: (name: string, columns: Columns) => T;
}

/** Where a link came from, a letter each. */
const VIA: Readonly<Record<CommandVia | ClassVia, string>> = { table: 't', finn: 'f', name: 'n', all: 'a', resource: 'r', header: 'h' };
const letters = (via: readonly (CommandVia | ClassVia)[]): string | undefined => via.map((word) => VIA[word]).join('') || undefined;
const words = <T extends CommandVia | ClassVia>(text = ''): T[] => Object.entries(VIA).filter(([, letter]) => text.includes(letter)).map(([word]) => word as T);

/** What is there of `object`; nothing when there is nothing. */
function present(object: Readonly<Record<string, unknown>>): unknown[] {
  const entries = Object.entries(object).filter(([, value]) => value !== undefined && value !== false && !(Array.isArray(value) && value.length === 0));
  return entries.length === 0 ? [] : [Object.fromEntries(entries)];
}

/** Absent columns are null, and cut off at the end. */
function trimmed(columns: readonly unknown[]): unknown[] {
  return columns.slice(0, columns.findLastIndex((value) => value !== undefined) + 1).map((value) => value ?? null);
}

/** A whole number of any size: JSON's where it is exact there, a decimal text otherwise. */
export const numberText = (value: number | bigint): number | string => (typeof value === 'bigint' ? String(value) : value);
export function textNumber(text: unknown): number | bigint {
  if (typeof text === 'number') return text;
  return BigInt(plainText(text));
}

export function plainText(text: unknown): string {
  if (typeof text === 'string') return text;
  throw new TypeError(`expected a text, got ${JSON.stringify(text)}`);
}

export function entriesOf(names: unknown): [string, unknown][] {
  if (typeof names === 'object' && names !== null && !Array.isArray(names)) return Object.entries(names);
  throw new TypeError(`expected names with their values, got ${JSON.stringify(names)}`);
}

/** `@record`, `@record|as spelled`, or the spelling of a scalar. */
const writeType = ({ type, ref }: TypeFact): string => (ref === undefined ? type : type === ref ? `@${ref}` : `@${ref}|${type}`);

/** Reads types; scalars are told once for all fields. */
export function typeReader(scalars: ReadonlyMap<string, ScalarFact>): (text: string, dims?: readonly number[] | null) => TypeFact {
  return (text, dims) => {
    const [ref, type = ref] = text.startsWith('@') ? text.slice(1).split('|') : [undefined, text];
    if (ref !== undefined) return { type: type!, kind: 'record', ref, dims: dims ?? [] };
    const scalar = scalars.get(text);
    if (scalar === undefined) throw new FactsError(0, `no line tells of the type ${JSON.stringify(text)}`);
    return { type: text, kind: scalar.kind, dims: dims ?? [] };
  };
}

type ReadType = ReturnType<typeof typeReader>;

export const file: Kind<FileFact> = {
  write: ({ picked }) => (picked ? [1] : []),
  read: (path, [picked]) => ({ path, picked: picked === 1 }),
};

export const scalar: Kind<ScalarFact> = {
  write: ({ kind, to, enum: of }) => (of === null ? [kind, to ?? null, ''] : trimmed([kind, to, of])),
  read: (_, [kind, to, of]) => ({ kind: kind as ScalarKind, ...(typeof to === 'string' && { to }), ...(typeof of === 'string' && { enum: of || null }) }),
};

export const recordOf = (type: ReadType): Kind<RecordFact> => ({
  write: ({ file: path, kind, size, align, fields, tag, aliases, tagOnly, anonymous, packed }) => [
    path, kind === 'struct' ? 's' : 'u', size, align,
    fields.map((field) => trimmed([field.name, field.offset, writeType(field), field.dims.length > 0 ? field.dims : undefined, field.bits && [field.bits.first, field.bits.width]])),
    ...present({ tag, aliases, tagOnly, anonymous, packed }),
  ],
  read: (name, [path, kind, size, align, fields, { tag, aliases = [], tagOnly = false, anonymous = false, packed = false } = {}]) => ({
    name, file: path, kind: kind === 's' ? 'struct' : 'union', size, align,
    fields: (fields as Columns[]).map(([field, offset, spelled, dims, bits]): FieldFact => ({ name: field, offset, ...type(spelled, dims), ...(bits && { bits: { first: bits[0], width: bits[1] } }) })),
    ...(tag !== undefined && { tag }), aliases, tagOnly, anonymous, packed,
  }),
});

export const typedefOf = (type: ReadType): Kind<TypedefFact> => ({
  write: (typedef) => trimmed([writeType(typedef), typedef.dims.length > 0 ? typedef.dims : undefined]),
  read: (name, [spelled, dims]) => ({ name, ...type(spelled, dims) }),
});

/** Named by its first enumerator, which is written with the others. */
export const enumeration: Kind<EnumFact> = {
  write: ({ name, file: path, kind, values, tag, aliases }) => [name, path, kind, values.map(([each, value]) => [each, numberText(value)]), ...present({ tag, aliases })],
  read: (_, [name, path, kind, values, { tag, aliases = [] } = {}]) => ({
    name, file: path, kind, values: (values as [string, number | string][]).map(([each, value]) => [each, textNumber(value)]), ...(tag !== undefined && { tag }), aliases,
  }),
};

/** The message id is the low byte of a command that was composed from it, and is written only where it is not. */
export const command: Kind<CommandFact> = {
  write: ({ id, params, record, via, other, messageId, exported, flags, right }) => {
    const usual = via.includes('finn') ? id & 0xff : undefined;
    return [id, params ?? null, ...present({ record, via: letters(via), other, messageId: messageId === usual ? undefined : messageId ?? -1, exported, flags, right })];
  },
  read: (name, [id, params, { record, via, other, messageId, exported = false, flags, right } = {}]) => {
    const links = words<CommandVia>(via);
    const message = messageId === undefined ? (links.includes('finn') ? id & 0xff : undefined) : messageId === -1 ? undefined : messageId;
    return {
      name, id, ...(params !== null && { params }), ...(record !== undefined && { record }), via: links, ...(other !== undefined && { other }),
      ...(message !== undefined && { messageId: message }), exported, ...(flags !== undefined && { flags }), ...(right !== undefined && { right }),
    };
  },
};

export const classOf: Kind<ClassFact> = {
  write: ({ id, file: path, params, via, record, required, paramsVia, internal, parents }) => [
    id, path ?? null, params ?? null, ...present({ via: letters(via), record, required: required === undefined ? undefined : Number(required), paramsVia, internal, parents }),
  ],
  read: (name, [id, path, params, { via, record, required, paramsVia, internal, parents } = {}]) => ({
    name, id, ...(path !== null && { file: path }), via: words<ClassVia>(via), ...(params !== null && { params }), ...(record !== undefined && { record }),
    ...(required !== undefined && { required: required === 1 }), ...(paramsVia !== undefined && { paramsVia }), ...(internal !== undefined && { internal }), ...(parents !== undefined && { parents }),
  }),
};

export const rpc: Kind<RpcFact> = {
  write: ({ value, structs, current, payload }) => trimmed([value, structs.length > 0 ? structs : undefined, current, payload]),
  read: (name, [value, structs, current, payload]) => ({ name, value, structs: structs ?? [], ...(typeof current === 'string' && { current }), ...(typeof payload === 'string' && { payload }) }),
};

export const ioctl: Kind<IoctlFact> = {
  write: ({ nr, params }) => trimmed([nr, params]),
  read: (name, [nr, params]) => ({ name, nr, ...(typeof params === 'string' && { params }) }),
};

/** Lines of one kind. */
export function* linesOf<T>(what: string, facts: ReadonlyMap<string, T>, { write }: Pick<Kind<T>, 'write'>): Generator<Line> {
  for (const [name, fact] of facts) yield [what, name, ...write(fact)];
}
