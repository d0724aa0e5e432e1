// The packages as they would be published: what `pnpm pack` makes, read back from the tarballs.
import { execFileSync } from "node:child_process";
import { existsSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, posix } from "node:path";
import { fileURLToPath } from "node:url";
import { gunzipSync } from "node:zlib";

export interface Manifest {
  readonly name: string;
  readonly exports: Readonly<Record<string, string | Readonly<Record<string, string>>>>;
  readonly dependencies?: Readonly<Record<string, string>>;
  readonly devDependencies?: Readonly<Record<string, string>>;
  readonly peerDependencies?: Readonly<Record<string, string>>;
  readonly optionalDependencies?: Readonly<Record<string, string>>;
}

export interface Packed {
  readonly manifest: Manifest;
  /** Path inside the package -> contents. */
  readonly files: ReadonlyMap<string, string>;
}

const ROOT = fileURLToPath(new URL("../..", import.meta.url));

/** Reads a tarball as pnpm writes them: plain files below `package/`. Long names (prefix field) are joined. */
export function readTarball(gzipped: Uint8Array): Map<string, string> {
  const tar = gunzipSync(gzipped);
  const text = (at: number, length: number): string => tar.toString("utf8", at, at + length).replace(/\0.*$/s, "");
  const files = new Map<string, string>();
  for (let at = 0; at + 512 <= tar.length && tar[at] !== 0; ) {
    const size = Number.parseInt(text(at + 124, 12), 8);
    const prefix = text(at + 345, 155);
    const name = (prefix === "" ? "" : `${prefix}/`) + text(at, 100);
    if (text(at + 156, 1) === "0") files.set(name.replace(/^package\//, ""), tar.toString("utf8", at + 512, at + 512 + size));
    at += 512 + Math.ceil(size / 512) * 512;
  }
  return files;
}

/** Packs `packages/<name>`, which must have been built. */
export function pack(name: string): Packed {
  const folder = join(ROOT, "packages", name);
  for (const built of ["dist/index.js", "dist/index.d.ts"]) {
    if (!existsSync(join(folder, built))) throw new Error(`packages/${name}/${built} is missing: run \`npm run build\` first`);
  }
  const target = mkdtempSync(join(tmpdir(), "nova-stack-pack-"));
  try {
    const tarball = join(target, "package.tgz");
    execFileSync(join(ROOT, "node_modules", ".bin", "pnpm"), ["pack", "--silent", "--out", tarball], { cwd: folder });
    const files = readTarball(readFileSync(tarball));
    return { files, manifest: JSON.parse(files.get("package.json") ?? "{}") as Manifest };
  } finally {
    rmSync(target, { recursive: true });
  }
}

/** Every dependency field counts: a reader of the package may install any of them. */
export function dependenciesOf({ dependencies, devDependencies, peerDependencies, optionalDependencies }: Manifest): string[] {
  return Object.keys({ ...dependencies, ...devDependencies, ...peerDependencies, ...optionalDependencies });
}

/** What a module names in its imports and exports, static or dynamic. */
export function specifiersOf(source: string): string[] {
  const pattern = /(?:^|[\s;}*])(?:from|import)\s*\(?\s*(["'])([^"'\n]+)\1/g;
  return [...source.matchAll(pattern)].map((match) => match[2]!);
}

/** The files of a package that its entry points (those `wanted`) reach through relative imports, from `condition` of `exports`. */
export function reachable({ manifest, files }: Packed, condition: "types" | "default", wanted: (entry: string) => boolean = () => true): string[] {
  const seen = new Set<string>();
  const visit = (file: string): void => {
    if (seen.has(file)) return;
    const source = files.get(file);
    if (source === undefined) throw new Error(`${manifest.name} publishes no ${file}, which its entry points need`);
    seen.add(file);
    for (const specifier of specifiersOf(source).filter((s) => s.startsWith("."))) {
      const target = posix.join(posix.dirname(file), specifier);
      visit(condition === "types" ? target.replace(/(?:\.d)?\.[jt]s$/, ".d.ts") : target);
    }
  };
  for (const entry of Object.values(manifest.exports)) {
    const target = typeof entry === "string" ? undefined : entry[condition];
    if (target === undefined) continue;
    const [before = "", after] = posix.normalize(target).split("*");
    if (!wanted(before)) continue;
    if (after === undefined) visit(before);
    else for (const file of files.keys()) if (file.startsWith(before) && file.endsWith(after)) visit(file);
  }
  return [...seen];
}
