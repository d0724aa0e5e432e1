import type { Imported, ImportedType } from './imported.ts';
import { textNumber } from './columns.ts';
import type { Facts, ScalarFact, ScalarKind, TypeFact } from './facts.ts';

/** What an import read out of the headers, as facts. */
export function factsOf(imported: Imported): Facts {
  const path = (index: number): string => imported.files[index]!;
  const entries = <T, U>(all: Readonly<Record<string, T>>, fact: (name: string, each: T) => U): Map<string, U> => new Map(Object.entries(all).map(([name, each]) => [name, fact(name, each)]));
  const listed = <T extends { readonly name: string }, U>(all: readonly T[], fact: (each: T) => U): Map<string, U> => new Map(all.map((each) => [each.name, fact(each)]));
  const names = <T, U>(all: Readonly<Record<string, Readonly<Record<string, T>>>>, value: (text: T) => U): Map<string, Map<string, U>> =>
    new Map(Object.entries(all).map(([index, each]): [string, Map<string, U>] => [path(Number(index)), entries(each, (_, text) => value(text))]).sort(([a], [b]) => (a < b ? -1 : 1)));

  return {
    version: imported.version, target: imported.target,
    files: new Map(imported.files.map((each, index) => [each, { path: each, picked: index >= imported.counts.files }])),
    scalars: scalarsOf(imported),
    records: entries(imported.records, (name, { file, kind, size, align, fields, tag, aliases = [], tagOnly = false, anonymous = false, packed = false }) => ({
      name, file: path(file), kind, size, align,
      fields: fields.map((field) => ({
        name: field.name, offset: field.offset ?? Math.floor(field.bit! / 8), ...typeOf(field), ...(field.bit !== undefined && { bits: { first: field.bit, width: field.width! } }),
      })),
      ...(tag !== undefined && { tag }), aliases, tagOnly, anonymous, packed,
    })),
    typedefs: entries(imported.typedefs, (name, typedef) => ({ name, ...typeOf(typedef) })),
    enums: new Map(imported.enums.map(({ name, file, kind, values, tag, aliases = [] }) => [
      values[0]![0], { name, file: path(file), kind: kind as ScalarKind, values: values.map(([each, value]) => [each, textNumber(value)] as const), ...(tag !== undefined && { tag }), aliases },
    ])),
    commands: listed(imported.commands, ({ via = [], exported = false, ...rest }) => ({ ...rest, via, exported })),
    classes: listed(imported.classes, ({ file, via = [], ...rest }) => ({ ...rest, via, ...(file !== undefined && { file: path(file) }) })),
    functions: listed(imported.rpc.functions, ({ structs = [], ...rest }) => ({ ...rest, structs })),
    events: listed(imported.rpc.events, ({ structs = [], ...rest }) => ({ ...rest, structs })),
    escapes: listed(imported.escapes, (escape) => escape),
    uvm: listed(imported.uvm, (ioctl) => ioctl),
    status: listed(imported.status, ({ value }) => value),
    constants: names(imported.macros, textNumber),
    ranges: names(imported.ranges, (range) => range),
    typeMacros: new Map(Object.entries(imported.typeMacros)),
  };
}

function typeOf({ type, kind, ref, dims = [] }: ImportedType): TypeFact {
  const lengths = dims.map((count) => count ?? -1);
  if (ref === undefined) return { type, kind: kind as ScalarKind, dims: lengths };
  // A compiler spells a record without a name by the place where it stands.
  return { type: type.includes('(anonymous)') ? ref : type, kind: 'record', ref, dims: lengths };
}

/** The types that are no records, once each. */
function scalarsOf({ records, typedefs }: Imported): Map<string, ScalarFact> {
  const scalars = new Map<string, ScalarFact>();
  for (const { type, kind, ref, to, enum: of } of [...Object.values(records).flatMap(({ fields }) => fields), ...Object.values(typedefs)]) {
    if (ref === undefined) scalars.set(type, { kind: kind as ScalarKind, ...(to !== undefined && { to }), ...(of !== undefined && { enum: of }) });
  }
  return new Map([...scalars].sort(([a], [b]) => (a < b ? -1 : 1)));
}
