// A folder for files that only the import needs.
import { mkdtempSync, realpathSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

const SIGNALS = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;

/** What of a process is needed to hear of its end; a test passes its own. */
export interface Host {
  on(event: string, listener: (signal: NodeJS.Signals) => void): unknown;
  off(event: string, listener: (signal: NodeJS.Signals) => void): unknown;
  listenerCount(event: string): number;
  /** Sends the process a signal. */
  raise(signal: NodeJS.Signals): void;
}

const THIS_PROCESS: Host = {
  on: (event, listener) => process.on(event, listener),
  off: (event, listener) => process.off(event, listener),
  listenerCount: (event) => process.listenerCount(event),
  raise: (signal) => void process.kill(process.pid, signal),
};

/** Runs `work` with a new folder, which is gone afterwards: when it is done, when it fails, when the process is asked to end. */
export async function inWorkspace<T>(work: (folder: string) => Promise<T>, host: Host = THIS_PROCESS): Promise<T> {
  const folder = mkdtempSync(join(realpathSync(tmpdir()), 'nvrm-import-'));
  const remove = (): void => rmSync(folder, { recursive: true, force: true });
  const end = (signal: NodeJS.Signals): void => {
    leave();
    // Where nobody else listens, the process ends as it would have without this.
    if (host.listenerCount(signal) === 0) host.raise(signal);
  };
  const leave = (): void => {
    remove();
    host.off('exit', remove);
    for (const each of SIGNALS) host.off(each, end);
  };
  host.on('exit', remove);
  for (const each of SIGNALS) host.on(each, end);
  try {
    return await work(folder);
  } finally {
    leave();
  }
}
