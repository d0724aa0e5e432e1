// Writes src/generated from facts/: one namespace per firmware version, one module per header of NVIDIA's.
// Runs before everything else; does nothing while neither the facts nor this script have changed.
import { createHash } from "node:crypto";
import { existsSync, mkdirSync, readFileSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { basename, dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

import { readFacts } from "./facts.mjs";
import { emitClasses, emitRegistry, emitRpcNumbers, emitStatus, emitSubject } from "./emit.mjs";

const PACKAGE = fileURLToPath(new URL("..", import.meta.url));
const OUT = join(PACKAGE, "src", "generated");
const STAMP = join(OUT, ".stamp");

const factFiles = readdirSync(join(PACKAGE, "facts")).filter((name) => name.endsWith(".jsonl")).sort();
const hash = createHash("sha256");
for (const file of [...factFiles.map((name) => join(PACKAGE, "facts", name)), ...["generate", "facts", "emit"].map((name) => join(PACKAGE, "scripts", `${name}.mjs`))]) {
  hash.update(readFileSync(file));
}
const wanted = hash.digest("hex");

if (!existsSync(STAMP) || readFileSync(STAMP, "utf8") !== wanted) {
  rmSync(OUT, { recursive: true, force: true });
  for (const name of factFiles) generate(basename(name, ".jsonl"));
  writeFileSync(STAMP, wanted);
}

/** @param {string} version */
function generate(version) {
  const facts = readFacts(readFileSync(join(PACKAGE, "facts", `${version}.jsonl`), "utf8"));
  const folder = join(OUT, `r${version.replace(/\..*?$/, (rest) => rest).split(".").slice(0, 2).join("_")}`);
  /** @param {string} path @param {string} text */
  const write = (path, text) => {
    const file = join(folder, `${path}.ts`);
    mkdirSync(dirname(file), { recursive: true });
    writeFileSync(file, `// Generated from facts/${version}.jsonl by scripts/generate.mjs; not committed, not to be edited.\n${text}`);
  };
  for (const [subject, content] of facts.subjects) write(subject, emitSubject(facts, subject, content));
  write("status", emitStatus(facts));
  write("classes", emitClasses(facts));
  write("rpc", emitRpcNumbers(facts));
  write("registry", emitRegistry(facts));
}
