// Decoding
export { decodeTrace, openDecoder } from './decoder.ts';
export type { Decodable, DecodedEntry, DecodedMessage, Decoder, DecoderOptions } from './decoder.ts';
export { RELEASES } from './tables.ts';
export type { LoadModule, Tables, Vocabulary } from './tables.ts';
export { numberAt, valueAt, walk } from './value.ts';
export type { NamedValue, RecordValue, Value } from './value.ts';

// Writing it down
export { jsonOf, jsonOfValue } from './json.ts';
export type { Json } from './json.ts';
export { formatHeadline, formatMessage, formatNumber, formatTrace, formatValue } from './text.ts';
export type { FormatOptions } from './text.ts';
export { formatDump } from './dump-text.ts';
export type { FormatDumpOptions } from './dump-text.ts';

// Finding and comparing
export { failed, filterTrace, handlesOf, matches } from './filter.ts';
export type { Filter } from './filter.ts';
export { callsOf } from './calls.ts';
export type { Call } from './calls.ts';
export { diffMessages, diffTraces, formatDiff } from './diff.ts';
export type { CallDifference, DiffOptions, FieldDifference, TraceDiff } from './diff.ts';
export { compareFields, formatDivergence } from './replay-compare.ts';

export { TraceError } from '../trace/errors.ts';
export type { TraceErrorCode } from '../trace/errors.ts';
