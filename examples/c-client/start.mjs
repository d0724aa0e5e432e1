// Compiles main.c and runs it against two cores: one without a device, in this process, and the real core driver on a modelled GPU.
import { spawn, spawnSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { syntheticTypeFile } from "@nova-stack/firmware-files";
import { createMachine } from "@nova-stack/nova/machine";
import { createMemoryCore, memoryTypes } from "@nova-stack/nova-core-api/testing";
import { registerCoreServer, serveCore } from "@nova-stack/nova-core-socket";

/** @param {string} specifier */
const path = (specifier) => fileURLToPath(import.meta.resolve(specifier));
const library = path("@nova-stack/nova-core-socket/c/nova_core_socket.c");
const headers = [dirname(library), dirname(path("@nova-stack/nova-core-api/forms/nova_core_api.h"))];

const wanted = process.env["CC"] === undefined ? ["cc", "gcc", "clang", "clang-14"] : [process.env["CC"]];
const compiler = wanted.find((name) => spawnSync(name, ["--version"], { stdio: "ignore" }).status === 0);
if (compiler === undefined) {
  console.log(`SKIPPED: no C compiler (${wanted.join(", ")}); install gcc or clang, or name yours in CC`);
  process.exit(0);
}

const folder = mkdtempSync(join(tmpdir(), "nova-c-client-"));
try {
  const program = join(folder, "c-client");
  const compiled = spawnSync(
    compiler,
    ["-std=c11", "-Wall", "-Wextra", "-O2", ...headers.flatMap((one) => ["-I", one]), path("./main.c"), library, "-o", program],
    { stdio: "inherit" },
  );
  if (compiled.status !== 0) throw new Error(`${compiler} failed`);

  /** Runs the client; the core goes on in this process meanwhile. @param {string} socket @param {Uint8Array} types */
  const run = async (socket, types) => {
    const file = join(folder, "types");
    writeFileSync(file, types);
    const client = spawn(program, [socket, file], { stdio: "inherit" });
    const status = await new Promise((resolve) => client.once("close", resolve));
    if (status !== 0) throw new Error(`the client ended with ${status}`);
  };

  console.log("--- a core without a device");
  const memory = createMemoryCore();
  const server = await serveCore({ endpoint: memory.endpoint, path: join(folder, "memory.sock") });
  await run(server.path, memoryTypes([{ typeId: 1, name: "Small", profileSize: 8 * 2 ** 20 }]));
  await server.close();

  console.log("--- the core driver on a modelled L40");
  const machine = createMachine({ board: "l40" });
  const socket = join(folder, "l40.sock");
  const driver = await registerCoreServer(machine.auxBus, { devices: ["nova-core.nova-drm"], path: () => socket });
  const [device] = machine.pci.find({ vendor: 0x10de });
  if (!device) throw new Error("there is no GPU on the bus");
  const gpu = await machine.core.probe(device);
  await run(socket, syntheticTypeFile({ device: 0x26b5, version: gpu.firmwareVersion }));
  await gpu.unbind();
  await driver.unregister();
  console.log("unloaded; DMA still in use:", device.dmaInUse().length);
} finally {
  rmSync(folder, { recursive: true });
}
