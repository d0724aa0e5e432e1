import { chmodSync, closeSync, existsSync, linkSync, lstatSync, mkdtempSync, openSync, rmSync, unlinkSync } from 'node:fs';
import { createConnection } from 'node:net';
import { basename, dirname, join } from 'node:path';

import type { Listening } from './carrier.ts';
import { VfioUserError } from './errors.ts';
import { fits, MAX_PATH } from './socket-path.ts';

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
      listening = await listenBriefly(hidden, listen);
      chmodSync(hidden, 0o600);
      linkSync(hidden, path);
    } finally {
      rmSync(folder, { recursive: true, force: true });
    }
  } catch (cause) {
    await listening?.close();
    if (cause instanceof VfioUserError) throw cause;
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

/**
 * Listens at a path that may be longer than that of a socket can be, by way of its folder's descriptor.
 *
 * @throws {@link VfioUserError} `SOCKET` where there is no such way.
 */
async function listenBriefly(path: string, listen: (path: string) => Promise<Listening>): Promise<Listening> {
  if (fits(path)) return listen(path);
  const folder = dirname(path);
  const place = openSync(dirname(folder), 'r');
  try {
    // The hidden folder's name stays part of it: whoever takes the socket away by this path later takes no other one.
    const short = `/proc/self/fd/${place}/${basename(folder)}/${basename(path)}`;
    if (existsSync(dirname(short))) return await listen(short);
  } finally {
    closeSync(place);
  }
  throw new VfioUserError('SOCKET', `${path}, where the socket is made before it gets its name, has ${Buffer.byteLength(path)} bytes: expected at most ${MAX_PATH}, without /proc`);
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
