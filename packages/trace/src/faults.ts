import { TraceError } from './errors.ts';
import type { Fault } from './trace.ts';

/** When and how a fault strikes. What `action` and `value` mean is said where the point is declared. */
export interface FaultRule extends Fault {
  /** Name of the point. */
  readonly point: string;
  /** Which occurrence of the point, counted from 1, or all of them; default 1. */
  readonly nth?: number | 'every';
}

/** A fault plan is plain data: its rules, and how often each point was asked about. */
export interface FaultPlan {
  readonly rules: readonly FaultRule[];
  readonly counts: Record<string, number>;
}

/**
 * Makes a plan of `rules`; of several that meet, the first strikes.
 *
 * @throws {@link TraceError} `BAD_FAULT_RULE`.
 */
export function faultPlan(rules: readonly FaultRule[]): FaultPlan {
  for (const { point, nth = 1 } of rules) {
    if (point === '') throw new TraceError('BAD_FAULT_RULE', 'point is empty: expected the name of a fault point');
    if (nth !== 'every' && !(Number.isSafeInteger(nth) && nth >= 1)) {
      throw new TraceError('BAD_FAULT_RULE', `nth of ${point} is ${nth}: expected an integer from 1 or 'every'`);
    }
  }
  return { rules, counts: {} };
}

/** Counts one occurrence of `point` in the plan and says which fault strikes it. */
export function strike(plan: FaultPlan, point: string): Fault | undefined {
  let found: Fault | undefined;
  let asked = false;
  for (const rule of plan.rules) {
    if (rule.point !== point) continue;
    if (!asked) plan.counts[point] = (plan.counts[point] ?? 0) + 1;
    asked = true;
    const { nth = 1 } = rule;
    if (!found && (nth === 'every' || nth === plan.counts[point])) found = rule;
  }
  return found;
}
