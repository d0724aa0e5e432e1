// What importing one subject of nvrm-headers costs a process that has loaded nothing of it: its modules, their parts and
// c-layout's runtime, from a warm file cache. The largest subjects, and one that a driver needs.
import { execFileSync } from "node:child_process";
import { fileURLToPath } from "node:url";
import type { Suite } from "../comparison.ts";

const SUBJECTS = ["r580_105_08/ctrl2080internal", "r580_105_08/ctrl2080nvlink", "r570_144/rpc/generic_union", "r570_144/ctrl2080gsp"];

/** Nanoseconds of one import, measured inside a new process. */
function importing(subject: string): () => number {
  const module = fileURLToPath(import.meta.resolve(`@nova-stack/nvrm-headers/${subject}`));
  const script = `const t = performance.now(); await import(${JSON.stringify(module)}); process.stdout.write(String((performance.now() - t) * 1e6));`;
  return () => Number(execFileSync(process.execPath, ["--input-type=module", "--eval", script], { encoding: "utf8" }));
}

export const cases: Suite = SUBJECTS.map((subject) => ({
  name: `import ${subject}`,
  unit: "ns",
  ours: { name: "import", measure: importing(subject) },
  rival: { name: "30 ms", measure: () => 30e6 },
  atMost: 1,
}));
