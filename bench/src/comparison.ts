// What a benchmark is here: something of ours against a rival that does the same job, both measured in the same
// process in turn, and a ratio that we state in public and are held to.

/** Gives one cost, the smaller the better, in the unit of its comparison. Whatever it needs, it has prepared before. */
export type Measure = () => number | Promise<number>;

export interface Contestant {
  readonly name: string;
  readonly measure: Measure;
}

export interface Comparison {
  readonly name: string;
  readonly unit: "ns" | "bytes";
  readonly ours: Contestant;
  /** A library, hand-written code, or a fixed budget (`measure: () => 150e6`). */
  readonly rival: Contestant;
  /** We state that ours costs at most this many times what the rival costs. */
  readonly atMost: number;
  /** How often each is measured, in turn. 7 unless told. */
  readonly rounds?: number;
}

/** What a file in cases/ exports as `cases`. */
export type Suite = readonly Comparison[];

export interface Outcome {
  readonly name: string;
  readonly unit: Comparison["unit"];
  readonly ours: { readonly name: string; readonly cost: number };
  readonly rival: { readonly name: string; readonly cost: number };
  readonly ratio: number;
  readonly atMost: number;
}

/** How far a stated ratio may be missed before it counts as broken: machines are noisy. */
export const TOLERANCE = 1.2;

/**
 * Measures both contestants in turn and keeps the best of each. On a shared machine noise only ever adds to a cost, so
 * the smallest is nearest to the truth; taking turns spreads a slow spell over both.
 */
export async function compare(comparison: Comparison): Promise<Outcome> {
  const { name, unit, ours, rival, atMost, rounds = 7 } = comparison;
  let best = Infinity;
  let bestRival = Infinity;
  for (let round = 0; round < rounds; round++) {
    // Whoever goes second meets a warmer cache, so they change places every round.
    for (const contestant of round % 2 === 0 ? [ours, rival] : [rival, ours]) {
      const cost = await contestant.measure();
      if (contestant === ours) best = Math.min(best, cost);
      else bestRival = Math.min(bestRival, cost);
    }
  }
  return {
    name,
    unit,
    ours: { name: ours.name, cost: best },
    rival: { name: rival.name, cost: bestRival },
    ratio: best / bestRival,
    atMost,
  };
}

/** A ratio that is not a number, because nothing was measured, is missed. */
export function isMissed({ ratio, atMost }: Pick<Outcome, "ratio" | "atMost">): boolean {
  return !(ratio <= atMost * TOLERANCE);
}
