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

/** @typedef {{ facts: Facts, layouts: Map<string, Layout>, said: Map<string, string>, homes: Map<Layout, string>, source: string }} Context */

/**
 * Emits one subject after another of `facts`. What other subjects need of one is a module of its own, which the subject
 * passes on: so importing the static configuration does not load every internal control.
 *
 * @param {Facts} facts @param {Map<string, Layout>} layouts @param {Map<string, Subject>} subjects
 * @returns {Generator<[name: string, module: Module]>}
 */
export function* emitSubjects(facts, layouts, subjects) {
  const said = docs(facts);
  const homes = homesOf(layouts, subjects);
  for (const [name, { path, records, aliases, constants, ranges }] of subjects) {
    /** @type {Context} */
    const context = { facts, layouts, said, homes, source: `${facts.version}: ${path}` };
    const all = records.map((record) => /** @type {Layout} */ (layouts.get(record)));
    const here = all.filter((layout) => homes.get(layout) === name);
    const apart = all.filter((layout) => homes.get(layout) !== name);
    const simple = [
      ...[...constants].map(([constantName, value]) => constant(constantName, value, said.get(constantName))),
      ...[...ranges].map(([rangeName, range]) => bits(rangeName, range)),
    ];
    const passedOn = apart.length === 0 ? [] : [{ js: `export * from "./${shared(name)}.js";\n`, dts: `export * from "./${shared(name)}.js";\n` }];
    if (apart.length > 0) yield [shared(name), moduleOf(context, shared(name), apart, [], [])];
    const module = moduleOf(context, name, here, [...passedOn, ...simple], aliases);
    unique(name, module.js);
    yield [name, module];
  }
}

/** @param {string} subject */
const shared = (subject) => `shared/${subject}`;

/**
 * The module of each record: that of its subject, or the one apart when other subjects need the record and not all of
 * its subject.
 *
 * @param {Map<string, Layout>} layouts @param {Map<string, Subject>} subjects @returns {Map<Layout, string>}
 */
function homesOf(layouts, subjects) {
  /** @type {Map<Layout, string>} */ const homes = new Map();
  for (const [name, { records }] of subjects) for (const record of records) homes.set(/** @type {Layout} */ (layouts.get(record)), name);
  /** @type {Map<string, Set<Layout>>} */ const apart = new Map();
  /** @param {Layout} layout @param {string} home */
  const needed = (layout, home) => {
    const found = apart.get(home) ?? new Set();
    apart.set(home, found);
    if (found.has(layout)) return;
    found.add(layout);
    for (const nested of nestedIn(layout)) if (homes.get(nested) === home) needed(nested, home);
  };
  for (const [layout, home] of homes) {
    for (const nested of nestedIn(layout)) {
      const other = homes.get(nested) ?? "";
      if (other !== home) needed(nested, other);
    }
  }
  for (const [home, found] of apart) {
    const { records, constants, ranges } = /** @type {Subject} */ (subjects.get(home));
    const whole = found.size === records.length && constants.size + ranges.size === 0;
    // In rpc/ a module is one record already.
    if (whole || home.includes("/")) continue;
    for (const layout of found) homes.set(layout, shared(home));
  }
  return homes;
}

/**
 * @param {Context} context @param {string} name @param {readonly Layout[]} here @param {readonly Module[]} before
 * @param {readonly [string, string][]} aliases @returns {Module}
 */
function moduleOf({ layouts, homes, source }, name, here, before, aliases) {
  const nameOf = (/** @type {Layout} */ layout) => identifier(layout.name);
  const { js, dts } = join([
    ...before,
    ...here.map((layout) => ({ js: emitJavaScript(layout, nameOf), dts: emitDeclarations(layout, nameOf, [`${layout.size} bytes, open-gpu-kernel-modules ${source}`]) })),
    ...aliases.map(([alias, target]) => ({
      js: `export const ${identifier(alias)} = ${identifier(target)};\n`,
      dts: `export type ${identifier(alias)} = ${identifier(target)};\nexport declare const ${identifier(alias)}: typeof ${identifier(target)};\n`,
    })),
  ]);

  /** @type {Map<string, Set<string>>} */ const imports = new Map();
  const used = [...here.flatMap((layout) => [...nestedIn(layout)]), ...aliases.map(([, target]) => /** @type {Layout} */ (layouts.get(target)))];
  for (const layout of used) {
    const home = homes.get(layout) ?? "";
    if (home !== name) imports.set(home, (imports.get(home) ?? new Set()).add(nameOf(layout)));
  }
  const up = "../".repeat(name.split("/").length - 1) || "./";
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
