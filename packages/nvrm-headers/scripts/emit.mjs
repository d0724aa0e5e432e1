// Texts of the generated modules.

/** @typedef {ReturnType<typeof import("./facts.mjs").readFacts>} Facts */

const NUMBER = new Set(["u8", "u16", "u32", "s8", "s16", "s32", "f32", "f64", "char"]);

/** A record's name as an identifier. @param {string} name */
const identifier = (name) => name.replace(/^struct /, "").replace(/[^A-Za-z0-9_$]/g, "_");

/** @param {number | string} value */
function literal(value) {
  if (typeof value === "string") return `${value}n`;
  // Ids and masks are read in hexadecimal, counts and sizes in decimal.
  return value > 0xffff ? `0x${value.toString(16)}` : String(value);
}

/** @param {string} type */
function scalarType(type) {
  if (NUMBER.has(type)) return "number";
  if (type === "bool" || type === "NvBool") return "boolean";
  return "bigint";
}

/** TypeScript type of a field's value. @param {Facts} facts @param {import("./facts.mjs").FieldFact} field */
function valueType(facts, [, , , type, dims = [], bit]) {
  if (bit) return "number";
  let element;
  let rest = [...dims];
  if (type.startsWith("@")) {
    const record = facts.records.get(type.slice(1));
    element = record?.kind === "u" ? "Uint8Array" : identifier(type.slice(1));
  } else if ((type === "u8" || type === "char") && rest.length > 0) {
    element = "Uint8Array";
    rest = rest.slice(0, -1);
  } else element = scalarType(type);
  return rest.reduce((inner) => `readonly ${inner.includes("readonly ") ? `(${inner})` : inner}[]`, element);
}

/** Members of the value, those of anonymous members included. @param {Facts} facts @param {import("./facts.mjs").RecordFact} record @returns {string[]} */
function members(facts, record) {
  return record.fields.flatMap((field) => {
    if (field[0] !== "") return [`  readonly ${field[0]}: ${valueType(facts, field)};`];
    const inner = facts.records.get(field[3].slice(1));
    return inner ? members(facts, inner) : [];
  });
}

/** @param {import("./facts.mjs").FieldFact} field */
function row([name, offset, size, type, dims, bit]) {
  const element = type.startsWith("@") ? `() => ${identifier(type.slice(1))}` : `'${type}'`;
  const parts = [`'${name}'`, offset, size, element];
  if (dims !== undefined || bit !== undefined) parts.push(`[${(dims ?? []).join(", ")}]`);
  if (bit !== undefined) parts.push(`[${bit.join(", ")}]`);
  return `[${parts.join(", ")}]`;
}

/** @param {Facts} facts @param {string} subject @param {import("./facts.mjs").Subject} content */
export function emitSubject(facts, subject, content) {
  /** @type {Map<string, Set<string>>} */ const imports = new Map();
  const up = subject.includes("/") ? "../" : "./";
  for (const record of content.records) {
    for (const field of record.fields) {
      if (!field[3].startsWith("@")) continue;
      const target = facts.records.get(field[3].slice(1));
      if (target && target.subject !== subject) {
        const from = `${up}${target.subject}.ts`;
        imports.set(from, (imports.get(from) ?? new Set()).add(identifier(target.name)));
      }
    }
  }
  const out = [];
  if (content.records.length > 0) {
    out.push("import type { Layout } from '@nova-stack/c-layout';");
    out.push(`import { record } from '${up === "../" ? "../../../" : "../../"}record.ts';`);
    for (const [from, names] of imports) out.push(`import { ${[...names].sort().join(", ")} } from '${from}';`);
    out.push("");
  }
  const source = `open-gpu-kernel-modules ${facts.version}: ${content.file}`;
  for (const [name, value] of content.constants) out.push(`export const ${name} = ${literal(value)};`);
  for (const entry of content.records) {
    const id = identifier(entry.name);
    out.push(`/** ${entry.size} bytes, ${source}. */`);
    out.push(`export interface ${id} {`, ...members(facts, entry), "}");
    out.push(`export const ${id}: Layout<${id}> = /* @__PURE__ */ record('${entry.name}', '${entry.kind}', ${entry.size}, ${entry.align}, () => [`);
    for (const field of entry.fields) out.push(`  ${row(field)},`);
    out.push("]);");
  }
  for (const [alias, target] of content.aliases) {
    out.push(`export type ${identifier(alias)} = ${identifier(target)};`, `export const ${identifier(alias)}: Layout<${identifier(target)}> = ${identifier(target)};`);
  }
  return `${out.join("\n")}\n`;
}

/** @param {Facts} facts */
export function emitStatus(facts) {
  const rows = facts.tables["status"] ?? [];
  return [
    ...rows.map(([name, value]) => `export const ${name} = ${literal(value)};`),
    "/** Name of a status code, by its number. */",
    "export const STATUS_NAMES: Readonly<Record<number, string>> = {",
    ...rows.map(([name, value]) => `  ${value}: '${name}',`),
    "};",
    "",
  ].join("\n");
}

/** @param {Facts} facts */
export function emitClasses(facts) {
  return [...new Map((facts.tables["class"] ?? []).map((row) => [row[0], row])).values()].map(([name, id]) => `export const ${name} = ${literal(id)};`).join("\n") + "\n";
}

/** @param {Facts} facts */
export function emitRpcNumbers(facts) {
  return [...(facts.tables["function"] ?? []), ...(facts.tables["event"] ?? [])].map(([name, value]) => `export const ${name} = ${literal(value)};`).join("\n") + "\n";
}

/** What tools look up: names by number. @param {Facts} facts */
export function emitRegistry(facts) {
  /** @param {string} name @param {string} table @param {string} doc */
  const map = (name, table, doc) => [
    `/** ${doc} */`,
    `export const ${name}: ReadonlyMap<number, string> = new Map([`,
    ...(facts.tables[table] ?? []).map(([entry, value]) => `  [${value}, '${entry}'],`),
    "]);",
  ];
  return [
    ...map("COMMAND_NAMES", "command", "Control commands by id; where several names share an id, the last."),
    ...map("CLASS_NAMES", "class", "Classes by id."),
    ...map("FUNCTION_NAMES", "function", "RPC functions by number."),
    ...map("EVENT_NAMES", "event", "RPC events by number."),
    "",
  ].join("\n");
}
