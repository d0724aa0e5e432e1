// Which module a name belongs into: one for each header, under the header's name. The headers of the RPCs hold
// hundreds of records each and nobody needs them all; they are split, a module a record, in rpc/.
import { basename } from "node:path";

const SPLIT = new Set(["g_rpc-structures.h", "g_rpc-message-header.h", "g_sdk-structures.h", "sdk-structures.h"]);

/** @param {string} path @param {string} [record] */
export function subjectOf(path, record) {
  const header = basename(path);
  if (record === undefined || !SPLIT.has(header)) return header.replace(/\.h$/, "");
  // A record within another is named after it, and stays with it.
  return `rpc/${record.replace(/^rpc_/, "").replace(/\..*$/, "")}`;
}

/**
 * @typedef {{ path: string, records: string[], aliases: [string, string][], constants: Map<string, number | string>, ranges: Map<string, string> }} Subject
 * @param {import("./facts.mjs").Facts} facts
 * @returns {Map<string, Subject>}
 */
export function subjectsOf(facts) {
  /** @type {Map<string, Subject>} */
  const subjects = new Map();
  /** @param {string} name @param {string} path */
  const subject = (name, path) => {
    let found = subjects.get(name);
    if (found === undefined) subjects.set(name, (found = { path, records: [], aliases: [], constants: new Map(), ranges: new Map() }));
    return found;
  };

  for (const { path, constants, ranges, enums } of facts.headers) {
    if (constants.size + ranges.size + enums.length === 0) continue;
    const home = subject(subjectOf(path), path);
    for (const [name, value] of [...enums, ...constants]) {
      // Two headers of one name say the same; a macro that repeats an enumerator has its value.
      const before = home.constants.get(name);
      if (before !== undefined && before !== value) throw new Error(`${path}: ${name} is ${before} and ${value}`);
      home.constants.set(name, value);
    }
    for (const [name, range] of ranges) home.ranges.set(name, range);
  }

  for (const { name, file } of facts.records.values()) {
    const path = facts.headers[file]?.path ?? "";
    subject(subjectOf(path, name), path).records.push(name);
  }
  /** @param {string} alias @param {string} target */
  const alias = (alias, target) => {
    const record = facts.records.get(target);
    if (record === undefined || facts.records.has(alias)) return;
    const path = facts.headers[record.file]?.path ?? "";
    const { aliases } = subject(subjectOf(path, target), path);
    if (!aliases.some(([name]) => name === alias)) aliases.push([alias, target]);
  };
  for (const { name, aliases } of facts.records.values()) for (const other of aliases) alias(other, name);
  for (const { name, ref, dims } of facts.typedefs.values()) if (ref !== undefined && dims.length === 0) alias(name, ref);
  return subjects;
}
