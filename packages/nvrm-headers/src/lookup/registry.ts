import type { ClassFact, CommandFact, EnumFact, Facts, IoctlFact, RecordFact, RpcFact, TypedefFact } from '../facts/index.ts';
import { describeStatus } from '../status/descriptions.ts';

/** Something that a name or a number stands for, in one version. */
export type Entry = { readonly version: string; readonly name: string } & (
  | { readonly kind: 'command'; readonly fact: CommandFact; readonly params: RecordFact | undefined }
  | { readonly kind: 'class'; readonly fact: ClassFact; readonly params: RecordFact | undefined }
  | { readonly kind: 'function' | 'event'; readonly fact: RpcFact; readonly params: RecordFact | undefined }
  | { readonly kind: 'escape' | 'uvm'; readonly fact: IoctlFact; readonly params: RecordFact | undefined }
  | { readonly kind: 'status'; readonly value: number; readonly description: string | undefined }
  | { readonly kind: 'constant'; readonly value: number | bigint; readonly file: string }
  | { readonly kind: 'range'; readonly range: string; readonly file: string }
  | { readonly kind: 'record'; readonly fact: RecordFact }
  | { readonly kind: 'enum'; readonly fact: EnumFact }
  | { readonly kind: 'typedef'; readonly fact: TypedefFact; readonly record: RecordFact | undefined }
);

/** Where a record or another type is used. */
export interface Uses {
  /** Records with a member of it, by their names; with `deep` also those around them. */
  readonly records: readonly string[];
  readonly commands: readonly string[];
  readonly classes: readonly string[];
  readonly functions: readonly string[];
  readonly events: readonly string[];
  readonly ioctls: readonly string[];
}

export interface StructureFilter {
  /** Part of the name, whatever the case. */
  readonly name?: string;
  /** Part of the header's path. */
  readonly file?: string;
  /** Least size in bytes. */
  readonly minSize?: number;
}

/** What tools look up in one version. */
export interface Registry {
  readonly version: string;
  /**
   * What a name stands for exactly, or a number (`0x20803601`, `76`): a command, class, message, ioctl or status code
   * of that number. Several may share one. A record is found by its tag too.
   */
  find(what: string | number): readonly Entry[];
  /** Names that `what` is a part of, whatever the case; at most `limit`, shortest first. */
  suggest(what: string, limit?: number): readonly string[];
  structures(filter?: StructureFilter): readonly RecordFact[];
  /** Where a type is used, by its name. */
  usesOf(name: string, options?: { readonly deep?: boolean }): Uses;
}

/** Makes `facts` ready to be looked up. */
export function createRegistry(facts: Facts): Registry {
  const { version } = facts;
  const recordOf = (name: string | undefined): RecordFact | undefined => (name === undefined ? undefined : facts.records.get(name) ?? facts.records.get(facts.typedefs.get(name)?.ref ?? ''));
  const names = new Map<string, Entry[]>();
  const numbers = new Map<number, Entry[]>();
  const add = (entry: Entry, number?: number): void => {
    put(names, entry.name, entry);
    if (number !== undefined) put(numbers, number, entry);
  };
  for (const fact of facts.commands.values()) add({ version, name: fact.name, kind: 'command', fact, params: recordOf(fact.record ?? fact.params) }, fact.id);
  for (const fact of facts.classes.values()) add({ version, name: fact.name, kind: 'class', fact, params: recordOf(fact.record ?? fact.params) }, fact.id);
  for (const [kind, table] of [['function', facts.functions], ['event', facts.events]] as const) {
    for (const fact of table.values()) add({ version, name: fact.name, kind, fact, params: recordOf(fact.payload ?? fact.current) }, fact.value);
  }
  for (const [kind, table] of [['escape', facts.escapes], ['uvm', facts.uvm]] as const) for (const fact of table.values()) add({ version, name: fact.name, kind, fact, params: recordOf(fact.params) }, fact.nr);
  for (const [name, value] of facts.status) add({ version, name, kind: 'status', value, description: describeStatus(name) }, value);
  for (const fact of facts.records.values()) add({ version, name: fact.name, kind: 'record', fact });
  for (const fact of facts.enums.values()) if (fact.name !== null) add({ version, name: fact.name, kind: 'enum', fact });
  for (const fact of facts.typedefs.values()) if (!names.has(fact.name)) add({ version, name: fact.name, kind: 'typedef', fact, record: recordOf(fact.ref) });
  // A command, class or code is a constant of its header too; that is said once.
  for (const { file, values } of facts.enums.values()) for (const [name, value] of values) if (!names.has(name)) add({ version, name, kind: 'constant', value, file });
  for (const [file, table] of facts.constants) for (const [name, value] of table) if (!names.has(name)) add({ version, name, kind: 'constant', value, file });
  for (const [file, table] of facts.ranges) for (const [name, range] of table) if (!names.has(name)) add({ version, name, kind: 'range', range, file });
  for (const fact of facts.records.values()) if (fact.tag !== undefined && !names.has(fact.tag)) put(names, fact.tag, { version, name: fact.name, kind: 'record', fact });

  return {
    version,
    find(what) {
      const number = typeof what === 'number' ? what : /^(?:0x[\da-f]+|\d+)$/i.test(what) ? Number(what) : undefined;
      return (number === undefined ? names.get(String(what)) : numbers.get(number)) ?? [];
    },
    suggest(what, limit = 20) {
      const part = what.toLowerCase();
      return [...names.keys()].filter((name) => name.toLowerCase().includes(part)).sort((a, b) => a.length - b.length || (a < b ? -1 : 1)).slice(0, limit);
    },
    structures: ({ name = '', file = '', minSize = 0 } = {}) =>
      [...facts.records.values()].filter((record) => record.name.toLowerCase().includes(name.toLowerCase()) && record.file.includes(file) && record.size >= minSize),
    usesOf: (name, { deep = false } = {}) => usesOf(facts, name, deep),
  };
}

function put<K, V>(map: Map<K, V[]>, key: K, value: V): void {
  const list = map.get(key);
  if (list) list.push(value);
  else map.set(key, [value]);
}

function usesOf(facts: Facts, name: string, deep: boolean): Uses {
  const canonical = facts.records.get(name)?.name ?? facts.typedefs.get(name)?.ref ?? name;
  const wanted = new Set([name, canonical]);
  const records = new Set<string>();
  for (let grown = true; grown;) {
    grown = false;
    for (const record of facts.records.values()) {
      if (records.has(record.name) || !record.fields.some(({ ref, type }) => wanted.has(ref ?? type))) continue;
      records.add(record.name);
      if (deep) wanted.add(record.name);
      grown = deep;
    }
  }
  const isTaken = (...types: readonly (string | undefined)[]): boolean => types.some((type) => type !== undefined && (wanted.has(type) || wanted.has(facts.typedefs.get(type)?.ref ?? '')));
  const namesOf = <T extends { readonly name: string }>(table: ReadonlyMap<string, T>, types: (fact: T) => readonly (string | undefined)[]): string[] => [...table.values()].filter((fact) => isTaken(...types(fact))).map((fact) => fact.name);
  return {
    records: [...records],
    commands: namesOf(facts.commands, ({ params, record }) => [params, record]),
    classes: namesOf(facts.classes, ({ params, record }) => [params, record]),
    functions: namesOf(facts.functions, ({ structs, payload }) => [...structs, payload]),
    events: namesOf(facts.events, ({ structs, payload }) => [...structs, payload]),
    ioctls: [...namesOf(facts.escapes, ({ params }) => [params]), ...namesOf(facts.uvm, ({ params }) => [params])],
  };
}

/** What a name or a number stands for in any of several versions. */
export function findInAll(registries: readonly Registry[], what: string | number): readonly Entry[] {
  return registries.flatMap((registry) => registry.find(what));
}
