// npm run e2e:tinygrad -- --tinygrad DIR [--board BOARD] [--bar1 large|small] [--backend] [--firmware DIR] [--keep DIR]
//
// Serves a modelled GPU, has tinygrad's own NVIDIA driver bring it up over vfio-user, and tells which stages it reached. Without
// --board and --bar1 every board with both sizes. Exit status 0 when all was reached without a complaint, 1 when not, 2 when
// the command line is wrong, 77 when Python, tinygrad or the firmware cannot be had.
import { spawn, spawnSync } from "node:child_process";
import { createReadStream, existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { homedir, tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";

const NOVA = fileURLToPath(new URL("../../packages/nova/bin/nova.js", import.meta.url));
const BRING_UP = fileURLToPath(new URL("bringup.py", import.meta.url));
const SETUP = fileURLToPath(new URL("../linux/setup", import.meta.url));
/** tinygrad at this commit is what was tried. */
const TRIED = "a9069c177";

/** Chips that tinygrad takes the falcon path on; it knows no Turing. */
const CHIPS = /^(?:ga10[2-7]|ad10[2-7]|gb20[2-7])$/;
/** Chips whose GSP the FSP boots, without VBIOS, FWSEC and booter. */
const FSP_CHIPS = /^gb/;
/** With a BAR1 at least as large as video memory tinygrad keeps its boot structures there. */
const BAR1 = /** @type {Readonly<Record<string, string>>} */ ({ small: "256M", large: "128G" });
const PYTHON = [3, 11];
/** Longest run of tinygrad, in milliseconds. */
const LIMIT = 180_000;

/**
 * @typedef {object} Run
 * @property {string | null} error
 * @property {number} seconds
 * @property {string | null} chip
 * @property {number | null} memory
 * @property {boolean | null} large_bar
 * @property {boolean} vbios
 * @property {boolean} images
 * @property {boolean} queues
 * @property {boolean} init_done
 * @property {number} runlists
 * @property {Record<string, number>} context_buffers
 * @property {boolean | null} [tables]
 * @property {Record<string, string>} [channels]
 * @property {Record<string, number | string>} [shape]
 * @property {number | null} [signal]
 * @property {boolean | null} [copied]
 */
/** @typedef {{ runs: Run[], messages: string[], bad: string[], missed: string[], counts: Record<string, number> }} Result */

/** What the driver's objects hold once it got there, in the order in which it does. @type {readonly (readonly [string, (run: Run, chip: string) => boolean])[]} */
const STAGES = [
  ["the chip is known", (run) => run.chip !== null],
  ["video memory has its size, page tables are begun", (run) => (run.memory ?? 0) > 0],
  ["the VBIOS is accepted", (run, chip) => run.vbios || FSP_CHIPS.test(chip)],
  ["firmware and metadata are laid out", (run) => run.images],
  ["FWSEC and booter, or the FSP, started the GSP, its queue is up", (run) => run.queues],
  ["GSP_INIT_DONE", (run) => run.init_done],
  ["the engines' runlists", (run) => run.runlists > 0],
  ["a channel and its context buffers", (run) => Object.keys(run.context_buffers).length > 0],
];
/** @type {typeof STAGES} */
const BACKEND_STAGES = [
  ["a compute and a copy channel", (run) => Object.keys(run.channels ?? {}).length === 2],
  ["the units of the graphics engine", (run) => run.shape?.["arch"] !== undefined],
  ["both semaphores of the first pushbuffers", (run) => (run.signal ?? 0) >= 2],
  ["5 MiB of random bytes to video memory, inside it and back, byte for byte", (run) => run.copied === true],
];
/** Points of the model's trace that a healthy run lacks. */
const COMPLAINTS = /unknown|refused|failed|rejected|ignored|lost|error/;
/** tinygrad writes the older name of BAR1's block everywhere; chips with an FSP have it no more. */
const NO_MORE = 0x1704;

const { values } = options();
const { tinygrad, firmware } = surroundings();
let failed = false;
for (const board of values.board === undefined ? boards() : [values.board]) {
  for (const bar1 of values.bar1 === undefined ? Object.keys(BAR1) : [values.bar1]) failed = !(await judge(board, bar1)) || failed;
}
process.exitCode = failed ? 1 : 0;

function options() {
  try {
    const parsed = parseArgs({ options: {
      tinygrad: { type: "string" },
      board: { type: "string" },
      bar1: { type: "string" },
      // Channels, pushbuffers and semaphores too.
      backend: { type: "boolean", default: false },
      // A linux-firmware tree; by default that of the Linux rig.
      firmware: { type: "string" },
      // Where the model's traces and tinygrad's output are left.
      keep: { type: "string" },
    } });
    if (parsed.values.bar1 !== undefined && !Object.hasOwn(BAR1, parsed.values.bar1)) throw new Error(`--bar1 is ${parsed.values.bar1}: expected ${Object.keys(BAR1).join(" or ")}`);
    return parsed;
  } catch (error) {
    console.error(`e2e:tinygrad: ${/** @type {Error} */ (error).message}`);
    process.exit(2);
  }
}

/** What `nova serve` has. */
function boards() {
  const help = spawnSync(process.execPath, [NOVA, "serve", "--help"], { encoding: "utf8" }).stdout;
  return /^Boards: (.*)$/m.exec(help)?.[1]?.split(", ") ?? [];
}

/** @param {string} why @returns {never} */
function skip(why) {
  console.error(`SKIPPED: ${why}`);
  process.exit(77);
}

/** What has to be there already, and the firmware. */
function surroundings() {
  const version = spawnSync("python3", ["-c", "import sys; print(*sys.version_info[:2])"], { encoding: "utf8" }).stdout?.trim().split(" ").map(Number);
  if (version === undefined) skip("there is no python3");
  if (version[0] !== PYTHON[0] || (version[1] ?? 0) < (PYTHON[1] ?? 0)) skip(`python3 is ${version.join(".")}: tinygrad needs ${PYTHON.join(".")}`);

  const source = `get its source with: git clone https://github.com/tinygrad/tinygrad (tried: ${TRIED}), and pass --tinygrad DIR`;
  if (values.tinygrad === undefined) skip(`where is tinygrad? ${source}`);
  const tree = resolve(values.tinygrad);
  if (!existsSync(join(tree, "tinygrad/runtime/support/nv/nvdev.py"))) skip(`${tree} is no tree of tinygrad's with its NVIDIA driver: ${source}`);

  if (values.firmware !== undefined) return { tinygrad: tree, firmware: resolve(values.firmware) };
  const setup = spawnSync(SETUP, { encoding: "utf8", timeout: 300_000 });
  if (setup.status !== 0) skip(`the firmware cannot be had (see e2e/linux/setup; or pass --firmware DIR):\n${`${setup.stdout ?? ""}${setup.stderr ?? ""}`.trim().split("\n").slice(-4).join("\n")}`);
  const cache = process.env["LINUX_GUEST_CACHE"] ?? join(process.env["XDG_CACHE_HOME"] ?? join(homedir(), ".cache"), "linux-guest");
  return { tinygrad: tree, firmware: join(cache, "root/usr/lib/firmware") };
}

/** One board, brought up twice, the second time after what the first one left. @param {string} board @param {string} bar1 */
async function judge(board, bar1) {
  console.log(`\n${board}, ${bar1} BAR1 (${BAR1[bar1]})`);
  const work = mkdtempSync(join(tmpdir(), "nova-tinygrad-"));
  if (values.keep !== undefined) mkdirSync(values.keep, { recursive: true });
  const file = (/** @type {string} */ name) => join(values.keep ?? work, `${board}-${bar1}-${name}`);
  const [socket, trace] = [join(work, "gpu.sock"), file("model.jsonl")];
  const server = spawn(process.execPath, [NOVA, "serve", "--quiet", "--board", board, "--bar1", BAR1[bar1] ?? "", "--socket", socket, "--trace", trace, ...(values.keep === undefined ? [] : ["--registers", join(values.keep, `${board}-${bar1}-registers.txt`)])], { stdio: ["ignore", "pipe", "inherit"] });
  /** @type {Promise<number | null>} */
  const ended = new Promise((done) => server.once("exit", done));
  try {
    const ready = await Promise.race([ended.then(() => undefined), new Promise((done) => server.stdout.once("data", (/** @type {Buffer} */ text) => done(text.toString())))]);
    if (ready === undefined) return false;
    const [, chip = ""] = /\((\w+)\)/.exec(ready) ?? [];
    if (!CHIPS.test(chip)) {
      console.log(`left out: tinygrad does not know ${chip}`);
      return true;
    }
    const output = await run(socket, work);
    if (values.keep !== undefined) writeFileSync(file("tinygrad.log"), output);
    server.kill("SIGTERM");
    const status = await ended;
    const [, text] = /^RESULT (.*)$/m.exec(output) ?? [];
    if (text === undefined) {
      console.log(`tinygrad ended without a result:\n${output.trim().split("\n").slice(-20).join("\n")}`);
      return false;
    }
    const modelled = [...(status === 0 ? [] : [`nova serve ended with status ${status}`]), ...(await complaints(trace))];
    return tell(JSON.parse(text), chip, bar1, modelled, output);
  } finally {
    server.kill("SIGTERM");
    rmSync(work, { recursive: true, force: true });
  }
}

/** tinygrad's output. @param {string} socket @param {string} work @returns {Promise<string>} */
function run(socket, work) {
  const how = values.backend ? ["--backend"] : ["--times", "2"];
  const python = spawn("python3", [BRING_UP, "--tinygrad", tinygrad, "--socket", socket, "--firmware", firmware, ...how], {
    // Its own cache, so that neither its firmware nor its compiled kernels meet the user's.
    env: { ...process.env, XDG_CACHE_HOME: join(work, "cache"), PYTHONDONTWRITEBYTECODE: "1", DEBUG: process.env["DEBUG"] ?? "3", HCQDEV_WAIT_TIMEOUT_MS: "5000" },
    stdio: ["ignore", "pipe", "pipe"],
  });
  const timer = setTimeout(() => python.kill("SIGKILL"), LIMIT);
  let output = "";
  for (const stream of [python.stdout, python.stderr]) stream.on("data", (/** @type {Buffer} */ chunk) => { output += chunk.toString(); });
  return new Promise((done) => python.once("close", () => {
    clearTimeout(timer);
    done(output);
  }));
}

/** What the model complained about, each kind once, with a count. @param {string} trace @returns {Promise<string[]>} */
async function complaints(trace) {
  /** @type {Map<string, { line: string, count: number }>} */
  const kinds = new Map();
  for await (const line of createInterface({ input: createReadStream(trace) })) {
    const { point, args } = JSON.parse(line);
    if (!COMPLAINTS.test(point) || (point === "hw-model.register.unknown-write" && args.address === NO_MORE)) continue;
    const kind = kinds.get(point);
    if (kind) kind.count++;
    else kinds.set(point, { line: `${point} ${JSON.stringify(args)}`, count: 1 });
  }
  return [...kinds.values()].map(({ line, count }) => `the model, ${count} times: ${line}`);
}

/** @param {Result} result @param {string} chip @param {string} bar1 @param {readonly string[]} modelled @param {string} output */
function tell(result, chip, bar1, modelled, output) {
  const stages = [...STAGES, ...(values.backend ? BACKEND_STAGES : [])];
  const [first] = result.runs;
  let all = true;
  for (const [stage, there] of stages) {
    all &&= first !== undefined && there(first, chip);
    console.log(`${all ? "reached " : "-       "} ${stage}`);
  }
  if (!values.backend) {
    all &&= result.runs.length === 2 && result.runs.every((run) => run.error === null);
    console.log(`${all ? "reached " : "-       "} first objects, unloading, and all of it once more after a reset`);
    // A small BAR1 does not reach up to where tinygrad's virtual addresses begin.
    if (first?.tables != null) {
      all &&= first.tables;
      console.log(`${all ? "reached " : "-       "} BAR1 shows what its page tables say`);
    }
  }
  const wrong = [
    ...result.runs.flatMap(({ error }) => (error === null ? [] : [`tinygrad: ${error}`])),
    ...(first?.chip?.toLowerCase() === chip ? [] : [`tinygrad takes ${chip} for ${first?.chip}`]),
    ...(first?.large_bar === (bar1 === "large") ? [] : [`tinygrad takes BAR1 for ${first?.large_bar ? "large" : "small"}`]),
    ...result.bad.map((each) => `an answer of the GSP: ${each}`),
    ...result.missed.map((each) => `DMA to memory that is none: ${each}`),
    ...modelled,
  ];
  const { counts } = result;
  console.log(`${result.runs.map(({ seconds }) => `${seconds} s`).join(", ")}; ${counts["reads"]} reads, ${counts["writes"]} writes, ${counts["maps"]} DMA ranges, ${counts["dma_reads"]} + ${counts["dma_writes"]} DMA messages`);
  if (values.backend) console.log(`${JSON.stringify(first?.shape)} tokens ${JSON.stringify(first?.channels)}`);
  if (wrong.length > 0) console.log(`complaints:\n${wrong.slice(0, 20).map((each) => `  ${each}`).join("\n")}`);
  if (all && wrong.length === 0) return true;
  console.log(`tinygrad's last lines:\n${output.trim().split("\n").filter((line) => !line.startsWith("RESULT ")).slice(-20).join("\n")}`);
  return false;
}
