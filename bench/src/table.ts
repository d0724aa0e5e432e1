import { isMissed, type Outcome } from "./comparison.ts";

const UNITS = {
  ns: [["s", 1e9], ["ms", 1e6], ["µs", 1e3], ["ns", 1]],
  bytes: [["GB", 1e9], ["MB", 1e6], ["kB", 1e3], ["B", 1]],
} as const;

/** A cost in the largest unit that leaves at least 1: 1 234 567 ns is "1.23 ms". */
export function format(cost: number, unit: Outcome["unit"]): string {
  const [name, size] = UNITS[unit].find(([, least]) => cost >= least) ?? UNITS[unit][3];
  return `${(cost / size).toPrecision(3)} ${name}`;
}

const HEAD = ["benchmark", "ours", "", "rival", "", "ratio", "stated", ""];

/** The outcomes as lines of text, a column each for both absolute costs, the ratio and what we state. */
export function table(outcomes: readonly Outcome[]): string[] {
  const rows = outcomes.map((outcome) => [
    outcome.name,
    outcome.ours.name,
    format(outcome.ours.cost, outcome.unit),
    outcome.rival.name,
    format(outcome.rival.cost, outcome.unit),
    outcome.ratio.toPrecision(3),
    `<= ${Number(outcome.atMost.toPrecision(3))}`,
    isMissed(outcome) ? "MISSED" : "",
  ]);
  const widths = HEAD.map((head, column) => Math.max(head.length, ...rows.map((row) => row[column]!.length)));
  return [HEAD, ...rows].map((row) => row.map((cell, column) => cell.padEnd(widths[column]!)).join("  ").trimEnd());
}
