// npm run e2e:vgpu [-- --keep DIR]
//
// Serves two vGPUs of one modelled GPU, boots the rig's kernel with both, and judges by what Linux finds of them: identities, BARs,
// capabilities, and that each has memory of its own which a function-level reset clears. Exit status 0 when all of it is right, 1 when not,
// 77 when the rig cannot be had.
import { spawn, spawnSync } from "node:child_process";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";

const HERE = fileURLToPath(new URL(".", import.meta.url));
const NOVA = fileURLToPath(new URL("../../packages/nova/bin/nova.js", import.meta.url));
const { values } = parseArgs({ options: { keep: { type: "string" } } });

/**
 * What each guest device has to be. Ids: those of the type in the public catalogue (vendor, device, subsystem vendor, subsystem, class as
 * sysfs has them), and of each BAR its size and whether it is prefetchable.
 */
const WANTED = /** @type {const} */ ([
  { type: "L40-4Q", ids: "0x10de 0x26b5 0x10de 0x1772 0x030000", mark: "0x11111111" },
  { type: "L40-4C", ids: "0x10de 0x26b5 0x10de 0x178d 0x030000", mark: "0x22222222" },
]);
const BARS = "0:262144:0 1:268435456:1 3:33554432:1";
const CAPABILITIES = [/Express \(v2\)/, /FLReset\+/, /MSI-X: Enable- Count=6/, /Vector table: BAR=0 offset=00010000/, /PBA: BAR=0 offset=00020000/];

/** Prints facts of every vGPU, one per line: "VGPU address key value". */
const LOOK = String.raw`
cd /sys/bus/pci/devices
vgpus=$(for d in *; do [ "$(cat $d/vendor)" = 0x10de ] && echo $d; done)
set -- ${WANTED.map(({ mark }) => mark).join(" ")}
word() { barbench $1 1 1048576 4 1 $2 $3 2>&1 | sed -n 's/.* last=\(0x[0-9a-f]*\).*/\1/p'; }
for d in $vgpus; do
  echo "VGPU $d ids $(cat $d/vendor $d/device $d/subsystem_vendor $d/subsystem_device $d/class | tr '\n' ' ')"
  bars= n=0
  while read -r start end flags; do
    [ $n -lt 6 ] && [ $((end)) -gt 0 ] && bars="$bars $n:$((end - start + 1)):$(((flags & 0x2000) / 0x2000))"
    n=$((n + 1))
  done <$d/resource
  echo "VGPU $d bars$bars"
  lspci -vv -s $d | sed "s/^/VGPU $d lspci /"
  echo 1 >$d/enable
  word $d write $1 >/dev/null
  shift
done
for d in $vgpus; do echo "VGPU $d memory $(word $d read)"; done
first=$(echo $vgpus | cut -d' ' -f1)
setpci -s $first COMMAND=6:6
echo flr >/sys/bus/pci/devices/$first/reset_method
echo 1 >/sys/bus/pci/devices/$first/reset && echo "VGPU $first reset done"
echo 1 >$first/enable
for d in $vgpus; do echo "VGPU $d after $(word $d read)"; done
true`;

const setup = spawnSync(join(HERE, "setup"), { encoding: "utf8", timeout: 300_000 });
if (setup.status !== 0) {
  console.error(`SKIPPED: the Linux guest cannot be set up here:\n${`${setup.stdout ?? ""}${setup.stderr ?? ""}`.trim().split("\n").slice(-4).join("\n")}`);
  process.exit(77);
}

const work = mkdtempSync(join(tmpdir(), "nova-vgpu-"));
if (values.keep !== undefined) mkdirSync(values.keep, { recursive: true });
const sockets = WANTED.map((_, i) => join(work, `${i}.sock`));
const server = spawn(process.execPath, [NOVA, "vgpu", "serve", ...WANTED.map(({ type }, i) => `${type}=${sockets[i]}`), "--quiet", "--store", join(work, "store")], { stdio: ["ignore", "pipe", "inherit"] });
const ended = new Promise((resolve) => server.once("exit", resolve));
try {
  await ready();
  console.error("> booting Linux with two vGPUs …");
  const log = await boot();
  if (values.keep !== undefined) writeFileSync(join(values.keep, "vgpu-guest.log"), log);
  server.kill("SIGTERM");
  const status = await ended;
  const faults = [...judge(log), ...(status === 0 ? [] : [`nova vgpu serve ended with status ${String(status)}`])];
  for (const fault of faults) console.log(`WRONG    ${fault}`);
  if (faults.length > 0) console.log(log.split("\n").slice(-80).join("\n"));
  process.exitCode = faults.length === 0 ? 0 : 1;
} finally {
  server.kill("SIGTERM");
  await ended;
  rmSync(work, { recursive: true, force: true });
}

/** Resolves when every socket is served. */
function ready() {
  let said = "";
  return new Promise((resolve, reject) => {
    server.once("exit", (status) => { reject(new Error(`nova vgpu serve ended with status ${String(status)}`)); });
    server.stdout.on("data", (text) => {
      said += String(text);
      if (said.split("\n").filter((line) => line.startsWith("ready: ")).length === WANTED.length) resolve(undefined);
    });
  });
}

/** @returns {Promise<string>} the guest's console */
function boot() {
  const guest = spawn(join(HERE, "run"), [...sockets.flatMap((socket) => ["--socket", socket]), "--mem", "512", "--timeout", "100", "--exec", LOOK], { stdio: ["ignore", "pipe", "inherit"] });
  let log = "";
  guest.stdout.on("data", (text) => { log += String(text); });
  return new Promise((resolve) => guest.once("close", () => { resolve(log.replaceAll("\r", "")); }));
}

/** What is wrong. @param {string} log @returns {string[]} */
function judge(log) {
  /** @type {string[]} */
  const faults = [];
  /** @param {string} what @param {boolean} right @param {string} seen */
  const check = (what, right, seen) => {
    if (right) console.log(`right    ${what}`);
    else faults.push(`${what}: ${seen}`);
  };
  const facts = [...log.matchAll(/^VGPU (\S+) (\w+) ?(.*)$/gm)].map(([, address = "", key = "", value = ""]) => ({ address, key, value: value.trim() }));
  const addresses = [...new Set(facts.map(({ address }) => address))];
  /** @param {number} i @param {string} key */
  const of = (i, key) => facts.filter((fact) => fact.address === addresses[i] && fact.key === key).map(({ value }) => value).join("\n");
  check("two vGPUs on the guest's bus", addresses.length === WANTED.length, `there are ${addresses.length}`);
  for (const [i, { type, ids, mark }] of WANTED.entries()) {
    check(`${type}: ids ${ids}`, of(i, "ids") === ids, of(i, "ids"));
    check(`${type}: BARs ${BARS}`, of(i, "bars") === BARS, of(i, "bars"));
    for (const capability of CAPABILITIES) check(`${type}: lspci says ${capability.source}`, capability.test(of(i, "lspci")), of(i, "lspci"));
    check(`${type}: memory of its own`, of(i, "memory") === mark, of(i, "memory"));
  }
  check("the first one takes a function-level reset", of(0, "reset") === "done", of(0, "reset"));
  check("which clears its memory", /^0x0+$/.test(of(0, "after")), of(0, "after"));
  check("and not the other one's", of(1, "after") === WANTED[1].mark, of(1, "after"));
  return faults;
}
