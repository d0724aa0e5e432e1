import { writeFileSync } from 'node:fs';

import type { CoreDevice } from '@nova-stack/nova-core';

import { openOutputFile } from './output-file.ts';

/**
 * Runs the work with a GPU and keeps what can be known about it: as it is when the work fails, else as it is afterwards.
 *
 * @throws UsageError when the file cannot be created
 */
export function crashReportTo(path: string | undefined, core: Pick<CoreDevice, 'crashReport'>): <T>(work: () => Promise<T>) => Promise<T> {
  if (path === undefined) return (work) => work();
  // That it cannot be written is known before there is something to write.
  openOutputFile('--crash-report', path).close();
  return async (work) => {
    try {
      return await work();
    } finally {
      writeFileSync(path, `${JSON.stringify(core.crashReport(), undefined, 2)}\n`);
    }
  };
}
