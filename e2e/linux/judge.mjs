// npm run e2e:linux -- [--board BOARD] [--firmware-version VERSION] [--rebind] [--keep DIR] [--dma HOW]
//
// Serves a modelled GPU, boots the rig's kernel with it, loads nouveau, and tells from the guest's log which stages the
// driver reached. Exit status 0 when it reached all of them without a complaint, 1 when not, 77 when the rig cannot be had.
import { spawn, spawnSync } from "node:child_process";
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { performance } from "node:perf_hooks";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";

const HERE = fileURLToPath(new URL(".", import.meta.url));
const NOVA = fileURLToPath(new URL("../../packages/nova/bin/nova.js", import.meta.url));

/** What nouveau says when it got there, in the order in which it does. */
const STAGES = /** @type {const} */ ([
  ["the chip is known", /nouveau [\d:.]+: NVIDIA [A-Z]+\d+ \(/],
  ["the VBIOS is accepted", /bios: version /],
  ["FWSEC set WPR2", /fwsec-frts: WPR2 @/],
  ["booter loaded the firmware", /booter-load: booted/],
  ["GSP-RM is up", /gsp: fb region 0/],
  ["copies by copy engine", /MM: using COPY for buffer copies/],
  ["a DRM device", /\[drm\] Initialized nouveau/],
  ["its nodes", /^card0\s+renderD128/m],
]);
/** What the guest's own client of nouveau says when each byte was where it should be. */
const BUFFER_STAGES = /** @type {const} */ ([
  ["buffers move to system memory and back", /^BUFFERS moved=ok/m],
  ["a pushbuffer of user space copies", /^BUFFERS copied=ok/m],
  ["a buffer is evicted from full video memory", /^BUFFERS evicted=ok/m],
]);
/** Class of the copy engine, by chip. */
const COPY_CLASSES = /** @type {readonly (readonly [RegExp, string])[]} */ ([
  [/^tu/, "c5b5"], [/^ga100$/, "c6b5"], [/^(?:ga10|ad)/, "c7b5"], [/^gh/, "c8b5"], [/^gb10/, "c9b5"], [/^gb20/, "cab5"],
]);
/** Stages that some chips go without: on one booter makes WPR2 by itself; those with an FSP have none of the three, nor a word about what they do instead. */
const WITHOUT = /** @type {Readonly<Record<string, RegExp>>} */ ({
  "FWSEC set WPR2": /^(?:ga100|g[hb]\w+)$/,
  "the VBIOS is accepted": /^g[hb]/,
  "booter loaded the firmware": /^g[hb]/,
});
/** What the guest says besides when the driver is bound a second time. */
const REBIND_STAGES = /** @type {const} */ ([
  ["the driver is unbound, its nodes gone", /^REBIND unbound, nodes:\s*$/m],
  ["bound again, its nodes back", /^REBIND bound, nodes: card\d+ renderD\d+/m],
]);
/** Unbinds every function that nouveau drives, says what is left, and binds it again. */
const REBIND = [
  "cd /sys/bus/pci/drivers/nouveau",
  "gpu=$(ls -d 0000:* | head -n1)",
  "echo $gpu >unbind",
  "echo REBIND unbound, nodes: $(ls /dev/dri 2>/dev/null)",
  "echo $gpu >bind",
  "echo REBIND bound, nodes: $(ls /dev/dri 2>/dev/null)",
].join("\n");
/** Lines that a healthy boot lacks. */
const COMPLAINTS = /nouveau.*(?:failed|error|timeout|WARN)|WARNING: .*nouveau|BUG:|Oops/i;
const { values } = parseArgs({ options: {
  board: { type: "string", default: "l40" },
  // The guest gets the GSP images of this version only, so that nouveau takes them.
  "firmware-version": { type: "string", default: "570.144" },
  // Unbinds the driver and binds it again.
  rebind: { type: "boolean", default: false },
  // Where the guest's log and the model's trace are left, and both in one, by time.
  keep: { type: "string" },
  dma: { type: "string", default: "fd" },
} });
/** How the model reaches the guest's memory: as QEMU passes it, by messages, or as a file with a name. */
const HOW = /** @type {Readonly<Record<string, (file: string) => { readonly server: readonly string[], readonly guest: readonly string[] }>>} */ ({
  fd: () => ({ server: ["--dma", "fd"], guest: ["--share", "on"] }),
  messages: () => ({ server: ["--dma", "messages"], guest: ["--share", "on"] }),
  file: (file) => ({ server: ["--memory", file], guest: ["--ram-file", file] }),
});

/** The kernel looks for the newest firmware first, and says that it is not there where another version is wanted. @param {string} line */
const isHidden = (line) => /firmware: failed to load nvidia\/\w+\/gsp\/gsp-\S+ \(-2\)/.test(line) && !line.includes(`-${values["firmware-version"]}.bin`);

const setup = spawnSync(join(HERE, "setup"), { encoding: "utf8", timeout: 300_000 });
if (setup.status !== 0) {
  console.error(`SKIPPED: the Linux guest cannot be set up here:\n${`${setup.stdout ?? ""}${setup.stderr ?? ""}`.trim().split("\n").slice(-4).join("\n")}`);
  process.exit(77);
}

const work = mkdtempSync(join(tmpdir(), "nova-linux-"));
if (values.keep !== undefined) mkdirSync(values.keep, { recursive: true });
const [socket, memory, trace] = [join(work, "gpu.sock"), join("/dev/shm", `nova-guest-${process.pid}`), join(values.keep ?? work, "model.jsonl")];
const how = HOW[values.dma]?.(memory);
if (how === undefined) throw new Error(`--dma ${values.dma}: expected ${Object.keys(HOW).join(", ")}`);
const guestMemory = how.guest;
const server = spawn(process.execPath, [NOVA, "serve", "--quiet", "--board", values.board, "--socket", socket, ...how.server, "--trace", trace, "--record", join(values.keep ?? work, "gsp.rec"), ...(values.keep === undefined ? [] : ["--registers", join(values.keep, "registers.txt")])], { stdio: ["ignore", "pipe", "inherit"] });
try {
  const ready = await new Promise((resolve, reject) => {
    server.once("exit", (status) => reject(new Error(`nova serve ended with status ${status}`)));
    server.stdout.once("data", (text) => resolve(String(text)));
  });
  const chip = /\((\w+)\)/.exec(ready)?.[1] ?? "";
  const said = await boot(chip);
  const log = said.map(({ line }) => line).join("\n");
  process.exitCode = judge(log, chip);
  if (values.keep !== undefined) {
    server.kill("SIGTERM");
    await new Promise((resolve) => server.once("close", resolve));
    writeFileSync(join(values.keep, "guest.log"), log);
    writeFileSync(join(values.keep, "both.log"), bothByTime(said));
  }
} finally {
  server.kill("SIGTERM");
  rmSync(work, { recursive: true, force: true });
  rmSync(memory, { force: true });
}

/**
 * The guest's console, each line with the milliseconds since the server was ready.
 * @param {string} chip @returns {Promise<readonly { readonly at: number, readonly line: string }[]>}
 */
function boot(chip) {
  console.error("> booting Linux with the modelled GPU …");
  const begun = performance.now();
  const guest = spawn(join(HERE, "run"), [
    "--socket", socket, ...guestMemory, "--chip", chip, "--firmware", values["firmware-version"], "--modules", "nouveau:debug=debug", "--mem", "2048", "--timeout", "240",
    "--exec", `lspci -nnvv -d 10de:; ls /dev/dri 2>/dev/null\nbuffers ${COPY_CLASSES.find(([chips]) => chips.test(chip))?.[1]}\n${values.rebind ? REBIND : "true"}`,
  ], { stdio: ["ignore", "pipe", "inherit"] });
  /** @type {{ at: number, line: string }[]} */
  const lines = [];
  let open = "";
  guest.stdout.on("data", (chunk) => {
    const [first = "", ...more] = (open + String(chunk)).split("\n");
    const at = performance.now() - begun;
    for (const line of [first, ...more.slice(0, -1)].slice(0, more.length)) lines.push({ at, line });
    open = more.at(-1) ?? first;
  });
  return new Promise((resolve) => guest.once("close", () => resolve([...lines, { at: performance.now() - begun, line: open }])));
}

/**
 * What the guest said and what the model did, on one time axis: seconds since the server was ready.
 * @param {readonly { readonly at: number, readonly line: string }[]} said
 */
function bothByTime(said) {
  /** @type {readonly { readonly at: number, readonly point: string, readonly args: object }[]} */
  const events = readFileSync(trace, "utf8").trim().split("\n").map((line) => JSON.parse(line));
  const zero = events.find(({ point }) => point === "vfio-user.server.listening")?.at ?? 0;
  return [
    ...said.map(({ at, line }) => ({ at, text: `guest  ${line}` })),
    ...events.map(({ at, point, args }) => ({ at: (at - zero) / 1e6, text: `model  ${point} ${JSON.stringify(args)}` })),
  ].sort((a, b) => a.at - b.at).map(({ at, text }) => `${(at / 1000).toFixed(3).padStart(9)} ${text}\n`).join("");
}

/** @param {string} log @param {string} chip */
function judge(log, chip) {
  const lines = log.split("\n");
  const wanted = STAGES.filter(([stage]) => !WITHOUT[stage]?.test(chip));
  const stages = [...wanted, ...BUFFER_STAGES, ...(values.rebind ? REBIND_STAGES : [])];
  const missed = stages.findIndex(([, says]) => !says.test(log));
  for (const [i, [stage]] of stages.entries()) console.log(`${missed < 0 || i < missed ? "reached " : "-       "} ${stage}`);
  const complaints = lines.filter((line) => COMPLAINTS.test(line) && !isHidden(line));
  if (complaints.length > 0) console.log(`\n${complaints.length} complaints:\n${complaints.slice(0, 20).join("\n")}`);
  if (missed < 0 && complaints.length === 0) return 0;
  console.log(`\nThe guest's last lines:\n${lines.slice(-40).join("\n")}`);
  return 1;
}
