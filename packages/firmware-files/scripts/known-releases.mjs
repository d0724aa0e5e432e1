// Writes src/known-releases.ts from the real files that scripts/real-firmware.mjs finds (run `npm run build` first).
import { createHash } from "node:crypto";
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { realFirmwareDir } from "../../../scripts/real-firmware.mjs";
import { CHIPS, firmwareKinds, firmwarePath, loadedFacts, resolveLinks } from "../dist/index.js";

const found = await realFirmwareDir();
if (!("dir" in found)) throw new Error(found.skipped);

/** @param {Uint8Array} bytes */
const sha256 = (bytes) => createHash("sha256").update(bytes).digest("hex");
const quote = (/** @type {unknown} */ value) => (typeof value === "string" ? `'${value}'` : `0x${Number(value).toString(16)}`);
/** A size and the digest that belongs to it share a line. @param {Record<string, unknown>} facts */
const pairs = (facts) => {
  const fields = Object.entries(facts).map(([name, value]) => `${name}: ${quote(value)},`);
  return fields.flatMap((field, i) => (i % 2 === 0 ? [`        ${field} ${fields[i + 1] ?? ""}`] : []));
};

const lines = [];
for (const version of ["570.144", "535.113.01"]) {
  const paths = new Set(
    Object.keys(CHIPS).flatMap((chip) =>
      // The last of a chain of links is where linux-firmware keeps the file.
      firmwareKinds(chip).map((kind) => resolveLinks(firmwarePath({ chip, kind, version })).at(-1) ?? ""),
    ),
  );
  lines.push(`  '${version}': {`);
  for (const path of [...paths].sort()) {
    const file = join(found.dir, path);
    if (!existsSync(file)) continue;
    const bytes = readFileSync(file);
    lines.push(`    '${path}': {`, `      size: ${String(bytes.length)}, sha256: '${sha256(bytes)}',`);
    const loaded = loadedFacts(path, bytes, sha256);
    if (loaded) lines.push("      loaded: {", ...pairs(loaded), "      },");
    lines.push("    },");
  }
  lines.push("  },");
}

const target = fileURLToPath(new URL("../src/known-releases.ts", import.meta.url));
const text = readFileSync(target, "utf8");
const mark = "= {\n";
writeFileSync(target, `${text.slice(0, text.indexOf(mark) + mark.length)}${lines.join("\n")}\n};\n`);
