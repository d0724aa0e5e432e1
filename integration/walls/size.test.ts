// What installing a package brings to a disk or over a line.
import { execFileSync } from "node:child_process";
import { mkdtempSync, rmSync, statSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { expect, test } from "vitest";

const ROOT = fileURLToPath(new URL("../..", import.meta.url));

test("nvrm-headers, three versions with all that is known of them, is packed below 6 MB", () => {
  const target = mkdtempSync(join(tmpdir(), "nova-stack-size-"));
  try {
    const tarball = join(target, "package.tgz");
    execFileSync(join(ROOT, "node_modules", ".bin", "pnpm"), ["pack", "--silent", "--out", tarball], { cwd: join(ROOT, "packages", "nvrm-headers") });
    expect(statSync(tarball).size).toBeLessThan(6e6);
  } finally {
    rmSync(target, { recursive: true });
  }
});
