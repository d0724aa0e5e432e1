import type { Facts, FieldFact, RecordFact } from '../facts/index.ts';
import type { Selection } from '../lookup/gsp-client.ts';

export interface DiffOptions {
  /** Restricts both versions to a part of their ABI, for instance `gspClient`. */
  readonly only?: (facts: Facts) => Selection;
  /** Compares the constants of headers too. Default false: there are tens of thousands. */
  readonly constants?: boolean;
}

/** How a record that both versions have changed, the most dangerous first. */
export type Danger =
  /** Same size, other layout: nothing but a wrong value tells. */
  | 'same-size'
  /** Another size under the same name. */
  | 'resized'
  /** Its own fields are where they were; something inside of them is not. */
  | 'nested'
  /** Same places, other names. */
  | 'renamed';

/** What happened to a field. Bytes and dimensions as in the facts. */
export type FieldChange =
  | { readonly kind: 'added'; readonly field: FieldFact }
  | { readonly kind: 'removed'; readonly field: FieldFact }
  | { readonly kind: 'moved' | 'retyped' | 'renamed'; readonly from: FieldFact; readonly to: FieldFact };

export interface RecordChange {
  readonly name: string;
  readonly danger: Danger;
  readonly from: RecordFact;
  readonly to: RecordFact;
  readonly fields: readonly FieldChange[];
  /** Records inside that changed. */
  readonly because: readonly string[];
}

/** A property of a command, class, message, ioctl or status code that changed. */
export interface PropertyChange {
  readonly property: string;
  readonly from: string;
  readonly to: string;
}

export interface EntryChange {
  readonly name: string;
  /** Its number is another one: whoever sends the old one asks for something else. */
  readonly renumbered: boolean;
  readonly properties: readonly PropertyChange[];
}

/** What happened to one table of named entries. */
export interface TableDiff {
  readonly added: readonly string[];
  readonly removed: readonly string[];
  readonly changed: readonly EntryChange[];
}

export const TABLES = ['commands', 'classes', 'functions', 'events', 'status', 'escapes', 'uvm', 'enumerators', 'typedefs'] as const;
export type TableName = (typeof TABLES)[number];

/** Constants of one header. */
export interface HeaderDiff extends TableDiff {
  readonly path: string;
}

export interface AbiDiff {
  readonly from: string;
  readonly to: string;
  readonly records: { readonly added: readonly string[]; readonly removed: readonly string[]; readonly changed: readonly RecordChange[] };
  readonly tables: Readonly<Record<TableName, TableDiff>>;
  /** Empty unless asked for. */
  readonly constants: readonly HeaderDiff[];
}

const DANGERS: readonly Danger[] = ['same-size', 'resized', 'nested', 'renamed'];

/** What changed from one version to another. `diffFacts(a, a)` is empty. */
export function diffFacts(from: Facts, to: Facts, { only, constants = false }: DiffOptions = {}): AbiDiff {
  const parts = only && [only(from), only(to)] as const;
  const wanted = <T>(table: ReadonlyMap<string, T>, part: keyof Selection): ReadonlyMap<string, T> =>
    (parts ? new Map([...table].filter(([name]) => parts[0][part].has(name) || parts[1][part].has(name))) : table);
  const none = new Map<string, Entry>();
  const table = <T>(part: keyof Selection | undefined, of: (facts: Facts) => ReadonlyMap<string, T>, entry: (fact: T) => Entry): TableDiff => {
    if (part === undefined && parts) return compareTables(none, none);
    const entries = (facts: Facts): ReadonlyMap<string, Entry> => new Map([...(part ? wanted(of(facts), part) : of(facts))].map(([name, fact]) => [name, entry(fact)]));
    return compareTables(entries(from), entries(to));
  };
  return {
    from: from.version,
    to: to.version,
    records: compareRecords(wanted(from.records, 'records'), wanted(to.records, 'records'), from, to),
    tables: {
      commands: table('commands', (facts) => facts.commands, ({ id, params, exported, flags, right }) => ({ number: id, params, exported: exported ? 'yes' : 'no', flags: hex(flags), right: hex(right) })),
      classes: table('classes', (facts) => facts.classes, ({ id, params, required, parents }) => ({ number: id, params, required: required === undefined ? undefined : String(required), parents: parents?.join(' ') })),
      functions: table('functions', (facts) => facts.functions, ({ value, current, payload }) => ({ number: value, body: payload ?? current })),
      events: table('events', (facts) => facts.events, ({ value, current, payload }) => ({ number: value, body: payload ?? current })),
      // A status code may come back from any call.
      status: compareTables(numbers(from.status), numbers(to.status)),
      escapes: table(undefined, (facts) => facts.escapes, ({ nr, params }) => ({ number: nr, params })),
      uvm: table(undefined, (facts) => facts.uvm, ({ nr, params }) => ({ number: nr, params })),
      enumerators: table(undefined, enumerators, (value) => ({ number: value })),
      typedefs: table(undefined, (facts) => facts.typedefs, ({ kind, ref, dims }) => ({ type: [ref ?? kind, ...dims].join(' ') })),
    },
    constants: constants ? compareConstants(from, to) : [],
  };
}

/** Whether nothing changed. */
export function isEmpty({ records, tables, constants }: AbiDiff): boolean {
  const all = [records, ...Object.values(tables), ...constants];
  return all.every(({ added, removed, changed }) => added.length + removed.length + changed.length === 0);
}

const hex = (value: number | undefined): string | undefined => (value === undefined ? undefined : `0x${value.toString(16)}`);

function compareRecords(from: ReadonlyMap<string, RecordFact>, to: ReadonlyMap<string, RecordFact>, before: Facts, after: Facts): AbiDiff['records'] {
  const changes = new Map<string, RecordChange | undefined>();
  const changeOf = (name: string): RecordChange | undefined => {
    if (changes.has(name)) return changes.get(name);
    changes.set(name, undefined);
    const [old, now] = [before.records.get(name), after.records.get(name)];
    if (old !== undefined && now !== undefined) changes.set(name, compareRecord(old, now, (inner) => changeOf(inner) !== undefined));
    return changes.get(name);
  };
  const both = [...from.keys()].filter((name) => to.has(name));
  return {
    added: [...to.keys()].filter((name) => !from.has(name)),
    removed: [...from.keys()].filter((name) => !to.has(name)),
    changed: both.flatMap((name) => changeOf(name) ?? []).sort((a, b) => DANGERS.indexOf(a.danger) - DANGERS.indexOf(b.danger) || Number(onlyAdds(a)) - Number(onlyAdds(b))),
  };
}

/** What was padding is used now; whoever reads the old fields still finds them. */
const onlyAdds = ({ fields }: RecordChange): boolean => fields.every(({ kind }) => kind === 'added');

/** Pairs fields by their names, then those that are left by their places. */
function compareRecord(from: RecordFact, to: RecordFact, changed: (inner: string) => boolean): RecordChange | undefined {
  const fields: FieldChange[] = [];
  const old = keyed(from.fields);
  const now = keyed(to.fields);
  const gone = [...old].filter(([key]) => !now.has(key)).map(([, field]) => field);
  const come = [...now].filter(([key]) => !old.has(key)).map(([, field]) => field);
  for (const field of gone) {
    const twin = come.findIndex((other) => place(other) === place(field) && shape(other) === shape(field));
    if (twin >= 0) fields.push({ kind: 'renamed', from: field, to: come.splice(twin, 1)[0]! });
    else fields.push({ kind: 'removed', field });
  }
  fields.push(...come.map((field): FieldChange => ({ kind: 'added', field })));
  for (const [key, field] of old) {
    const other = now.get(key);
    if (other === undefined) continue;
    if (shape(field) !== shape(other)) fields.push({ kind: 'retyped', from: field, to: other });
    else if (place(field) !== place(other)) fields.push({ kind: 'moved', from: field, to: other });
  }
  const because = [...new Set(to.fields.flatMap(({ ref }) => (ref !== undefined && changed(ref) ? [ref] : [])))];
  const same = from.kind === to.kind && from.size === to.size && from.align === to.align;
  if (same && fields.length === 0 && because.length === 0) return undefined;
  const danger: Danger = from.size !== to.size ? 'resized'
    : fields.length === 0 && because.length > 0 ? 'nested'
      : fields.every(({ kind }) => kind === 'renamed') && from.kind === to.kind && from.align === to.align ? 'renamed' : 'same-size';
  return { name: to.name, danger, from, to, fields, because };
}

/** Nameless members by which of them they are. */
function keyed(fields: readonly FieldFact[]): Map<string, FieldFact> {
  let nameless = 0;
  return new Map(fields.map((field) => [field.name === '' ? `$${nameless++}` : field.name, field]));
}

const place = ({ offset, bits }: FieldFact): string => (bits ? `bit ${bits.first}` : String(offset));
const shape = ({ kind, ref, dims, bits }: FieldFact): string => [kind === 'fnptr' ? 'ptr' : kind, ref, ...dims, bits?.width].join(' ');

/** What is compared of an entry; `number` first. */
type Entry = Readonly<Record<string, string | number | bigint | undefined>>;

function compareTables(from: ReadonlyMap<string, Entry>, to: ReadonlyMap<string, Entry>): TableDiff {
  const changed = [...from].flatMap(([name, old]): EntryChange[] => {
    const now = to.get(name);
    if (now === undefined) return [];
    const properties = [...new Set([...Object.keys(old), ...Object.keys(now)])].filter((property) => old[property] !== now[property])
      .map((property) => ({ property, from: shown(old[property]), to: shown(now[property]) }));
    return properties.length === 0 ? [] : [{ name, renumbered: old['number'] !== now['number'], properties }];
  });
  return {
    added: [...to.keys()].filter((name) => !from.has(name)),
    removed: [...from.keys()].filter((name) => !to.has(name)),
    changed: changed.sort((a, b) => Number(b.renumbered) - Number(a.renumbered)),
  };
}

const shown = (value: string | number | bigint | undefined): string => (value === undefined ? 'none' : typeof value === 'string' ? value : `0x${value.toString(16)}`.replace('0x-', '-0x'));

const numbers = (names: ReadonlyMap<string, number | bigint>): ReadonlyMap<string, Entry> => new Map([...names].map(([name, value]) => [name, { number: value }]));

const enumerators = (facts: Facts): ReadonlyMap<string, number | bigint> => new Map([...facts.enums.values()].flatMap(({ values }) => values));

function compareConstants(from: Facts, to: Facts): HeaderDiff[] {
  const entries = (facts: Facts, path: string): ReadonlyMap<string, Entry> => new Map<string, Entry>([
    ...[...(facts.constants.get(path) ?? [])].map(([name, value]): [string, Entry] => [name, { number: value }]),
    ...[...(facts.ranges.get(path) ?? [])].map(([name, range]): [string, Entry] => [name, { bits: range }]),
  ]);
  const paths = new Set([from, to].flatMap(({ constants, ranges }) => [...constants.keys(), ...ranges.keys()]));
  return [...paths].sort().map((path) => ({ path, ...compareTables(entries(from, path), entries(to, path)) })).filter(({ added, removed, changed }) => added.length + removed.length + changed.length > 0);
}
