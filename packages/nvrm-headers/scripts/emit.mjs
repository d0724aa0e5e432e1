// The texts of the modules of one subject: JavaScript, and declarations with what an editor shows.
import { emitDeclarations, emitJavaScript, identifier, nestedIn, runtimeImport } from "@nova-stack/c-layout/emit";

/** @typedef {import("./facts.mjs").Facts} Facts */
/** @typedef {import("./subjects.mjs").Subject} Subject */
/** @typedef {import("./layouts.mjs").Layout} Layout */
/** @typedef {{ js: string, dts: string }} Module */

/** Ids and masks are read in hexadecimal, counts and sizes in decimal. @param {number | string} value */
export function literal(value) {
  if (typeof value === "string") return `${value}n`;
  return value > 0xffff ? `0x${value.toString(16)}` : String(value);
}

/** @param {string} name @param {number | string} value @param {string} [doc] @returns {Module} */
export function constant(name, value, doc) {
  const text = `const ${name} = ${literal(value)};\n`;
  return { js: `export ${text}`, dts: `${doc === undefined ? "" : `/** ${doc} */\n`}export declare ${text}` };
}

/** @param {readonly Module[]} parts @returns {Module} */
export function join(parts) {
  return { js: parts.map(({ js }) => js).join(""), dts: parts.map(({ dts }) => dts).join("") };
}

/** What is said about the constants that are commands, classes and ioctls. @param {Facts} facts @returns {Map<string, string>} */
function docs(facts) {
  /** @param {string | undefined} params @param {string} [record] */
  const takes = (params, record) => {
    if (params === undefined) return "";
    const size = facts.records.get(record ?? params)?.size;
    return `; parameters ${params}${size === undefined ? "" : `, ${size} bytes`}`;
  };
  /** @type {Map<string, string>} */ const said = new Map();
  for (const { name, id, params, record, flags } of facts.commands) {
    said.set(name, `Control 0x${id.toString(16)}${takes(params, record)}${flags === undefined ? "" : `; flags 0x${flags.toString(16)}`}.`);
  }
  for (const { name, id, params, record } of facts.classes) said.set(name, `Class 0x${id.toString(16)}${takes(params, record)}.`);
  for (const { name, nr, params } of [...facts.escapes, ...facts.uvm]) said.set(name, `ioctl ${nr}${takes(params)}.`);
  return said;
}

/**
 * Emits one subject after another of `facts`.
 *
 * @param {Facts} facts @param {Map<string, Layout>} layouts @param {Map<string, Subject>} subjects
 * @returns {Generator<[name: string, module: Module]>}
 */
export function* emitSubjects(facts, layouts, subjects) {
  const said = docs(facts);
  /** @type {Map<Layout, string>} */ const homes = new Map();
  for (const [name, { records }] of subjects) for (const record of records) homes.set(/** @type {Layout} */ (layouts.get(record)), name);
  for (const [name, subject] of subjects) yield [name, emitSubject(facts, layouts, homes, said, name, subject)];
}

/**
 * @param {Facts} facts @param {Map<string, Layout>} layouts @param {Map<Layout, string>} homes @param {Map<string, string>} said
 * @param {string} name @param {Subject} subject @returns {Module}
 */
function emitSubject(facts, layouts, homes, said, name, { path, records, aliases, constants, ranges }) {
  const here = records.map((record) => /** @type {Layout} */ (layouts.get(record)));
  const source = `${facts.version}: ${path}`;
  const nameOf = (/** @type {Layout} */ layout) => identifier(layout.name);

  const parts = [
    ...[...constants].map(([constantName, value]) => constant(constantName, value, said.get(constantName))),
    ...[...ranges].map(([rangeName, range]) => bits(rangeName, range)),
    ...here.map((layout) => ({ js: emitJavaScript(layout, nameOf), dts: emitDeclarations(layout, nameOf, [`${layout.size} bytes, open-gpu-kernel-modules ${source}`]) })),
    ...aliases.map(([alias, target]) => ({
      js: `export const ${identifier(alias)} = ${identifier(target)};\n`,
      dts: `export type ${identifier(alias)} = ${identifier(target)};\nexport declare const ${identifier(alias)}: typeof ${identifier(target)};\n`,
    })),
  ];
  const { js, dts } = join(parts);
  unique(name, js);

  /** @type {Map<string, Set<string>>} */ const imports = new Map();
  for (const layout of here) {
    for (const nested of nestedIn(layout)) {
      const home = homes.get(nested) ?? "";
      if (home !== name) imports.set(home, (imports.get(home) ?? new Set()).add(nameOf(nested)));
    }
  }
  const up = name.includes("/") ? "../" : "./";
  const imported = (/** @type {string} */ keyword) => [...imports].sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([home, names]) => `${keyword} { ${[...names].sort().join(", ")} } from "${up}${home}.js";\n`).join("");
  const types = ["Layout", "UnionBytes"].filter((type) => new RegExp(`\\b${type}<`).test(dts));
  return {
    js: runtimeImport(js) + imported("import") + js,
    dts: (types.length === 0 ? "" : `import type { ${types.join(", ")} } from "@nova-stack/c-layout";\n`) + imported("import type") + dts,
  };
}

/** A field of a word, highest bit first as in C. @param {string} name @param {string} range @returns {Module} */
function bits(name, range) {
  const [hi, lo] = range.split(":");
  return {
    js: `export const ${name} = { hi: ${hi}, lo: ${lo} };\n`,
    dts: `export declare const ${name}: { readonly hi: ${hi}; readonly lo: ${lo} };\n`,
  };
}

/** Two things of one name, also one of NVIDIA's and one that the module imports. @param {string} module @param {string} js */
function unique(module, js) {
  const seen = new Set(runtimeImport(js).match(/\w+/g));
  for (const [, name] of js.matchAll(/^export const ([\w$]+)/gm)) {
    if (seen.has(name)) throw new Error(`${module} exports ${name} twice`);
    seen.add(name);
  }
}
