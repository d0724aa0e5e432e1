// Finds NVIDIA's own GSP firmware files for the tests that want them: in the directory that NOVA_FIRMWARE_DIR names, or in
// Debian's package firmware-nvidia-graphics, which apt fetches into a cache outside the repository. apt gets a
// configuration and a state of its own, so the system's sources and lists stay as they are and root is not needed.
//
// As a program: prints the directory (it holds `nvidia/…`); exit status 1 and one line of reason when there is none.
import { spawn } from "node:child_process";
import { createHash } from "node:crypto";
import { existsSync, readFileSync } from "node:fs";
import { copyFile, link, mkdir, mkdtemp, open, readdir, readFile, realpath, rename, rm, stat, writeFile } from "node:fs/promises";
import { homedir } from "node:os";
import { dirname, join, resolve } from "node:path";
import { performance } from "node:perf_hooks";
import { setTimeout as sleep } from "node:timers/promises";
import { pathToFileURL } from "node:url";

/** @typedef {{ readonly dir: string } | { readonly skipped: string }} RealFirmware */

const PACKAGE = "firmware-nvidia-graphics";
/** Where the package has the files that we want, the first that a mirror knows. */
const SUITES = ["trixie-backports", "testing", "sid"];
/** Files without which a directory is of no use. */
const WANTED = ["gsp", "bootloader", "booter_load", "booter_unload"].map(
  (name) => `nvidia/ad102/gsp/${name}-570.144.bin`,
);
const COMPRESSIONS = [
  { suffix: ".xz", program: "xz" },
  { suffix: ".zst", program: "zstd" },
];
const MINUTE = 60_000;
/** A failure is believed for this long, so that a machine without a network waits once. */
const FAILURE_HOLDS = 10 * MINUTE;
/** Longer than anything that is done under the lock. */
const LOCK_HOLDS = 15 * MINUTE;
const KEYRINGS = ["/usr/share/keyrings/debian-archive-keyring.gpg", "/usr/share/keyrings/debian-archive-keyring.pgp"];

class Unavailable extends Error {}

const cacheRoot = () =>
  join(process.env["XDG_CACHE_HOME"] || join(homedir(), ".cache"), "nova-stack", "real-firmware");

/** @param {string} line */
const say = (line) => process.stderr.write(`real-firmware: ${line}\n`);

/**
 * Runs a program to its end. One that takes over a second is announced; one that takes too long is stopped.
 * @param {string} what
 * @param {readonly string[]} command
 * @param {{ bound: number, cwd?: string, into?: string }} how `into`: a file that gets the output.
 * @returns {Promise<string>} what it printed
 */
async function run(what, [program = "", ...args], { bound, cwd, into }) {
  const started = performance.now();
  let announced = false;
  const announcement = setTimeout(() => {
    announced = true;
    say(`${what} …`);
  }, 1000);
  const file = into === undefined ? undefined : await open(into, "w");
  const child = spawn(program, args, { cwd, stdio: ["ignore", file?.fd ?? "pipe", "pipe"] });
  let stopped = false;
  const limit = setTimeout(() => {
    stopped = true;
    child.kill("SIGKILL");
  }, bound);
  let printed = "";
  let complaint = "";
  child.stdout?.setEncoding("utf8").on("data", (chunk) => (printed += chunk));
  child.stderr?.setEncoding("utf8").on("data", (chunk) => (complaint += chunk));
  try {
    /** @type {number | null} */
    const status = await new Promise((done, failed) => {
      child.on("error", failed);
      child.on("close", done);
    });
    if (stopped) throw new Unavailable(`${what}: not done after ${String(bound / 1000)} s`);
    if (status !== 0) {
      const lines = complaint.split("\n").filter((line) => /^(E:|error|dpkg)/i.test(line));
      const told = lines[0] ?? complaint.trim().split("\n").at(-1) ?? "";
      throw new Unavailable(`${what}: ${program} ended with status ${String(status)}: ${told}`);
    }
  } catch (error) {
    if (error instanceof Unavailable) throw error;
    throw new Unavailable(`${what}: cannot run ${program}: ${error instanceof Error ? error.message : String(error)}`);
  } finally {
    clearTimeout(announcement);
    clearTimeout(limit);
    await file?.close();
  }
  if (announced) say(`${what}: ${((performance.now() - started) / 1000).toFixed(1)} s`);
  return printed;
}

/** The Debian archive that this machine's own apt configuration names, as a URL. */
async function mirror() {
  const release = existsSync("/etc/os-release") ? readFileSync("/etc/os-release", "utf8") : "";
  if (!/^ID=["']?debian["']?$/m.test(release)) throw new Unavailable("this machine does not run Debian");
  const codename = /^VERSION_CODENAME=["']?([a-z]+)/m.exec(release)?.[1];
  const names = new Set([codename, "oldstable", "stable", "testing", "unstable", "sid"]);
  const uris = await run("asking apt for its sources", ["apt-get", "-o", "Debug::NoLocking=1", "update", "--print-uris"], {
    bound: MINUTE / 2,
  });
  for (const [, base, suite] of uris.matchAll(/^'([^']+)\/dists\/([^/']+)\/InRelease'/gm)) {
    if (base !== undefined && names.has(suite)) return base;
  }
  throw new Unavailable("the apt configuration of this machine names no Debian archive");
}

/**
 * An apt of our own below `root`: its words for a command line.
 * @param {string} root
 * @param {string} archive
 */
async function privateApt(root, archive) {
  await mkdir(join(root, "state/lists/partial"), { recursive: true });
  await mkdir(join(root, "cache/archives/partial"), { recursive: true });
  await mkdir(join(root, "sources"), { recursive: true });
  const keyring = KEYRINGS.find((file) => existsSync(file));
  const option = keyring === undefined ? "" : `[signed-by=${keyring}] `;
  // A suite that this mirror lacks must not spoil the others: they share no file.
  for (const suite of SUITES) {
    await writeFile(join(root, "sources", `${suite}.list`), `deb ${option}${archive} ${suite} non-free-firmware\n`);
  }
  await writeFile(join(root, "status"), "");
  const settings = {
    "Dir::State": join(root, "state"),
    "Dir::State::status": join(root, "status"),
    "Dir::Cache": join(root, "cache"),
    "Dir::Etc::SourceList": "/dev/null",
    "Dir::Etc::SourceParts": join(root, "sources"),
    "Acquire::Languages": "none",
    // Otherwise a mirror that cannot be reached is a mere warning.
    "APT::Update::Error-Mode": "any",
    "Acquire::Retries": "1",
    "Acquire::http::Timeout": "20",
    "Acquire::https::Timeout": "20",
    ...(process.getuid?.() === 0 && { "APT::Sandbox::User": "root" }),
  };
  const file = join(root, "apt.conf");
  const lines = Object.entries(settings).map(([name, value]) => `${name} "${value}";`);
  // What a machine does after its own update is no business of ours.
  const hooks = ["APT::Update::Pre-Invoke", "APT::Update::Post-Invoke", "APT::Update::Post-Invoke-Success"];
  await writeFile(file, [...hooks.map((name) => `#clear ${name};`), ...lines, ""].join("\n"));
  return (/** @type {string} */ program, /** @type {readonly string[]} */ ...args) => [program, "-c", file, ...args];
}

/**
 * Fetches and unpacks the package into `target`.
 * @param {string} target
 */
async function fetchPackage(target) {
  const work = await mkdtemp(join(cacheRoot(), "work-"));
  try {
    const apt = await privateApt(work, await mirror());
    let complaint = "";
    await run("reading the package lists", apt("apt-get", "-q", "update"), { bound: 2 * MINUTE }).catch((error) => {
      complaint = `; ${error.message}`;
    });
    const known = await run("looking for the package", apt("apt-cache", "madison", PACKAGE), { bound: MINUTE / 2 });
    const offers = known.split("\n").flatMap((line) => {
      const [, version, place] = line.split("|").map((cell) => cell.trim());
      const suite = SUITES.findIndex((name) => place?.includes(` ${name}/`));
      return version === undefined ? [] : [{ version, rank: suite < 0 ? SUITES.length : suite }];
    });
    const versions = [...new Set(offers.sort((a, b) => a.rank - b.rank).map((offer) => offer.version))];
    if (versions.length === 0) throw new Unavailable(`no suite of this machine's mirror has ${PACKAGE}${complaint}`);

    for (const version of versions) {
      const download = join(work, "download");
      const tree = join(work, "tree");
      await mkdir(download);
      await run(`downloading ${PACKAGE} ${version} (about 100 MB)`, apt("apt-get", "-q", "download", `${PACKAGE}=${version}`), {
        bound: 6 * MINUTE,
        cwd: download,
      });
      const [archive] = await readdir(download);
      if (archive === undefined) throw new Unavailable(`apt downloaded nothing for ${PACKAGE} ${version}`);
      await run("unpacking", ["dpkg-deb", "-x", join(download, archive), tree], { bound: 2 * MINUTE });
      const root = ["usr/lib/firmware", "lib/firmware"].map((path) => join(tree, path)).find((path) => existsSync(path));
      if (root !== undefined && (await holdsFiles(root))) {
        await writeFile(join(root, "PACKAGE"), `${PACKAGE} ${version}\n`);
        await mkdir(dirname(target), { recursive: true });
        return await rename(root, target);
      }
      await rm(download, { recursive: true });
      await rm(tree, { recursive: true });
    }
    throw new Unavailable(`${PACKAGE} ${versions.join(", ")} lacks ${WANTED.join(", ")}`);
  } finally {
    await rm(work, { recursive: true, force: true });
  }
}

/** Whether the wanted files are there, compressed or not. @param {string} dir */
const holdsFiles = async (dir) => (await howStored(dir)) !== undefined;

/** How a tree stores its files; undefined when it lacks one. @param {string} dir */
async function howStored(dir) {
  for (const compression of [{ suffix: "", program: undefined }, ...COMPRESSIONS]) {
    if (WANTED.every((file) => existsSync(join(dir, file) + compression.suffix))) return compression;
  }
  return undefined;
}

/**
 * The tree itself, or an unpacked copy of what a driver reads when its files are stored compressed.
 * @param {string} dir
 */
async function plainTree(dir) {
  const stored = await howStored(dir);
  if (stored === undefined) throw new Unavailable(`${dir} lacks ${WANTED[0] ?? ""}, also as ${COMPRESSIONS.map(({ suffix }) => suffix).join(" or ")}`);
  const { program, suffix } = stored;
  if (program === undefined) return dir;

  const { mtimeMs } = await stat(await realpath(join(dir, WANTED[0] + suffix)));
  const key = createHash("sha256").update(`${await realpath(dir)}\0${String(mtimeMs)}`).digest("hex").slice(0, 16);
  const target = join(cacheRoot(), `unpacked-${key}`);
  if (existsSync(target)) return target;
  const work = await mkdtemp(join(cacheRoot(), "work-"));
  try {
    // Chips share files through links. A link's target changes its name here, so each file becomes a hard link instead.
    /** @type {Map<string, string>} */
    const done = new Map();
    for (const chip of await readdir(join(dir, "nvidia"))) {
      for (const folder of ["gsp", "acr"]) {
        const from = join(dir, "nvidia", chip, folder);
        if (!existsSync(from)) continue;
        const to = join(work, "nvidia", chip, folder);
        await mkdir(to, { recursive: true });
        for (const name of await readdir(from)) {
          if (!/^(gsp|bootloader|booter_|gen_bootloader|fmc|bl\.bin)/.test(name)) continue;
          const file = await realpath(join(from, name));
          const into = join(to, name.endsWith(suffix) ? name.slice(0, -suffix.length) : name);
          const known = done.get(file);
          if (known !== undefined) await link(known, into);
          else if (!name.endsWith(suffix)) await copyFile(file, into);
          else await run(`unpacking ${chip}/${name}`, [program, "-dc", file], { bound: MINUTE, into });
          done.set(file, into);
        }
      }
    }
    await rename(work, target);
  } catch (error) {
    await rm(work, { recursive: true, force: true });
    throw error;
  }
  return target;
}

/**
 * Lets one process at a time into the cache; the others wait, for they want the same files.
 * @template T
 * @param {() => Promise<T>} body
 */
async function alone(body) {
  await mkdir(cacheRoot(), { recursive: true });
  const lock = join(cacheRoot(), "lock");
  const deadline = Date.now() + LOCK_HOLDS;
  for (;;) {
    try {
      await writeFile(lock, String(process.pid), { flag: "wx" });
      break;
    } catch (error) {
      if (!(error instanceof Error && "code" in error && error.code === "EEXIST")) throw error;
      if (await abandoned(lock)) await rm(lock, { force: true });
      else if (Date.now() > deadline) throw new Unavailable(`${lock} is held by another process`);
      else await sleep(100);
    }
  }
  try {
    // What a process that was killed left behind.
    const left = (await readdir(cacheRoot())).filter((name) => name.startsWith("work-"));
    for (const name of left) await rm(join(cacheRoot(), name), { recursive: true, force: true });
    return await body();
  } finally {
    await rm(lock, { force: true });
  }
}

/** @param {string} lock */
async function abandoned(lock) {
  const status = await stat(lock).catch(() => undefined);
  if (status === undefined) return false;
  const owner = Number(await readFile(lock, "utf8").catch(() => ""));
  const age = Date.now() - status.mtimeMs;
  // Between its creation and its content there is a moment; and a process id may belong to somebody else by now.
  return owner > 0 ? !alive(owner) || age > LOCK_HOLDS : age > 5000;
}

/** @param {number} pid */
function alive(pid) {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return error instanceof Error && "code" in error && error.code === "EPERM";
  }
}

/**
 * @param {{ retry: boolean }} how
 * @returns {Promise<RealFirmware>}
 */
async function find({ retry }) {
  const named = process.env["NOVA_FIRMWARE_DIR"];
  try {
    if (named) {
      const dir = resolve(named);
      if (!existsSync(dir)) throw new Unavailable(`NOVA_FIRMWARE_DIR names ${dir}, which is not there`);
      return { dir: (await howStored(dir))?.program === undefined ? await plainTree(dir) : await alone(() => plainTree(dir)) };
    }
    if (process.platform !== "linux") throw new Unavailable("apt is needed to fetch the package, or NOVA_FIRMWARE_DIR");
    const tree = join(cacheRoot(), PACKAGE);
    if (existsSync(tree)) return { dir: tree };
    return await alone(async () => {
      if (existsSync(tree)) return { dir: tree };
      const failure = join(cacheRoot(), "failure");
      const told = retry ? undefined : await stat(failure).catch(() => undefined);
      if (told && Date.now() - told.mtimeMs < FAILURE_HOLDS) {
        throw new Unavailable(`${await readFile(failure, "utf8")} (tried ${told.mtime.toISOString()})`);
      }
      try {
        await fetchPackage(tree);
        await rm(failure, { force: true });
      } catch (error) {
        if (error instanceof Unavailable) await writeFile(failure, error.message);
        throw error;
      }
      return { dir: await plainTree(tree) };
    });
  } catch (error) {
    return { skipped: error instanceof Error ? error.message : String(error) };
  }
}

/** @type {Promise<RealFirmware> | undefined} */
let found;

/**
 * The directory with the real firmware files (it holds `nvidia/<chip>/gsp/…`), or why there is none. Never rejects.
 * The first call may download about 100 MB, bounded in time; afterwards it is a look at the cache.
 */
export function realFirmwareDir() {
  found ??= find({ retry: false });
  return found;
}

if (process.argv[1] !== undefined && import.meta.url === pathToFileURL(await realpath(process.argv[1])).href) {
  const result = await find({ retry: true });
  if ("dir" in result) console.log(result.dir);
  else {
    say(`no real firmware files: ${result.skipped}`);
    process.exitCode = 1;
  }
}
