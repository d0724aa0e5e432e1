// The modules that are no header's: numbers by name, and what tools look up.
import { constant, join, literal } from "./emit.mjs";
import { subjectOf } from "./subjects.mjs";

/** @typedef {import("./facts.mjs").Facts} Facts */
/** @typedef {import("./emit.mjs").Module} Module */

/** @param {Facts} facts @returns {[name: string, module: Module][]} */
export function emitTables(facts) {
  return [
    ["status", join([...facts.status.map(([name, value]) => constant(name, value)), statusNames(facts)])],
    ["classes", join([...byName(facts.classes)].map(([name, { id }]) => constant(name, id)))],
    ["rpc", join([...facts.functions, ...facts.events].map(({ name, value }) => constant(name, value)))],
    ["registry", registry(facts)],
  ];
}

/** The last of those that share a name. @template {{ name: string }} T @param {readonly T[]} facts */
const byName = (facts) => new Map(facts.map((fact) => [fact.name, fact]));

/** @param {Facts} facts @returns {Module} */
function statusNames({ status }) {
  const rows = status.map(([name, value]) => `  ${literal(value)}: "${name}",\n`).join("");
  return {
    js: `export const STATUS_NAMES = {\n${rows}};\n`,
    dts: "/** Name of a status code, by its number. */\nexport declare const STATUS_NAMES: Readonly<Record<number, string>>;\n",
  };
}

/** @param {Facts} facts @returns {Module} */
function registry(facts) {
  const commands = facts.commands.map(({ name, id, params, record, exported, flags, right }) => ({ name, id, params, record, ...(exported && { exported }), flags, right }));
  const classes = facts.classes.map(({ name, id, params, record, required, internal, parents }) => ({ name, id, params, record, required, internal, parents }));
  /** @param {import("./facts.mjs").RpcFact} fact */
  const rpc = ({ name, value, structs, current, payload }) => ({ name, value, ...(structs.length > 0 && { structs }), current, payload });
  const modules = [...facts.records.values()].filter(({ anonymous }) => !anonymous).map(({ name, file }) => [name, subjectOf(facts.headers[file]?.path ?? "", name)]);

  return join([
    { js: "", dts: INTERFACES },
    table("COMMANDS", "readonly CommandEntry[]", "Control commands by id; several names may share one.", commands),
    table("CLASSES", "readonly ClassEntry[]", "Classes, and what allocating one takes.", classes),
    table("FUNCTIONS", "readonly RpcEntry[]", "RPC functions.", facts.functions.map(rpc)),
    table("EVENTS", "readonly RpcEntry[]", "RPC events.", facts.events.map(rpc)),
    table("ESCAPES", "readonly IoctlEntry[]", "ioctls of the RM's device files; `nr` is the low byte of the number.", facts.escapes),
    table("UVM_IOCTLS", "readonly IoctlEntry[]", "ioctls of the UVM device file; `nr` is the whole number.", facts.uvm),
    map("MODULES", "ReadonlyMap<string, string>", "The module that holds a record, by the record's name.", `new Map(${JSON.stringify(modules)})`),
    map("COMMAND_NAMES", "ReadonlyMap<number, string>", "Control commands by id; where several names share an id, the last.", "/* @__PURE__ */ new Map(COMMANDS.map(({ id, name }) => [id, name]))"),
    map("CLASS_NAMES", "ReadonlyMap<number, string>", "Classes by id.", "/* @__PURE__ */ new Map(CLASSES.map(({ id, name }) => [id, name]))"),
    map("FUNCTION_NAMES", "ReadonlyMap<number, string>", "RPC functions by number.", "/* @__PURE__ */ new Map(FUNCTIONS.map(({ value, name }) => [value, name]))"),
    map("EVENT_NAMES", "ReadonlyMap<number, string>", "RPC events by number.", "/* @__PURE__ */ new Map(EVENTS.map(({ value, name }) => [value, name]))"),
  ]);
}

/** @param {string} name @param {string} type @param {string} doc @param {readonly object[]} rows @returns {Module} */
function table(name, type, doc, rows) {
  return map(name, type, doc, `[\n${rows.map((row) => `  ${JSON.stringify(row)},\n`).join("")}]`);
}

/** @param {string} name @param {string} type @param {string} doc @param {string} value @returns {Module} */
function map(name, type, doc, value) {
  return { js: `export const ${name} = ${value};\n`, dts: `/** ${doc} */\nexport declare const ${name}: ${type};\n` };
}

const INTERFACES = `/** A type of parameters; \`record\` where that is another name of a record, which {@link MODULES} then knows. */
export interface Parameters {
  readonly params?: string;
  readonly record?: string;
}
export interface CommandEntry extends Parameters {
  readonly name: string;
  readonly id: number;
  /** In the table of the kernel's own RM; a command that is not is served elsewhere. */
  readonly exported?: true;
  /** Control flags and access right of an exported command. */
  readonly flags?: number;
  readonly right?: number;
}
export interface ClassEntry extends Parameters {
  readonly name: string;
  readonly id: number;
  /** Whether allocating takes parameters in any case. */
  readonly required?: boolean;
  /** RM's own class. */
  readonly internal?: string;
  /** RM's classes of which it may be a child; \`-\` is the client's root, \`*\` any. */
  readonly parents?: readonly string[];
}
export interface RpcEntry {
  readonly name: string;
  readonly value: number;
  /** Versions of the body. */
  readonly structs?: readonly string[];
  /** The one in force. */
  readonly current?: string;
  /** The record that is the body instead. */
  readonly payload?: string;
}
export interface IoctlEntry {
  readonly name: string;
  readonly nr: number;
  readonly params?: string;
}
`;
