import type { TraceSink } from './create.ts';
import type { TraceValue } from './trace.ts';

/** JSON has no 64-bit integers: a bigint becomes text such as `"18446744073709551615n"`. */
const plain = (_key: string, value: TraceValue | object): unknown => (typeof value === 'bigint' ? `${value}n` : value);

/** Writes each event as one line of JSON, line end included. */
export function jsonLines(write: (line: string) => void): TraceSink {
  return (event) => write(`${JSON.stringify(event, plain)}\n`);
}
