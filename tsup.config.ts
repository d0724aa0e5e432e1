// One configuration for every package; `tsup --config ../../tsup.config.ts` runs in the package's folder.
//
// Entry points come from the package's own `exports`: every target under the condition
// "@nova-stack/source" is an entry, and `./src/a/b.ts` is built to `./dist/a/b.js` (declarations, from
// `tsc -b`, land in `./dist/a/b.d.ts`). One `*` is allowed and stands for any path below that folder.
// So to add an entry point, edit package.json and nothing else.
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { defineConfig } from "tsup";
import { NODE_FOLDERS, NODE_PACKAGES } from "./walls.js";

const SOURCE = "@nova-stack/source";

interface Manifest {
  readonly name: string;
  readonly private?: boolean;
  readonly exports: Readonly<Record<string, string | Readonly<Record<string, string>>>>;
}

const manifest = JSON.parse(readFileSync("package.json", "utf8")) as Manifest;

function sources(pattern: string): string[] {
  const star = pattern.indexOf("*");
  if (star < 0) return [pattern];
  const folder = pattern.slice(0, pattern.lastIndexOf("/", star) + 1);
  if (!existsSync(folder)) return [];
  return readdirSync(folder, { recursive: true, encoding: "utf8" })
    .map((name) => folder + name.replaceAll("\\", "/"))
    .filter((file) => file.startsWith(pattern.slice(0, star)) && file.endsWith(pattern.slice(star + 1)))
    .filter((file) => !/\.(test|bench)\.ts$/.test(file));
}

const entry: Record<string, string> = {};
for (const target of Object.values(manifest.exports)) {
  const pattern = typeof target === "string" ? undefined : target[SOURCE];
  if (pattern === undefined) continue;
  for (const file of sources(pattern)) entry[file.replace(/^\.\/src\//, "").replace(/\.ts$/, "")] = file;
}

const name = manifest.name.replace("@nova-stack/", "");
const forNode = manifest.private === true || NODE_PACKAGES.includes(name) || name in NODE_FOLDERS;

export default defineConfig({
  entry,
  format: "esm",
  target: "es2022",
  // A published library runs anywhere, but for what walls.js names; what stays in this workspace runs on Node.
  platform: forNode ? "node" : "neutral",
  sourcemap: true,
  // `node:` tells Node's modules from packages of the same name; the test of the packed packages wants to see it.
  removeNodeProtocol: false,
  dts: false,
  silent: true,
  // Declarations are tsc's; deleting them behind its back would break its next incremental run.
  clean: ["!**/*.d.ts", "!**/*.d.ts.map", "!**/*.tsbuildinfo"],
});
