// A UNIX socket that only this user can open, at a path that may hold the socket of a server that is gone.
import { chmodSync, lstatSync, mkdtempSync, renameSync, rmSync, unlinkSync } from 'node:fs';
import { createConnection, type Server } from 'node:net';
import { dirname, join } from 'node:path';

import { CoreSocketError } from './errors.ts';

/** Longest path of a UNIX socket, in bytes. */
const MAX_PATH = 107;

/**
 * Listens in a folder that nobody else can enter, and moves the socket to its place once only this user may open it.
 *
 * @throws {@link CoreSocketError} `SOCKET`: the path is too long, in use, or no socket; or the system refuses
 */
export async function listenAt(server: Server, path: string): Promise<void> {
  if (Buffer.byteLength(path) > MAX_PATH) throw new CoreSocketError('SOCKET', `The socket's path has ${Buffer.byteLength(path)} bytes: expected at most ${MAX_PATH} (${path})`);
  await removeStale(path);
  try {
    const folder = mkdtempSync(join(dirname(path), '.nova-core-'));
    const hidden = join(folder, 's');
    try {
      await new Promise<void>((resolve, reject) => {
        server.once('error', reject);
        server.listen(hidden, resolve);
      });
      chmodSync(hidden, 0o600);
      renameSync(hidden, path);
    } finally {
      rmSync(folder, { recursive: true, force: true });
    }
  } catch (cause) {
    server.close();
    throw new CoreSocketError('SOCKET', `Cannot listen on ${path}: ${(cause as Error).message}`, { cause });
  }
}

/** Takes away a socket that nobody listens on; anything else stays. */
async function removeStale(path: string): Promise<void> {
  let isSocket: boolean;
  try {
    isSocket = lstatSync(path).isSocket();
  } catch {
    return;
  }
  if (!isSocket) throw new CoreSocketError('SOCKET', `${path} exists and is no socket`);
  const inUse = await new Promise<boolean>((resolve) => {
    const probe = createConnection(path, () => {
      probe.destroy();
      resolve(true);
    });
    probe.on('error', () => resolve(false));
  });
  if (inUse) throw new CoreSocketError('SOCKET', `Somebody listens on ${path} already`);
  unlinkSync(path);
}
