// A folder for files that only the import needs.
import { mkdtempSync, realpathSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

const SIGNALS = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;

/** Runs `work` with a new folder, which is gone afterwards: when it is done, when it fails, when the process is asked to end. */
export async function inWorkspace<T>(work: (folder: string) => Promise<T>): Promise<T> {
  const folder = mkdtempSync(join(realpathSync(tmpdir()), 'nvrm-import-'));
  const remove = (): void => rmSync(folder, { recursive: true, force: true });
  const end = (signal: NodeJS.Signals): void => {
    leave();
    // Where nobody else listens, the process ends as it would have without this.
    if (process.listenerCount(signal) === 0) process.kill(process.pid, signal);
  };
  const leave = (): void => {
    remove();
    process.off('exit', remove);
    for (const each of SIGNALS) process.off(each, end);
  };
  process.on('exit', remove);
  for (const each of SIGNALS) process.on(each, end);
  try {
    return await work(folder);
  } finally {
    leave();
  }
}
