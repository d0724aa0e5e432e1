// What `npm start`, `npm test` and the single checks run. Node's own modules only, for on a fresh clone there is
// nothing else: a command first installs what is missing, then makes what it needs, then does its work.
import { spawn } from "node:child_process";
import { createHash } from "node:crypto";
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { delimiter, join } from "node:path";
import { performance } from "node:perf_hooks";
import { fileURLToPath } from "node:url";

const ROOT = fileURLToPath(new URL("..", import.meta.url));
const CI = Boolean(process.env["CI"]);
const ENV = {
  ...process.env,
  // turbo looks for pnpm on the PATH; the one that the lockfile names lies here.
  PATH: join(ROOT, "node_modules", ".bin") + delimiter + (process.env["PATH"] ?? ""),
  TURBO_TELEMETRY_DISABLED: "1",
};

class StepFailed extends Error {
  /** @param {number} status */
  constructor(status) {
    super(`exit status ${String(status)}`);
    this.status = status;
  }
}

/**
 * Runs a program. A quiet one is announced once it takes over a second, and shows its output only when it fails.
 * @param {string} what
 * @param {readonly string[]} command
 * @param {{ quiet?: boolean, env?: Record<string, string> }} [how]
 */
async function step(what, [program, ...args], { quiet = false, env = {} } = {}) {
  const started = performance.now();
  let announced = false;
  const timer = setTimeout(() => {
    announced = true;
    console.error(`> ${what} …`);
  }, 1000);
  if (!quiet) clearTimeout(timer);

  const child = spawn(program ?? "", args, {
    cwd: ROOT,
    env: { ...ENV, ...env },
    stdio: quiet ? ["ignore", "pipe", "pipe"] : "inherit",
    shell: process.platform === "win32",
  });
  /** @type {Buffer[]} */
  const output = [];
  for (const stream of [child.stdout, child.stderr]) stream?.on("data", (chunk) => output.push(chunk));
  /** @type {number} */
  const status = await new Promise((resolve, reject) => {
    child.on("error", reject);
    child.on("close", (code) => resolve(code ?? 1));
  });
  clearTimeout(timer);
  if (status !== 0) {
    if (quiet) process.stderr.write(Buffer.concat(output));
    console.error(`> ${what}: failed with exit status ${String(status)}`);
    throw new StepFailed(status);
  }
  if (announced) console.error(`> ${what}: ${((performance.now() - started) / 1000).toFixed(1)} s`);
}

/** The files from which an installation follows. */
function manifests() {
  const folders = ["packages", "examples"].filter((folder) => existsSync(join(ROOT, folder)));
  const members = folders.flatMap((folder) => readdirSync(join(ROOT, folder)).map((name) => `${folder}/${name}`));
  return ["pnpm-lock.yaml", "pnpm-workspace.yaml", "package.json"]
    .concat([...members, "integration", "bench"].map((folder) => `${folder}/package.json`).sort())
    .filter((file) => existsSync(join(ROOT, file)));
}

/** Only the parts of a manifest that an installation reads; an edited script needs no new one. @param {string} file */
function installed(file) {
  const text = readFileSync(join(ROOT, file), "utf8");
  if (!file.endsWith(".json")) return text;
  const { name, bin, dependencies, devDependencies, optionalDependencies, peerDependencies } = JSON.parse(text);
  return JSON.stringify({ name, bin, dependencies, devDependencies, optionalDependencies, peerDependencies });
}

async function install() {
  const stamp = join(ROOT, "node_modules", ".nova-stack-installed");
  const hash = createHash("sha256");
  for (const file of manifests()) hash.update(`${file}\0${installed(file)}\0`);
  const wanted = hash.digest("hex");
  if (existsSync(stamp) && readFileSync(stamp, "utf8") === wanted) return;

  const { packageManager } = JSON.parse(readFileSync(join(ROOT, "package.json"), "utf8"));
  await step(
    "installing what the lockfile names",
    ["npx", "--yes", packageManager, "install", "--frozen-lockfile"],
    // Asks nothing, for there may be nobody to answer.
    { quiet: true, env: { CI: "true" } },
  );
  mkdirSync(join(ROOT, "node_modules"), { recursive: true });
  writeFileSync(stamp, wanted);
}

/** @param {string} what @param {readonly string[]} tasks */
const turbo = (what, tasks) =>
  step(what, ["turbo", "run", ...tasks, "--ui=stream", "--output-logs=errors-only"], { quiet: true });

const generate = () => turbo("generating sources", ["generate"]);
const build = () => turbo("building the packages", ["build", "build:types"]);

/** @type {Record<string, (args: readonly string[]) => Promise<void>>} */
const commands = {
  async start(args) {
    await turbo("building the packages", ["build", "--filter=@nova-stack/nova..."]);
    await step("nova boot", [process.execPath, "packages/nova/bin/nova.js", "boot", ...args]);
  },

  async test(args) {
    await build();
    if (args.length > 0) return step("the tests", ["vitest", "run", ...args]);
    const report = join(ROOT, "reports", "tests.json");
    rmSync(report, { force: true });
    console.error("> running the tests …");
    // A continuous integration run proves something only if it takes no result from a cache.
    const how = ["--ui=stream", "--log-prefix=none", "--output-logs=full", ...(CI ? ["--force"] : [])];
    try {
      await step("the tests", ["turbo", "run", "//#test:unit", ...how]);
    } finally {
      if (existsSync(report)) {
        const { numPassedTests, numFailedTests, numPendingTests } = JSON.parse(readFileSync(report, "utf8"));
        console.log(`Tests: ${numPassedTests} passed, ${numFailedTests} failed, ${numPendingTests} skipped`);
      }
    }
  },

  build: () => build(),
  generate: () => generate(),

  async lint(args) {
    await generate();
    await step("lint", ["eslint", ".", ...args]);
  },

  async typecheck() {
    await generate();
    // Each package alone, without Node's typings and with its references only; then everything, tests included.
    await step("types of the packages", ["tsc", "-b", "tsconfig.build.json"]);
    await step("types of everything else", ["tsc", "--noEmit", "-p", "tsconfig.json"]);
  },

  async boundaries() {
    await generate();
    await step("import graph", ["depcruise", "--config", ".dependency-cruiser.mjs", "packages/*/src"]);
  },

  async "packages:check"() {
    await build();
    await step("packed packages", [process.execPath, "scripts/packages-check.mjs"]);
  },

  async import(args) {
    await turbo("building the importer", ["build", "--filter=@nova-stack/nvrm-headers..."]);
    await step("nvrm-headers import", [process.execPath, "packages/nvrm-headers/bin/nvrm-headers.js", "import", ...args]);
  },

  async "e2e:linux"(args) {
    await turbo("building nova", ["build", "--filter=@nova-stack/nova..."]);
    await step("Linux with the modelled GPU", [process.execPath, "e2e/linux/judge.mjs", ...args]);
  },

  async "e2e:vgpu"(args) {
    await turbo("building nova", ["build", "--filter=@nova-stack/nova..."]);
    await step("Linux with two vGPUs", [process.execPath, "e2e/linux/vgpu.mjs", ...args]);
  },

  async "e2e:tinygrad"(args) {
    await turbo("building nova", ["build", "--filter=@nova-stack/nova..."]);
    await step("tinygrad's driver with the modelled GPU", [process.execPath, "e2e/tinygrad/judge.mjs", ...args]);
  },

  /** Arbitrary bytes for everything that reads the GSP's queues: `npm run soak -- SECONDS [SEED]`, ten minutes unless told. */
  async soak([seconds = "600", seed = "1"]) {
    await generate();
    // A fault of every kind at every access of a life: `npm run soak -- faults [PART/PARTS]`, all of them unless told.
    if (seconds === "faults") {
      const part = seed === "1" ? "0/1" : seed;
      return step("every fault", ["vitest", "run", "integration/faults/access.test.ts", "--disable-console-intercept"], { env: { NOVA_FAULTS: part } });
    }
    await step("the soak", ["vitest", "run", "packages/gsp-rpc/src/hostile.test.ts"], { env: { NOVA_SOAK_SECONDS: seconds, NOVA_SOAK_SEED: seed } });
  },

  async bench(args) {
    await turbo("building the benchmarks", ["build", "--filter=@nova-stack/bench..."]);
    await step("benchmarks", [process.execPath, "--expose-gc", "bench/dist/main.js", ...args]);
  },
};

const [name = "", ...args] = process.argv.slice(2);
const command = commands[name];
if (command === undefined) {
  console.error(`unknown command "${name}"; there are: ${Object.keys(commands).join(", ")}`);
  process.exitCode = 2;
} else {
  try {
    await install();
    await command(args);
  } catch (error) {
    if (!(error instanceof StepFailed)) throw error;
    process.exitCode = error.status;
  }
}
