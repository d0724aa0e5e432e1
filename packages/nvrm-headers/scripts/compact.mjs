// node scripts/compact.mjs IMPORTED.json > facts/VERSION.jsonl
//
// Last step of an import: takes what was read out of the headers (one JSON file, schema 1) and writes it as this
// package keeps it, a JSON array a line, so that two versions can be compared line by line. scripts/facts.mjs reads it.
import { readFileSync } from "node:fs";
import { pathToFileURL } from "node:url";

/** Class headers with this many bit ranges or more describe an engine's methods. Only their records and ids are kept. */
const METHODS = 8;

/** Where the link from a command to its parameters came from, a letter each. */
const VIA = /** @type {Record<string, string>} */ ({ table: "t", finn: "f", name: "n", all: "a", resource: "r", header: "h" });

/** @param {readonly string[]} [via] */
const letters = (via = []) => via.map((word) => VIA[word]).join("");

/** Drops what is absent. @param {Record<string, unknown>} object */
function present(object) {
  const entries = Object.entries(object).filter(([, value]) => value !== undefined && value !== "");
  return entries.length === 0 ? [] : [Object.fromEntries(entries)];
}

/** Cuts absent values off the end of a line. @param {unknown[]} row */
function trimmed(row) {
  const last = row.findLastIndex((value) => value !== undefined);
  return row.slice(0, last + 1).map((value) => value ?? null);
}

/** The type of a field or typedef: a record by its key, with its spelling where that differs, or a spelled scalar. @param {any} field */
function typeOf({ ref, type }) {
  if (ref === undefined) return type;
  return type === ref || type.includes("(anonymous)") ? `@${ref}` : `@${ref}|${type}`;
}

/** @param {any} imported @returns {Generator<unknown[]>} */
export function* compact(imported) {
  yield ["version", imported.version, imported.target];
  for (const [i, path] of imported.files.entries()) yield ["file", i, path, ...(i < imported.counts.files ? [] : [0])];

  const scalars = new Map();
  for (const { fields } of Object.values(imported.records)) for (const field of fields) if (field.ref === undefined) scalars.set(field.type, field);
  for (const typedef of Object.values(imported.typedefs)) if (typedef.ref === undefined) scalars.set(typedef.type, typedef);
  for (const [type, { kind, to, enum: of }] of [...scalars].sort()) yield trimmed(["type", type, kind, to, of]);

  for (const [name, record] of Object.entries(imported.records)) {
    const { kind, size, align, file, fields, tag, aliases, tagOnly, anonymous, packed } = record;
    const rows = fields.map((/** @type {any} */ field) => trimmed([field.name, field.offset ?? null, typeOf(field), field.dims, field.bit === undefined ? undefined : [field.bit, field.width]]));
    yield ["record", name, file, kind === "struct" ? "s" : "u", size, align, rows, ...present({ tag, aliases, tagOnly, anonymous, packed })];
  }
  for (const [name, typedef] of Object.entries(imported.typedefs)) yield trimmed(["typedef", name, typeOf(typedef), typedef.dims]);
  for (const { name, file, kind, values, tag, aliases } of imported.enums) yield ["enum", name, file, kind, values, ...present({ tag, aliases })];

  for (const { name, id, params, record, via, other, messageId, exported, flags, right } of imported.commands) {
    const usual = via?.includes("finn") ? id & 0xff : undefined;
    yield ["command", name, id, params ?? null, ...present({ record, via: letters(via), other, messageId: messageId === usual ? undefined : messageId, exported, flags, right })];
  }
  for (const { name, id, file, via, params, record, required, paramsVia, internal, parents } of imported.classes) {
    yield ["class", name, id, file, params ?? null, ...present({ via: letters(via), record, required, paramsVia, internal, parents })];
  }
  for (const kind of ["functions", "events"]) {
    for (const { name, value, structs, current, payload } of imported.rpc[kind]) yield trimmed([kind.slice(0, -1), name, value, structs, current, payload]);
  }
  for (const { name, nr, params } of imported.escapes) yield trimmed(["escape", name, nr, params]);
  for (const { name, nr, params } of imported.uvm) yield trimmed(["uvm", name, nr, params]);
  const status = Array.isArray(imported.status) ? imported.status.map((/** @type {any} */ { name, value }) => [name, value]) : Object.entries(imported.status);
  for (const [name, value] of status) yield ["status", name, value];

  for (const [i, path] of imported.files.entries()) {
    const macros = imported.macros[i] ?? {};
    const ranges = imported.ranges[i] ?? {};
    if (/\/class\/cl/.test(path) && Object.keys(ranges).length >= METHODS) {
      yield ["methods", i];
      continue;
    }
    if (Object.keys(macros).length + Object.keys(ranges).length > 0) yield ["in", i];
    for (const [name, value] of Object.entries(macros)) yield ["=", name, value];
    for (const [name, range] of Object.entries(ranges)) yield [":", name, range];
  }
  for (const [name, type] of Object.entries(imported.typeMacros)) yield ["typeMacro", name, type];
}

const [, script = "", file = ""] = process.argv;
if (import.meta.url === pathToFileURL(script).href) {
  if (file === "") {
    console.error("node scripts/compact.mjs IMPORTED.json > facts/VERSION.jsonl");
    process.exitCode = 2;
  } else {
    const lines = [...compact(JSON.parse(readFileSync(file, "utf8")))].map((row) => JSON.stringify(row));
    process.stdout.write(`${lines.join("\n")}\n`);
  }
}
