import type { Facts } from '../facts/index.ts';
import type { Selection } from '../lookup/gsp-client.ts';
import { compareConstants, compareHeaders, type HeaderDiff, type HeaderMove } from './headers.ts';
import { compareRecords, type RecordsDiff } from './records.ts';
import { compareTables, reusedNumbers, type Entries, type Entry, type ReusedNumber, type TableDiff } from './tables.ts';

export interface DiffOptions {
  /** Restricts both versions to a part of their ABI, for instance `gspClient`. */
  readonly only?: (facts: Facts) => Selection;
  /** Compares the constants of headers too. Default: only those that `only` selects; there are tens of thousands. */
  readonly constants?: boolean;
  /** Tells of headers that lie elsewhere. Default false: it changes nothing but an `#include`. */
  readonly headers?: boolean;
}

export const TABLES = ['commands', 'classes', 'functions', 'events', 'status', 'escapes', 'uvm', 'enumerators', 'typedefs'] as const;
export type TableName = (typeof TABLES)[number];

export interface AbiDiff {
  readonly from: string;
  readonly to: string;
  readonly records: RecordsDiff;
  readonly tables: Readonly<Record<TableName, TableDiff>>;
  /** Commands, classes, messages, ioctls and status codes whose number belongs to others now. */
  readonly reused: readonly ReusedNumber<TableName>[];
  /** Empty unless asked for. */
  readonly constants: readonly HeaderDiff[];
  /** Empty unless asked for. */
  readonly headers: readonly HeaderMove[];
}

/** What changed from one version to another. `diffFacts(a, a)` is empty. */
export function diffFacts(from: Facts, to: Facts, { only, constants = only !== undefined, headers = false }: DiffOptions = {}): AbiDiff {
  const parts = only && [only(from), only(to)];
  const has = (part: keyof Selection) => (name: string): boolean => parts?.some((selection) => selection[part].has(name)) ?? true;
  // What has a table of its own in either version is told of there, not as an enumerator or a constant too.
  const own = new Set([from, to].flatMap((facts) => OWN.flatMap((table) => [...facts[table].keys()])));
  const tabled = (name: string): boolean => own.has(name);
  const [before, after] = [from, to].map((facts) => entriesOf(facts, enumerators(facts, has('headers'), tabled))) as [TableEntries, TableEntries];
  const wanted = (table: TableName): ((name: string) => boolean) => (parts === undefined || EVERYBODYS.has(table) ? () => true : isPart(table) ? has(table) : () => false);
  const restricted = <T>(table: ReadonlyMap<string, T>, keep: (name: string) => boolean): ReadonlyMap<string, T> => (parts ? new Map([...table].filter(([name]) => keep(name))) : table);
  return {
    from: from.version,
    to: to.version,
    records: compareRecords(restricted(from.records, has('records')), restricted(to.records, has('records'))),
    tables: Object.fromEntries(TABLES.map((table) => [table, compareTables(restricted(before[table], wanted(table)), restricted(after[table], wanted(table)))])) as Record<TableName, TableDiff>,
    reused: TABLES.filter((table) => table !== 'enumerators').flatMap((table) => reusedNumbers(table, before[table], after[table], wanted(table))),
    constants: constants ? compareConstants(from, to, has('headers'), tabled) : [],
    headers: headers ? compareHeaders(from, to) : [],
  };
}

/** Whether nothing changed. */
export function isEmpty({ records, tables, reused, constants, headers }: AbiDiff): boolean {
  const all = [records, ...Object.values(tables), ...constants];
  return reused.length + headers.length === 0 && all.every(({ added, removed, changed }) => added.length + removed.length + changed.length === 0);
}

/** A status code may come back from any call; enumerators are those of the selected headers. */
const EVERYBODYS: ReadonlySet<TableName> = new Set(['status', 'enumerators']);

const PARTS = ['commands', 'classes', 'functions', 'events', 'typedefs'] as const;
const isPart = (table: TableName): table is (typeof PARTS)[number] => (PARTS as readonly TableName[]).includes(table);

const OWN = ['commands', 'classes', 'functions', 'events', 'status', 'escapes', 'uvm'] as const;

type TableEntries = Readonly<Record<TableName, Entries>>;

/** What is compared of a version, table by table. */
function entriesOf(facts: Facts, named: Entries): TableEntries {
  const of = <T>(table: ReadonlyMap<string, T>, entry: (fact: T) => Entry): Entries => new Map([...table].map(([name, fact]) => [name, entry(fact)]));
  const message = ({ value, current, payload }: { value: number; current?: string; payload?: string }): Entry => ({ number: value, body: payload ?? current });
  const ioctl = ({ nr, params }: { nr: number; params?: string }): Entry => ({ number: nr, params });
  return {
    commands: of(facts.commands, ({ id, params, exported, flags, right }) => ({ number: id, params, exported: exported ? 'yes' : 'no', flags: hex(flags), right: hex(right) })),
    classes: of(facts.classes, ({ id, params, required, parents }) => ({ number: id, params, required: required === undefined ? undefined : String(required), parents: parents?.join(' ') })),
    functions: of(facts.functions, message),
    events: of(facts.events, message),
    status: of(facts.status, (number) => ({ number })),
    escapes: of(facts.escapes, ioctl),
    uvm: of(facts.uvm, ioctl),
    enumerators: named,
    typedefs: of(facts.typedefs, ({ kind, ref, dims }) => ({ type: [ref ?? kind, ...dims].join(' ') })),
  };
}

const hex = (value: number | undefined): string | undefined => (value === undefined ? undefined : `0x${value.toString(16)}`);

function enumerators({ enums }: Facts, inHeader: (path: string) => boolean, tabled: (name: string) => boolean): Entries {
  return new Map([...enums.values()].filter(({ file }) => inHeader(file)).flatMap(({ values }) => values).filter(([name]) => !tabled(name)).map(([name, number]) => [name, { number }]));
}
