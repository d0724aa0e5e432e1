/** What an event's argument may be: plain data, never bytes of a guest or a client. */
export type TraceValue = string | number | bigint | boolean;
export type TraceArgs = Readonly<Record<string, TraceValue>>;

/** One event. `seq` counts from 0 in a trace; `at` is the clock's time in nanoseconds. */
export interface TraceEvent {
  readonly seq: number;
  readonly at: number;
  /** `layer.subject.what`, e.g. `nova-core.gfw.done`; the part before the first dot is the layer. */
  readonly point: string;
  readonly args: TraceArgs;
}

/** What a fault plan tells the place that asked. */
export interface Fault {
  readonly action: string;
  readonly value?: number;
}

/** What every layer is given: events out, faults in. Both cost nothing where nobody listens. */
export interface Trace {
  /** True when some sink wants events; lets hot paths skip building arguments. */
  readonly on: boolean;
  event(point: string, args?: TraceArgs): void;
  /** Asks the fault plan about this occurrence of `point`; undefined means go on normally. */
  fault(point: string): Fault | undefined;
}

/** How a point is shown: packages declare their points as one table, encoders interpret it. */
export interface PointSpec {
  /** `step`: the timeline of `nova boot`; `detail`: traces only; `warning`: something odd that was survived. */
  readonly level: 'step' | 'detail' | 'warning';
  /** Text with arguments in braces and an optional format: `WPR2 {start:hex}..{end:hex}`, `{size:bytes}`, `{t:ns}`. */
  readonly text: string;
}
export type PointTable = Readonly<Record<string, PointSpec>>;
