// Writes generated/ from facts/: one namespace per firmware version, one module per header of NVIDIA's, as JavaScript
// and declarations, so that neither type checker nor bundler has to work through them. c-layout must have been built.
// Does nothing while neither the facts nor what makes modules of them has changed.
import { createHash } from "node:crypto";
import { existsSync, mkdirSync, readFileSync, readdirSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { basename, dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

const PACKAGE = fileURLToPath(new URL("..", import.meta.url));
const OUT = join(PACKAGE, "generated");
const STAMP = join(OUT, ".stamp");
const FACTS = join(PACKAGE, "facts");
const SCRIPTS = join(PACKAGE, "scripts");

/** @param {string} folder @param {RegExp} names */
const filesIn = (folder, names) => readdirSync(folder).filter((name) => names.test(name)).sort().map((name) => join(folder, name));

const factFiles = filesIn(FACTS, /\.jsonl$/);
const emitter = fileURLToPath(import.meta.resolve("@nova-stack/c-layout/emit"));
if (!existsSync(emitter)) {
  console.error("c-layout is not built; run `npm run generate` at the root of the repository.");
  process.exit(1);
}

const hash = createHash("sha256");
for (const file of [...factFiles, ...filesIn(SCRIPTS, /\.mjs$/), emitter, ...filesIn(join(dirname(emitter), ".."), /^chunk-.*\.js$/)]) hash.update(`${basename(file)}\0`).update(readFileSync(file));
const wanted = hash.digest("hex");

if (!existsSync(STAMP) || readFileSync(STAMP, "utf8") !== wanted) {
  // Written aside and moved at the end: whoever reads meanwhile finds the old modules whole.
  const fresh = `${OUT}.new`;
  rmSync(fresh, { recursive: true, force: true });
  for (const file of factFiles) await generate(fresh, basename(file, ".jsonl"), readFileSync(file, "utf8"));
  writeFileSync(join(fresh, ".stamp"), wanted);
  rmSync(OUT, { recursive: true, force: true });
  renameSync(fresh, OUT);
}

/** @param {string} out @param {string} version @param {string} text */
async function generate(out, version, text) {
  const { readFacts } = await import("./facts.mjs");
  const { layoutsOf } = await import("./layouts.mjs");
  const { subjectsOf } = await import("./subjects.mjs");
  const { emitSubjects } = await import("./emit.mjs");
  const { emitTables } = await import("./emit-tables.mjs");

  const facts = readFacts(text);
  const subjects = subjectsOf(facts);
  const folder = join(out, `r${version.split(".").slice(0, 2).join("_")}`);
  const note = `// Generated from facts/${version}.jsonl by scripts/generate.mjs; not committed, not to be edited.\n`;
  const written = new Set();
  for (const [name, { js, dts }] of [...emitSubjects(facts, layoutsOf(facts), subjects), ...emitTables(facts)]) {
    if (written.has(name)) throw new Error(`two modules are called ${name}`);
    written.add(name);
    mkdirSync(dirname(join(folder, name)), { recursive: true });
    writeFileSync(join(folder, `${name}.js`), note + js);
    writeFileSync(join(folder, `${name}.d.ts`), note + (dts === "" ? "export {};\n" : dts));
  }
}
