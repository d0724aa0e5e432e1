import { Linter } from "eslint";
import tseslint from "typescript-eslint";
import { describe, expect, test } from "vitest";
import { boundaries } from "../../scripts/eslint-boundaries.js";

/** The messages that the boundary rules give for `code` in `file`, without the rest of the lint configuration. */
function lint(file: string, code: string): string[] {
  const setup = { files: ["**/*.ts"], languageOptions: { parser: tseslint.parser }, plugins: { "@typescript-eslint": tseslint.plugin } };
  const messages = new Linter().verify(code, [setup, ...boundaries] as Linter.Config[], file);
  return messages.map(({ message }) => message);
}

describe("an import across a wall is refused", () => {
  test.each([
    ["packages/vgpu/src/manager.ts", 'import { x } from "@nova-stack/nvrm-headers";', "vgpu may import: nova-core-api"],
    ["packages/vgpu/src/manager.ts", 'import { x } from "@nova-stack/gsp-rpc/decode";', "vgpu may import: nova-core-api"],
    ["packages/vgpu/src/manager.test.ts", 'import { x } from "@nova-stack/nova-core";', "vgpu may import: nova-core-api"],
    ["packages/vgpu/src/manager.ts", 'export * from "../../gsp-rpc/src/index.ts";', "never by a path"],
    ["packages/nova-core/src/boot/boot.ts", 'import type { X } from "@nova-stack/hw-model/port";', "nova-core may import"],
    ["packages/nova-core/src/boot/boot.ts", 'import { x } from "../../../hw-model/src/port.ts";', "never by a path"],
    ["packages/hw-model/src/chip.ts", 'import { x } from "@nova-stack/nova-core";', "hw-model may import"],
    ["packages/trace/src/index.ts", 'import { x } from "@nova-stack/timebase";', "trace may import: no sibling"],
    ["packages/gsp-rm/src/boot.ts", 'import { x } from "@nova-stack/hw-model/port";', "nothing but types"],
    ["packages/gsp-rm/src/boot.ts", 'import type { X } from "@nova-stack/hw-model";', "may import types of port"],
    ["packages/gsp-rm/src/boot.ts", 'import { x } from "@nova-stack/hw-model/boards";', "may import types of port"],
    ["packages/pci/src/dma.ts", 'import { Buffer } from "node:buffer";', "a runtime-neutral package"],
    ["packages/nvrm-headers/src/diff/text.ts", 'import { readFileSync } from "node:fs";', "a runtime-neutral package"],
    ["packages/nvrm-headers/src/diff/text.ts", 'import { loadFacts } from "../cli/facts-files.ts";', "a folder for Node alone"],
  ])("%s: %s", (file, code, reason) => {
    expect(lint(file, code)).toEqual([expect.stringContaining(reason)]);
  });
});

test.each([
  ["packages/vgpu/src/manager.ts", 'import { x } from "@nova-stack/nova-core-api";'],
  ["packages/vgpu/src/manager.ts", 'import { x } from "./instance.ts";'],
  ["packages/gsp-rm/src/boot.ts", 'import type { FirmwarePort } from "@nova-stack/hw-model/port";'],
  ["packages/gsp-rm/src/boot.ts", 'import { x } from "@nova-stack/gsp-rpc/decode";'],
  ["packages/pci/src/dma.test.ts", 'import { readFileSync } from "node:fs";'],
  ["packages/nova/src/main.ts", 'import { readFileSync } from "node:fs";'],
  ["packages/nvrm-headers/src/cli/main.ts", 'import { readFileSync } from "node:fs";'],
])("an allowed import passes: %s: %s", (file, code) => {
  expect(lint(file, code)).toEqual([]);
});
