// The three walls, checked on the bytes that would be published. Lint enforces the same table while one writes;
// lint.test.ts and graph.test.ts show that it does.
import { existsSync, readdirSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { describe, expect, test } from "vitest";
import { MAY_IMPORT } from "../../walls.js";
import { breaches, closureOf } from "./closure.ts";
import { findLeaks } from "./leak-scan.ts";
import { pack, reachable, type Packed } from "./packed.ts";

const NAMES = Object.keys(MAY_IMPORT);
const packages = new Map<string, Packed>();
function packed(name: string): Packed {
  const known = packages.get(name) ?? pack(name);
  packages.set(name, known);
  return known;
}

test("every package is in the table", () => {
  const folder = fileURLToPath(new URL("../../packages/", import.meta.url));
  const present = readdirSync(folder).filter((name) => existsSync(`${folder}${name}/package.json`));
  expect(present.sort()).toEqual([...NAMES].sort());
});

describe("a published package depends on and imports what the table allows, and nothing else", () => {
  test.each(NAMES)("%s", (name) => {
    expect(breaches(packed(name))).toEqual([]);
  });
});

describe("the walls, in the closure of what is installed", () => {
  const firmwareAndHardware = ["gpu-regs", "nvrm-headers", "firmware-files", "gsp-rpc", "pci", "hw-model", "gsp-rm", "nova-core"];
  test.each([
    ["a client knows only the contract", "vgpu", firmwareAndHardware],
    ["a client knows only the contract", "nova-drm", firmwareAndHardware],
    ["a driver of virtual functions knows the contract and the bus", "vgpu-vfio", firmwareAndHardware.filter((name) => name !== "pci")],
    ["the contract knows no implementation", "nova-core-api", [...firmwareAndHardware, "vgpu", "nova-drm"]],
    ["a driver does not know the model", "nova-core", ["hw-model", "gsp-rm", "vgpu", "nova-drm"]],
    ["the model does not know the driver", "hw-model", ["nova-core", "nova-core-api", "gsp-rpc", "nvrm-headers", "aux-bus"]],
    ["the model does not know the driver", "gsp-rm", ["nova-core", "nova-core-api", "firmware-files", "aux-bus"]],
  ])("%s: %s", (_wall, name, outOfReach) => {
    const closure = closureOf(name);
    expect(outOfReach.filter((other) => closure.has(other))).toEqual([]);
  });
});

/** Names that a client has from its other side: fields of the structures that Linux's userspace passes. They say nothing of who is below. */
const OF_USERSPACE: Readonly<Record<string, RegExp>> = { "nova-drm": /\bpushbuf_domains\b/g };

describe("a client and the contract name nothing of the firmware or the chip", () => {
  // Declarations carry names and documentation; the built code carries error text and events.
  const cases = ["nova-core-api", "vgpu", "nova-drm"].flatMap((name) => [[name, "types"] as const, [name, "default"] as const]);
  test.each(cases)("%s, %s", (name, condition) => {
    const published = packed(name);
    const leaks = reachable(published, condition).flatMap((file) =>
      findLeaks(published.files.get(file)!.replace(OF_USERSPACE[name] ?? /$^/g, "of_userspace")).map((leak) => `${file}:${leak.line}: ${leak.group}: ${leak.entry}: ${leak.text}`),
    );
    expect(leaks).toEqual([]);
  });
});
