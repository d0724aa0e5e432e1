// Reads a facts file: one JSON array a line, its first element says what it is. scripts/compact.mjs writes it and
// says which columns there are.

/**
 * @typedef {{ name: string, offset: number, type: string, kind: string, ref?: string, dims: number[], bits?: { first: number, width: number } }} FieldFact
 * @typedef {{ name: string, file: number, kind: "struct" | "union", size: number, align: number, fields: FieldFact[], anonymous: boolean, packed: boolean, aliases: string[] }} RecordFact
 * @typedef {{ name: string, type: string, ref?: string, kind: string, dims: number[] }} TypedefFact
 * @typedef {{ name: string, id: number, params?: string, record?: string, exported: boolean, flags?: number, right?: number }} CommandFact
 * @typedef {{ name: string, id: number, file: number, params?: string, record?: string, required?: boolean, internal?: string, parents?: string[] }} ClassFact
 * @typedef {{ name: string, value: number, structs: string[], current?: string, payload?: string }} RpcFact
 * @typedef {{ name: string, nr: number, params?: string }} IoctlFact
 * @typedef {{ path: string, constants: Map<string, number | string>, ranges: Map<string, string>, enums: [string, number | string][] }} HeaderFact
 */

/** Makes of the columns of a line what the generator works with. @param {string} text */
export function readFacts(text) {
  let version = "";
  /** @type {HeaderFact[]} */ const headers = [];
  /** @type {Map<string, { kind: string, to?: string }>} */ const scalars = new Map();
  /** @type {Map<string, RecordFact>} */ const records = new Map();
  /** @type {Map<string, TypedefFact>} */ const typedefs = new Map();
  /** @type {CommandFact[]} */ const commands = [];
  /** @type {ClassFact[]} */ const classes = [];
  /** @type {RpcFact[]} */ const functions = [];
  /** @type {RpcFact[]} */ const events = [];
  /** @type {IoctlFact[]} */ const escapes = [];
  /** @type {IoctlFact[]} */ const uvm = [];
  /** @type {[string, number][]} */ const status = [];
  /** @type {HeaderFact | undefined} */ let header;

  /** @param {string} type */
  const typed = (type) => {
    if (!type.startsWith("@")) return { type, kind: scalars.get(type)?.kind ?? "" };
    const [ref = "", spelled = ref] = type.slice(1).split("|");
    return { type: spelled, kind: "record", ref };
  };
  /** @param {(number | null)[]} [dims] */
  const dimensions = (dims = []) => dims.map((count) => count ?? -1);
  /** @param {any[]} row @returns {RpcFact} */
  const rpc = ([name, value, structs, current, payload]) => ({ name, value, structs: structs ?? [], current: current ?? undefined, payload });

  for (const line of text.trimEnd().split("\n")) {
    const [what, ...row] = JSON.parse(line);
    switch (what) {
      case "version": [version] = row; break;
      case "file": headers[row[0]] = { path: row[1], constants: new Map(), ranges: new Map(), enums: [] }; break;
      case "type": scalars.set(row[0], { kind: row[1], to: row[2] ?? undefined }); break;
      case "record": {
        const [name, file, kind, size, align, fields, { anonymous = false, packed = false, aliases = [] } = {}] = row;
        records.set(name, {
          name, file, kind: kind === "s" ? "struct" : "union", size, align, anonymous, packed, aliases,
          fields: fields.map((/** @type {any[]} */ [field, offset, type, dims, bits]) => ({
            name: field, offset, ...typed(type), dims: dimensions(dims ?? []), ...(bits && { bits: { first: bits[0], width: bits[1] } }),
          })),
        });
        break;
      }
      case "typedef": typedefs.set(row[0], { name: row[0], ...typed(row[1]), dims: dimensions(row[2]) }); break;
      case "enum": headers[row[1]]?.enums.push(...row[3]); break;
      case "command": commands.push({ name: row[0], id: row[1], params: row[2] ?? undefined, exported: false, ...row[3] }); break;
      case "class": classes.push({ name: row[0], id: row[1], file: row[2], params: row[3] ?? undefined, ...row[4] }); break;
      case "function": functions.push(rpc(row)); break;
      case "event": events.push(rpc(row)); break;
      case "escape": escapes.push({ name: row[0], nr: row[1], params: row[2] }); break;
      case "uvm": uvm.push({ name: row[0], nr: row[1], params: row[2] }); break;
      case "status": status.push([row[0], row[1]]); break;
      case "in": header = headers[row[0]]; break;
      case "=": header?.constants.set(row[0], row[1]); break;
      case ":": header?.ranges.set(row[0], row[1]); break;
      // Which class headers describe methods, and macros that name types, are for comparing versions.
      case "methods": case "typeMacro": break;
      default: throw new Error(`unknown line in the facts: ${line.slice(0, 80)}`);
    }
  }
  return { version, headers, records, typedefs, commands, classes, functions, events, escapes, uvm, status };
}

/** @typedef {ReturnType<typeof readFacts>} Facts */
