import { chmodSync, linkSync, lstatSync, mkdtempSync, rmSync, unlinkSync } from 'node:fs';
import { createConnection } from 'node:net';
import { dirname, join } from 'node:path';

import type { Listening } from './carrier.ts';
import { VfioUserError } from './errors.ts';

/**
 * Listens at `path` with a socket that only this user can open. It is made in a folder that nobody else can enter, and
 * gets its name once it is safe; a name that is taken meanwhile stays with whoever took it. A socket that nobody listens
 * on any more is replaced.
 *
 * @throws {@link VfioUserError} `SOCKET`.
 */
export async function listenAt(path: string, listen: (path: string) => Promise<Listening>): Promise<Listening> {
  await removeStale(path);
  let listening: Listening | undefined;
  try {
    // Beside the socket, for a link stays within a file system; `join` would drop the dot and make it beside the folder.
    const folder = mkdtempSync(`${dirname(path)}/.`);
    try {
      const hidden = join(folder, 's');
      listening = await listen(hidden);
      chmodSync(hidden, 0o600);
      linkSync(hidden, path);
    } finally {
      rmSync(folder, { recursive: true, force: true });
    }
  } catch (cause) {
    await listening?.close();
    throw new VfioUserError('SOCKET', `Cannot listen on ${path}: ${(cause as Error).message}`, { cause });
  }
  const { ino, dev } = lstatSync(path);
  const listener = listening;
  return {
    close() {
      const now = lstatSync(path, { throwIfNoEntry: false });
      if (now?.ino === ino && now.dev === dev) rmSync(path, { force: true });
      return listener.close();
    },
  };
}

/** Takes away a socket that nobody listens on; anything else stays. */
async function removeStale(path: string): Promise<void> {
  const found = lstatSync(path, { throwIfNoEntry: false });
  if (!found) return;
  if (!found.isSocket()) throw new VfioUserError('SOCKET', `${path} exists and is no socket`);
  const answer = await new Promise<string | undefined>((resolve) => {
    const probe = createConnection(path, () => {
      probe.destroy();
      resolve('LISTENS');
    });
    probe.on('error', (error) => { resolve((error as NodeJS.ErrnoException).code); });
  });
  // Only a refusal says that nobody is there: somebody busy, or somebody else's, answers otherwise.
  if (answer === 'LISTENS') throw new VfioUserError('SOCKET', `Somebody listens on ${path} already`);
  if (answer === 'ECONNREFUSED') {
    // Somebody else may have replaced it in the meantime.
    if (lstatSync(path, { throwIfNoEntry: false })?.ino === found.ino) unlinkSync(path);
    return;
  }
  if (answer !== 'ENOENT') throw new VfioUserError('SOCKET', `Cannot tell whether somebody listens on ${path}: ${answer}`);
}
