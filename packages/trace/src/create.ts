import { strike, type FaultPlan } from './faults.ts';
import type { PointTable, Trace, TraceArgs, TraceEvent } from './trace.ts';

/** Takes every event, in order. */
export type TraceSink = (event: TraceEvent) => void;

export interface TraceOptions {
  /** Time in nanoseconds. */
  readonly now: () => number;
  readonly sinks: readonly TraceSink[];
  readonly faults?: FaultPlan;
}

/** This package's own points. */
export const POINTS: PointTable = {
  'trace.fault.struck': { level: 'warning', text: 'injected {action} at {point}, occurrence {nth}' },
};

const NO_ARGS: TraceArgs = {};

/** A trace that nobody listens to and that has no faults. */
export const noTrace: Trace = { on: false, event: () => undefined, fault: () => undefined };

/** A trace that gives every event to all sinks and asks the plan about faults. */
export function createTrace({ now, sinks, faults }: TraceOptions): Trace {
  let seq = 0;
  const event = (point: string, args: TraceArgs = NO_ARGS): void => {
    if (sinks.length === 0) return;
    const record: TraceEvent = { seq: seq++, at: now(), point, args };
    for (const sink of sinks) sink(record);
  };
  return {
    on: sinks.length > 0,
    event,
    fault(point) {
      const fault = faults && strike(faults, point);
      if (fault) event('trace.fault.struck', { point, action: fault.action, nth: faults.counts[point]! });
      return fault;
    },
  };
}
