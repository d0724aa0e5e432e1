// npm run bench -- [--check] [NAME …]
//
// Runs every file of cases/ (or those whose name contains one of the NAMEs), each in a process of its own so that none
// inherits another's heap or its compiler's habits, and prints ratios and absolute costs. With --check the exit status
// is 1 when a stated ratio is missed by more than a fifth.
import { execFileSync } from "node:child_process";
import { existsSync, readdirSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { compare, isMissed, type Outcome, type Suite } from "./comparison.ts";
import { table } from "./table.ts";

const CASES = new URL("./cases/", import.meta.url);

async function runFile(file: string): Promise<void> {
  const { cases } = (await import(new URL(file, CASES).href)) as { cases: Suite };
  const outcomes: Outcome[] = [];
  for (const comparison of cases) {
    process.stderr.write(`> ${comparison.name} …\n`);
    outcomes.push(await compare(comparison));
  }
  process.stdout.write(JSON.stringify(outcomes));
}

function runAll(names: readonly string[], check: boolean): number {
  const files = existsSync(CASES) ? readdirSync(CASES).filter((file) => file.endsWith(".js")) : [];
  const chosen = files.filter((file) => names.length === 0 || names.some((name) => file.includes(name)));
  if (names.length > 0 && chosen.length === 0) {
    process.stderr.write(`no benchmark file is named like ${names.join(" or ")}; there are: ${files.join(", ")}\n`);
    return 2;
  }
  const outcomes = chosen.sort().flatMap((file) => {
    const args = [...process.execArgv, fileURLToPath(import.meta.url), "--file", file];
    const output = execFileSync(process.execPath, args, { encoding: "utf8", stdio: ["ignore", "pipe", "inherit"] });
    return JSON.parse(output) as Outcome[];
  });
  const missed = outcomes.filter(isMissed);
  process.stdout.write(`${table(outcomes).join("\n")}\n\n${outcomes.length} measured, ${missed.length} stated ratios missed\n`);
  return check && missed.length > 0 ? 1 : 0;
}

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: { check: { type: "boolean", default: false }, file: { type: "string" } },
});
if (values.file === undefined) process.exitCode = runAll(positionals, values.check);
else await runFile(values.file);
