import { closeSync, openSync, writeSync } from 'node:fs';

import { UsageError } from './options.ts';

/** Bytes collected before they go to the file; the rest is written by `close`. */
const CHUNK = 1 << 16;

/** A text file that is written in order and complete up to the last `close`, also when the run is interrupted. */
export interface TraceFile {
  write(line: string): void;
  close(): void;
}

/**
 * Opens `path` for a trace.
 *
 * @throws {UsageError} when the file cannot be created.
 */
export function openTraceFile(path: string): TraceFile {
  let descriptor: number | undefined;
  try {
    descriptor = openSync(path, 'w');
  } catch (error) {
    throw new UsageError(`--trace: cannot write ${path}: ${error instanceof Error ? error.message : String(error)}`);
  }
  let pending = '';
  const flush = (): void => {
    if (descriptor !== undefined && pending !== '') writeSync(descriptor, pending);
    pending = '';
  };
  return {
    write(line) {
      pending += line.endsWith('\n') ? line : `${line}\n`;
      if (pending.length >= CHUNK) flush();
    },
    close() {
      flush();
      if (descriptor !== undefined) closeSync(descriptor);
      descriptor = undefined;
    },
  };
}
