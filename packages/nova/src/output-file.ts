import { closeSync, openSync, writeSync } from 'node:fs';

import { UsageError } from './command-line.ts';

/** Bytes collected before they go to the file; the rest is written by `close`. */
const CHUNK = 1 << 16;

/** A file that is written in order and complete up to the last `close`, also when the run is interrupted. */
export interface OutputFile {
  write(data: string | Uint8Array): void;
  close(): void;
}

/**
 * Opens `path` for what `option` asks for.
 *
 * @throws {UsageError} when the file cannot be created
 */
export function openOutputFile(option: string, path: string): OutputFile {
  let descriptor: number | undefined;
  try {
    descriptor = openSync(path, 'w');
  } catch (error) {
    throw new UsageError(`${option}: cannot write ${path}: ${error instanceof Error ? error.message : String(error)}`);
  }
  let pending: Buffer[] = [];
  let bytes = 0;
  const flush = (): void => {
    if (descriptor !== undefined && bytes > 0) writeSync(descriptor, Buffer.concat(pending));
    pending = [];
    bytes = 0;
  };
  return {
    write(data) {
      pending.push(Buffer.from(data));
      bytes += data.length;
      if (bytes >= CHUNK) flush();
    },
    close() {
      flush();
      if (descriptor !== undefined) closeSync(descriptor);
      descriptor = undefined;
    },
  };
}

/** The same for lines of text. */
export function openLinesFile(option: string, path: string): OutputFile {
  const file = openOutputFile(option, path);
  return { ...file, write: (line) => { file.write(typeof line === 'string' && !line.endsWith('\n') ? `${line}\n` : line); } };
}
