import { readFileSync } from 'node:fs';

import { decodeTrace, diffTraces, filterTrace, formatDiff, formatDump, formatTrace, jsonOf, type DecodedEntry } from '@nova-stack/gsp-rpc/decode';
import { readDump, readTrace, TraceError } from '@nova-stack/gsp-rpc/trace';

import type { Output } from './main.ts';
import { UsageError } from './command-line.ts';
import { parseTraceOptions, traceHelp } from './trace-options.ts';

/**
 * Shows, filters or compares recordings of what crosses the message queues.
 *
 * @returns the exit status: 0; 1 where two recordings differ, or a file cannot be read as what it should be
 * @throws {UsageError} for options that cannot be met
 */
export async function trace(args: readonly string[], output: Output): Promise<number> {
  const options = parseTraceOptions(args);
  if (options === undefined) {
    output.out(traceHelp());
    return 0;
  }
  const { file, dump, diff, release, filter, fields, json, ignore } = options;
  const line = (text: string): void => { output.out(`${text}\n`); };
  try {
    if (dump) {
      for (const text of await formatDump(readDump(bytesOf(file)), { fields, ...(release !== undefined && { release }) })) line(text);
      return 0;
    }
    const entries = filterTrace(await decoded(file, output), filter);
    if (diff !== undefined) {
      const found = diffTraces(entries, filterTrace(await decoded(diff, output), filter), { ignore });
      for (const text of formatDiff(found)) line(text);
      return found.differences.length === 0 ? 0 : 1;
    }
    if (json) for (const entry of entries) line(JSON.stringify(jsonOf(entry)));
    else for (const text of formatTrace(entries, { fields })) line(text);
    return 0;
  } catch (error) {
    if (!(error instanceof TraceError)) throw error;
    output.err(`nova: ${file}: ${error.message}\n`);
    return 1;
  }
}

/** A file that ends early is read up to there, which is said. */
async function decoded(path: string, output: Output): Promise<DecodedEntry[]> {
  const { entries, stopped } = readTrace(bytesOf(path));
  if (stopped !== undefined) output.err(`nova: ${path}: ${stopped.message}\n`);
  return decodeTrace(entries);
}

function bytesOf(path: string): Uint8Array {
  try {
    return readFileSync(path);
  } catch (error) {
    throw new UsageError(`cannot read ${path}: ${error instanceof Error ? error.message : String(error)}`);
  }
}
