// Checks every package as it would be published: packs it, has publint and are-the-types-wrong judge the tarball, and
// imports each entry point from the unpacked tarballs alone, where no TypeScript source and no workspace link helps.
import { execFile } from "node:child_process";
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";

/** @typedef {{ name: string, exports: Record<string, unknown>, dependencies?: Record<string, string> }} Manifest */

const ROOT = fileURLToPath(new URL("..", import.meta.url));
const WORK = mkdtempSync(join(tmpdir(), "nova-stack-packages-"));
const CONSUMER = join(WORK, "consumer");
const MODULES = join(CONSUMER, "node_modules");

const run = promisify(execFile);
/** @param {string} name */
const tool = (name) => join(ROOT, "node_modules", ".bin", name);

/** @type {string[]} */
const failures = [];

/** @param {string} what @param {string} program @param {readonly string[]} args @param {string} [cwd] */
async function attempt(what, program, args, cwd = ROOT) {
  try {
    await run(program, args, { cwd });
  } catch (error) {
    failures.push(what);
    const { stdout = "", stderr = "" } = /** @type {{ stdout?: string, stderr?: string }} */ (error);
    console.error(`FAILED ${what}\n${stdout}${stderr || String(error)}`);
  }
}

/** Makes the packages from elsewhere that `manifest` depends on available to the consumer. */
function linkForeign(/** @type {string} */ folder, /** @type {Manifest} */ manifest) {
  for (const dependency of Object.keys(manifest.dependencies ?? {})) {
    const link = join(MODULES, dependency);
    if (dependency.startsWith("@nova-stack/")) continue;
    mkdirSync(dirname(link), { recursive: true });
    // Several packages may bring the same one along.
    rmSync(link, { force: true });
    symlinkSync(join(folder, "node_modules", dependency), link);
  }
}

/** Checks one package and returns its entry points, those of generated families (with a `*`) left out. */
async function check(/** @type {string} */ name) {
  const folder = join(ROOT, "packages", name);
  /** @type {Manifest} */
  const manifest = JSON.parse(readFileSync(join(folder, "package.json"), "utf8"));
  const tarball = join(WORK, `${name}.tgz`);
  const unpacked = join(MODULES, "@nova-stack", name);
  mkdirSync(unpacked, { recursive: true });

  await attempt(`${name}: pack`, tool("pnpm"), ["pack", "--silent", "--out", tarball], folder);
  await attempt(`${name}: unpack`, "tar", ["-xzf", tarball, "-C", unpacked, "--strip-components=1"]);
  await attempt(`${name}: publint`, tool("publint"), ["run", tarball, "--strict"]);
  await attempt(`${name}: attw`, tool("attw"), [tarball, "--profile", "esm-only", "--no-emoji"]);
  linkForeign(folder, manifest);
  return Object.keys(manifest.exports)
    .filter((entry) => !entry.includes("*") && entry !== "./package.json")
    .map((entry) => manifest.name + entry.slice(1));
}

try {
  const names = readdirSync(join(ROOT, "packages")).sort();
  const waiting = names.values();
  /** @type {string[]} */
  const entries = [];
  const worker = async () => {
    for (const name of waiting) entries.push(...(await check(name)));
  };
  // Two at a time, for a small machine has two cores.
  await Promise.all([worker(), worker()]);

  const script = join(CONSUMER, "import-all.mjs");
  writeFileSync(script, entries.map((entry) => `await import(${JSON.stringify(entry)});\n`).join(""));
  await attempt(`import of ${entries.length} entry points`, process.execPath, [script], CONSUMER);
  console.log(`${names.length} packages packed, ${entries.length} entry points imported, ${failures.length} complaints`);
} finally {
  rmSync(WORK, { recursive: true });
}
process.exitCode = failures.length === 0 ? 0 : 1;
