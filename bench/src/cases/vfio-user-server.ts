// What one C client waits for: our server against a blocking C server that does nothing but answer. Client and servers
// share one CPU, so that the work counts and not the host's way to wake another CPU.
import { execFileSync, spawn } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

import type { Comparison, Measure, Suite } from "../comparison.ts";

const folder = mkdtempSync(join(tmpdir(), "vfio-user-bench-"));
process.once("exit", () => { rmSync(folder, { recursive: true, force: true }); });
const program = (name: string): string => join(folder, name);
// Sources are not built; they lie beside the folder of the built files.
const source = (name: string): string => fileURLToPath(new URL(`../../src/native/${name}.c`, import.meta.url));

/** Compiles the C programs; without a compiler there is no rival, which is said aloud. */
function compiled(): boolean {
  try {
    for (const name of ["client", "server", "pin"]) execFileSync("cc", ["-O2", "-o", program(name), source(name)], { stdio: "pipe" });
    return true;
  } catch (error) {
    console.error(`benchmarks of the vfio-user server: skipped, no C compiler made the rival (${error instanceof Error ? error.message : String(error)})`);
    return false;
  }
}

/** Starts a server until this process ends; gives its socket, or undefined when it lacks what it needs. */
async function serve(name: string, command: readonly string[]): Promise<string | undefined> {
  const path = join(folder, `${name}.sock`);
  const [first = "", ...rest] = command.map((word) => (word === "PATH" ? path : word));
  const server = spawn(program("pin"), [first, ...rest], { stdio: ["ignore", "pipe", "inherit"] });
  process.once("exit", () => { server.kill(); });
  const said = await new Promise<string>((resolve) => { server.stdout.once("data", (bytes: Buffer) => { resolve(bytes.toString().trim()); }); });
  server.unref();
  (server.stdout as unknown as { unref(): void }).unref();
  if (said === "ready") return path;
  console.error(`benchmarks of the vfio-user server with descriptors: skipped, ${said}`);
  return undefined;
}

const COUNTS = { read: 10_000, post: 200, block: 100 } as const;

const measured = (path: string, mode: keyof typeof COUNTS): Measure =>
  () => Number(execFileSync(program("pin"), [program("client"), path, mode, String(COUNTS[mode])], { encoding: "utf8" }));

const ACCESSES: readonly { readonly what: string; readonly mode: keyof typeof COUNTS; readonly atMost: { readonly descriptors: number; readonly sockets: number } }[] = [
  { what: "register read round trip", mode: "read", atMost: { descriptors: 1.5, sockets: 2.5 } },
  { what: "posted register write", mode: "post", atMost: { descriptors: 1.25, sockets: 1.25 } },
  { what: "read of 1 MiB", mode: "block", atMost: { descriptors: 1.5, sockets: 3 } },
];

async function suite(): Promise<Suite> {
  const rival = await serve("rival", [program("server"), "PATH"]);
  const ours = fileURLToPath(new URL("../serve-memory.js", import.meta.url));
  const comparisons: Comparison[] = [];
  for (const how of ["descriptors", "sockets"] as const) {
    const path = await serve(how, [process.execPath, ours, "PATH", how]);
    if (path === undefined || rival === undefined) continue;
    comparisons.push(...ACCESSES.map(({ what, mode, atMost }): Comparison => ({
      name: `${what}, ${how === "sockets" ? "Node's sockets" : "sockets with descriptors"}`,
      unit: "ns",
      ours: { name: "server", measure: measured(path, mode) },
      rival: { name: "blocking C server", measure: measured(rival, mode) },
      atMost: atMost[how],
    })));
  }
  return comparisons;
}

export const cases: Suite = compiled() ? await suite() : [];
