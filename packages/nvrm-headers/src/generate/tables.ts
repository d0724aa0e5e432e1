// The modules that are no header's: numbers by name, and what tools look up.
import type { Facts, RpcFact } from '../facts/index.ts';
import { constant, declared, join, literal, type ModuleText } from './module-text.ts';
import { subjectOf } from './subjects.ts';

/** By their paths inside the version's folder. `describe` says what a status code means, where that is known. */
export function tableModules(facts: Facts, describe: (status: string) => string | undefined): readonly (readonly [path: string, text: ModuleText])[] {
  return [
    ['status', join([...[...facts.status].map(([name, value]) => constant(name, value, describe(name))), statusNames(facts)])],
    ['classes', join([...facts.classes.values()].map(({ name, id }) => constant(name, id)))],
    ['rpc', join([...facts.functions.values(), ...facts.events.values()].map(({ name, value }) => constant(name, value)))],
    ['registry/commands', commands(facts)],
    ['registry/classes', classes(facts)],
    ['registry/rpc', rpc(facts)],
    ['registry/ioctls', ioctls(facts)],
    ['registry/modules', modules(facts)],
  ];
}

function statusNames({ status }: Facts): ModuleText {
  return declared('STATUS_NAMES', 'Readonly<Record<number, string>>', 'Name of a status code, by its number.', `{\n${[...status].map(([name, value]) => `  ${literal(value)}: "${name}",\n`).join('')}}`);
}

function commands(facts: Facts): ModuleText {
  const rows = [...facts.commands.values()].map(({ name, id, params, record, exported, flags, right }) => ({ name, id, params, record, ...(exported && { exported }), flags, right }));
  return join([
    { js: '', dts: `${PARAMETERS}${COMMAND}` },
    table('COMMANDS', 'readonly CommandEntry[]', 'Control commands by id; several names may share one.', rows),
    index('COMMAND_NAMES', 'COMMANDS', 'id', 'Control commands by id; where several names share an id, the last.'),
  ]);
}

function classes(facts: Facts): ModuleText {
  const rows = [...facts.classes.values()].map(({ name, id, params, record, required, internal, parents }) => ({ name, id, params, record, required, internal, parents }));
  return join([
    { js: '', dts: `${PARAMETERS}${CLASS}` },
    table('CLASSES', 'readonly ClassEntry[]', 'Classes, and what allocating one takes.', rows),
    index('CLASS_NAMES', 'CLASSES', 'id', 'Classes by id.'),
  ]);
}

function rpc(facts: Facts): ModuleText {
  const row = ({ name, value, structs, current, payload }: RpcFact): object => ({ name, value, ...(structs.length > 0 && { structs }), current, payload });
  return join([
    { js: '', dts: RPC },
    table('FUNCTIONS', 'readonly RpcEntry[]', 'RPC functions.', [...facts.functions.values()].map(row)),
    table('EVENTS', 'readonly RpcEntry[]', 'RPC events.', [...facts.events.values()].map(row)),
    index('FUNCTION_NAMES', 'FUNCTIONS', 'value', 'RPC functions by number.'),
    index('EVENT_NAMES', 'EVENTS', 'value', 'RPC events by number.'),
  ]);
}

function ioctls(facts: Facts): ModuleText {
  return join([
    { js: '', dts: IOCTL },
    table('ESCAPES', 'readonly IoctlEntry[]', "ioctls of the RM's device files; `nr` is the low byte of the number.", [...facts.escapes.values()]),
    table('UVM_IOCTLS', 'readonly IoctlEntry[]', 'ioctls of the UVM device file; `nr` is the whole number.', [...facts.uvm.values()]),
  ]);
}

/** Grouped by module, for the names of modules are long and there are few. */
function modules(facts: Facts): ModuleText {
  const records = new Map<string, string[]>();
  for (const { name, file, anonymous } of facts.records.values()) {
    const module = subjectOf(file, name);
    if (!anonymous) records.set(module, [...(records.get(module) ?? []), name]);
  }
  return declared('MODULES', 'ReadonlyMap<string, string>', 'The module that holds a record, by the record\'s name.',
    `/* @__PURE__ */ new Map(/* @__PURE__ */ Object.entries({\n${[...records].sort(([a], [b]) => (a < b ? -1 : 1)).map(([module, names]) => `  "${module}": "${names.join(' ')}",\n`).join('')}}).flatMap(([module, names]) => names.split(" ").map((name) => [name, module])))`);
}

const table = (name: string, type: string, doc: string, rows: readonly object[]): ModuleText => declared(name, type, doc, `[\n${rows.map((row) => `  ${JSON.stringify(row)},\n`).join('')}]`);
const index = (name: string, of: string, key: string, doc: string): ModuleText => declared(name, 'ReadonlyMap<number, string>', doc, `/* @__PURE__ */ new Map(${of}.map(({ ${key}, name }) => [${key}, name]))`);

const PARAMETERS = `/** A type of parameters; \`record\` where that is another name of a record, which \`registry/modules\` then knows. */
export interface Parameters {
  readonly params?: string;
  readonly record?: string;
}
`;
const COMMAND = `export interface CommandEntry extends Parameters {
  readonly name: string;
  readonly id: number;
  /** In the table of the kernel's own RM; a command that is not is served elsewhere. */
  readonly exported?: true;
  /** Control flags and access right of an exported command. */
  readonly flags?: number;
  readonly right?: number;
}
`;
const CLASS = `export interface ClassEntry extends Parameters {
  readonly name: string;
  readonly id: number;
  /** Whether allocating takes parameters in any case. */
  readonly required?: boolean;
  /** RM's own class. */
  readonly internal?: string;
  /** RM's classes of which it may be a child; \`-\` is the client's root, \`*\` any. */
  readonly parents?: readonly string[];
}
`;
const RPC = `export interface RpcEntry {
  readonly name: string;
  readonly value: number;
  /** Versions of the body. */
  readonly structs?: readonly string[];
  /** The one in force. */
  readonly current?: string;
  /** The record that is the body instead. */
  readonly payload?: string;
}
`;
const IOCTL = `export interface IoctlEntry {
  readonly name: string;
  readonly nr: number;
  readonly params?: string;
}
`;
