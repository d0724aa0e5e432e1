// A broken wall must be seen: each case is a package as somebody might publish it by mistake.
import { expect, test } from "vitest";
import { findLeaks } from "./leak-scan.ts";
import { breaches, closureOf } from "./closure.ts";
import { reachable, specifiersOf, type Manifest, type Packed } from "./packed.ts";

const EXPORTS = { ".": { types: "./dist/index.d.ts", default: "./dist/index.js" } };

function published(name: string, files: Record<string, string>, manifest: Partial<Manifest> = {}): Packed {
  const all = { "dist/index.js": "", "dist/index.d.ts": "export {};", ...files };
  return { manifest: { name: `@nova-stack/${name}`, exports: EXPORTS, ...manifest }, files: new Map(Object.entries(all)) };
}

const API = { "@nova-stack/nova-core-api": "0.1.0" };

test("a package that keeps to the table has no breach", () => {
  const files = { "dist/index.js": 'import { connect } from "@nova-stack/nova-core-api";\nexport { connect };' };
  expect(breaches(published("vgpu", files, { dependencies: API }))).toEqual([]);
});

test("a declared dependency outside the table", () => {
  const dependencies = { ...API, "@nova-stack/nvrm-headers": "0.1.0" };
  expect(breaches(published("vgpu", {}, { dependencies }))).toEqual(["vgpu depends on @nova-stack/nvrm-headers"]);
  expect(breaches(published("nova-core", {}, { peerDependencies: { "@nova-stack/hw-model": "*" } }))).toEqual([
    "nova-core depends on @nova-stack/hw-model",
  ]);
});

test("an import that no field declares, in a file behind the entry point", () => {
  const files = {
    "dist/index.js": 'export * from "./chunk.js";',
    "dist/chunk.js": 'const gsp = await import("@nova-stack/gsp-rm");',
  };
  expect(breaches(published("nova-core", files))).toEqual([
    "nova-core: dist/chunk.js imports @nova-stack/gsp-rm, which is not declared",
  ]);
});

test("Node in a runtime-neutral package", () => {
  const files = { "dist/index.js": 'import { readFileSync } from "node:fs";' };
  expect(breaches(published("pci", files))).toEqual(["pci: dist/index.js imports node:fs"]);
  expect(breaches(published("nova", files))).toEqual([]);
});

test("code of the hardware model in the firmware model, which may use its port's types", () => {
  const dependencies = { "@nova-stack/hw-model": "0.1.0" };
  const port = 'import type { FirmwarePort } from "@nova-stack/hw-model/port";\nexport declare const port: FirmwarePort;';
  expect(breaches(published("gsp-rm", { "dist/index.d.ts": port }, { dependencies }))).toEqual([]);
  const files = { "dist/index.js": 'import { boards } from "@nova-stack/hw-model/boards";' };
  expect(breaches(published("gsp-rm", files, { dependencies }))).toEqual([
    "gsp-rm: dist/index.js imports @nova-stack/hw-model/boards, of which it may use only types",
  ]);
});

test("a package that nobody entered in the table", () => {
  expect(breaches(published("newcomer", {}))).toEqual(["newcomer is not in walls.js"]);
});

test("a closure holds what siblings bring along", () => {
  const table = { top: ["middle"], middle: ["bottom"], bottom: [] };
  expect([...closureOf("top", table)]).toEqual(["middle", "bottom"]);
});

test("a leaking name in a declaration that an entry point reaches", () => {
  const leaky = published("vgpu", {
    "dist/index.d.ts": 'export * from "./instance.ts";',
    "dist/instance.d.ts": "export interface Instance { readonly gfid: number }",
    "dist/unreached.d.ts": "export declare const runlist: number;",
  });
  const texts = reachable(leaky, "types").map((file) => leaky.files.get(file)!);
  expect(texts.flatMap((text) => findLeaks(text)).map((leak) => leak.entry)).toEqual(["gfid"]);
});

test("specifiers of every form", () => {
  const source = `import "a"; import b from "b"; import type { C } from 'c'; export * from "d";
    const e = await import("e"); type F = import("f").F; import { g,
      h } from "g"; const text = "from here";`;
  expect(specifiersOf(source)).toEqual(["a", "b", "c", "d", "e", "f", "g"]);
});
