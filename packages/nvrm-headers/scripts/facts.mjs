// Reads a facts file: one JSON array a line, its first element says what it is.
import { basename } from "node:path";

/**
 * @typedef {[name: string, offset: number, size: number, type: string, dims?: number[], bit?: [number, number]]} FieldFact
 * @typedef {{ name: string, file: number, kind: "s" | "u", size: number, align: number, fields: FieldFact[], anonymous: boolean, subject: string }} RecordFact
 * @typedef {{ file: string, records: RecordFact[], aliases: [string, string][], constants: [string, number | string][] }} Subject
 */

/** The generated RPC headers hold hundreds of records each; they are split, a module a record. */
const SPLIT = new Set(["g_rpc-structures.h", "g_rpc-message-header.h"]);

/** @param {string} file @param {string} record */
function subjectOf(file, record) {
  const name = basename(file);
  if (SPLIT.has(name) && record !== "") return `rpc/${record.replace(/^rpc_/, "").replace(/\..*$/, "")}`;
  return name.replace(/\.h$/, "");
}

/** @param {string} text */
export function readFacts(text) {
  const rows = text.trimEnd().split("\n").map((line) => JSON.parse(line));
  let version = "";
  /** @type {string[]} */ const files = [];
  /** @type {Map<string, RecordFact>} */ const records = new Map();
  /** @type {Map<string, Subject>} */ const subjects = new Map();
  /** @type {Record<string, any[]>} */ const tables = { command: [], class: [], function: [], event: [], status: [] };
  /** @param {number} file @param {string} [record] */
  const subject = (file, record = "") => {
    const name = subjectOf(files[file] ?? "", record);
    let found = subjects.get(name);
    if (found === undefined) subjects.set(name, (found = { file: files[file] ?? "", records: [], aliases: [], constants: [] }));
    return { name, found };
  };
  /** @type {[string, string][]} */ const aliases = [];
  for (const [what, ...row] of rows) {
    switch (what) {
      case "version": [version] = row; break;
      case "file": files[row[0]] = row[1]; break;
      case "record": {
        const [name, file, kind, size, align, fields, anonymous] = row;
        const { name: home, found } = subject(file, name);
        const record = { name, file, kind, size, align, fields, anonymous: anonymous === 1, subject: home };
        records.set(name, record);
        found.records.push(record);
        break;
      }
      case "alias": aliases.push([row[0], row[1]]); break;
      case "enum": for (const value of row[2]) subject(row[1]).found.constants.push(value); break;
      case "constants": subject(row[0]).found.constants.push(.../** @type {[string, number | string][]} */ (Object.entries(row[1]))); break;
      default: /** @type {any[]} */ (tables[what]).push(row);
    }
  }
  for (const [alias, target] of aliases) {
    const record = records.get(target);
    if (record && !records.has(alias)) subjects.get(record.subject)?.aliases.push([alias, target]);
  }
  return { version, files, records, subjects, tables };
}
