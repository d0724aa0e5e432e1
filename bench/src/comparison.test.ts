import { expect, test } from "vitest";
import { compare, isMissed, type Contestant } from "./comparison.ts";
import { perCall } from "./measures.ts";
import { format, table } from "./table.ts";

const costs = (name: string, values: number[], log: string[] = []): Contestant => ({
  name,
  measure: () => {
    log.push(name);
    return values.shift()!;
  },
});

test("takes turns, changes places every round and keeps the best of each", async () => {
  const log: string[] = [];
  const outcome = await compare({
    name: "decode",
    unit: "ns",
    ours: costs("ours", [30, 20, 25], log),
    rival: costs("rival", [60, 50, 40], log),
    atMost: 1,
    rounds: 3,
  });
  expect(log.join(" ")).toBe("ours rival rival ours ours rival");
  expect(outcome).toMatchObject({ ours: { cost: 20 }, rival: { cost: 40 }, ratio: 0.5 });
});

test("a stated ratio may be missed by a fifth and no more", () => {
  expect(isMissed({ ratio: 2.39, atMost: 2 })).toBe(false);
  expect(isMissed({ ratio: 2.41, atMost: 2 })).toBe(true);
  expect(isMissed({ ratio: NaN, atMost: 2 })).toBe(true);
});

test("costs in the unit that reads best", () => {
  expect([12, 1_234_567, 2e9].map((cost) => format(cost, "ns"))).toEqual(["12.0 ns", "1.23 ms", "2.00 s"]);
  expect([0.5, 150e6].map((cost) => format(cost, "bytes"))).toEqual(["0.500 B", "150 MB"]);
});

test("the table marks what is missed and gives both absolute costs", () => {
  const row = { unit: "ns", ours: { name: "ours", cost: 300 }, rival: { name: "other", cost: 100 }, ratio: 3 } as const;
  const [head, kept, missed] = table([
    { ...row, name: "kept", atMost: 3 },
    { ...row, name: "missed", atMost: 2 },
  ]);
  expect(head).toMatch(/^benchmark +ours +rival +ratio +stated$/);
  expect(kept).toMatch(/^kept +ours +300 ns +other +100 ns +3\.00 +<= 3$/);
  expect(missed).toMatch(/ <= 2 +MISSED$/);
});

test("the cost of a call grows with its work", async () => {
  const loop = (n: number) => () => {
    let sum = 0;
    for (let i = 0; i < n; i++) sum = (sum * 31 + i) | 0;
    return sum;
  };
  const short = await perCall(loop(100), { milliseconds: 4 })();
  const long = await perCall(loop(10_000), { milliseconds: 4 })();
  expect(short).toBeGreaterThan(0);
  expect(long).toBeGreaterThan(short * 5);
});
