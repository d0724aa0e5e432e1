// What every layer is given, and how it declares its points
export type { Fault, PointSpec, PointTable, Trace, TraceArgs, TraceEvent, TraceValue } from './trace.ts';
export { createTrace, noTrace, POINTS, type TraceOptions, type TraceSink } from './create.ts';

// Faults
export { faultPlan, type FaultPlan, type FaultRule } from './faults.ts';

// Encodings
export { jsonLines } from './json-lines.ts';
export { joinPoints, timeline, type TimelineOptions } from './timeline.ts';
export { formatBytes, formatNanoseconds, formatText, textArguments } from './format.ts';

// Errors
export { TraceError, type TraceErrorCode } from './errors.ts';
