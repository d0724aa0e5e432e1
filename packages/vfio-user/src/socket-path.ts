import { VfioUserError } from './errors.ts';

/** Longest path of a UNIX socket, in bytes (linux: include/uapi/linux/un.h, less the byte that ends it). */
export const MAX_PATH = 107;

export const fits = (path: string): boolean => Buffer.byteLength(path) <= MAX_PATH;

/** @throws {@link VfioUserError} `SOCKET` for a path that no socket can have. */
export function checkPath(path: string): void {
  const size = Buffer.byteLength(path);
  if (size === 0 || !fits(path)) throw new VfioUserError('SOCKET', `The socket's path has ${size} bytes: expected at least one and at most ${MAX_PATH} (${path})`);
}
