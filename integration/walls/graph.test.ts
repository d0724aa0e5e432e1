import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { cruise, type ICruiseResult } from "dependency-cruiser";
import { afterEach, expect, test } from "vitest";
import { forbidden, options } from "../../.dependency-cruiser.mjs";

let folder: string | undefined;
afterEach(() => {
  if (folder !== undefined) rmSync(folder, { recursive: true });
  folder = undefined;
});

/** The rules that a tree of sources breaks. */
async function broken(files: Record<string, string>): Promise<string[]> {
  folder = mkdtempSync(join(tmpdir(), "nova-stack-graph-"));
  for (const [name, text] of Object.entries(files)) {
    const file = join(folder, "packages", name);
    mkdirSync(dirname(file), { recursive: true });
    writeFileSync(file, text);
  }
  const { tsConfig: _workspaceOnly, ...rest } = options;
  const { output } = await cruise(["packages"], {
    ...rest,
    baseDir: folder,
    validate: true,
    ruleSet: { forbidden },
  });
  return (output as ICruiseResult).summary.violations.map((violation) => violation.rule.name);
}

test("a path into a sibling that the table does not allow", async () => {
  const files = { "vgpu/src/index.ts": 'export * from "../../gsp-rpc/src/index.ts";', "gsp-rpc/src/index.ts": "export const x = 1;" };
  expect(await broken(files)).toEqual(["may-import-vgpu"]);
});

test("code of the hardware model in the firmware model", async () => {
  const port = { "hw-model/src/port.ts": "export const x = 1; export type X = 1;" };
  expect(await broken({ ...port, "gsp-rm/src/index.ts": 'import type { X } from "../../hw-model/src/port.ts"; export const y: X = 1;' })).toEqual([]);
  expect(await broken({ ...port, "gsp-rm/src/index.ts": 'export { x } from "../../hw-model/src/port.ts";' })).toEqual([
    "types-only-gsp-rm-hw-model",
  ]);
});

test("modules in a circle, and an import of nothing", async () => {
  const files = {
    "pci/src/a.ts": 'import { b } from "./b.ts"; export const a = () => b;',
    "pci/src/b.ts": 'import { a } from "./a.ts"; export const b = () => a;',
    "pci/src/c.ts": 'export * from "./gone.ts";',
  };
  expect(new Set(await broken(files))).toEqual(new Set(["no-cycle", "no-unresolvable"]));
});
