import { readdir, readFile, stat } from 'node:fs/promises';
import { join } from 'node:path';

import { FirmwareFileError, type FirmwareSource } from '@nova-stack/firmware-files';

import { UsageError } from './command-line.ts';

/**
 * The files of a linux-firmware tree on disk: `DIR/nvidia/ad102/gsp/…`, or a directory that holds `ad102/…` itself.
 *
 * @throws {UsageError} when `directory` cannot be read or is not a directory.
 */
export async function firmwareDirectory(directory: string): Promise<FirmwareSource> {
  const status = await stat(directory).catch((error: unknown) => {
    throw new UsageError(`--firmware: cannot read ${directory}: ${reason(error)}`);
  });
  if (!status.isDirectory()) throw new UsageError(`--firmware: ${directory} is not a directory`);
  const inner = await stat(join(directory, 'nvidia')).catch(() => undefined);
  const root = inner?.isDirectory() ? directory : undefined;

  const place = (path: string): string => (root === undefined ? join(directory, path.replace(/^nvidia\//, '')) : join(root, path));
  return {
    name: directory,
    list: (folder) => readdir(place(folder)).catch(() => []),
    async read(path) {
      const file = place(path);
      try {
        return await readFile(file);
      } catch (error) {
        throw new FirmwareFileError({ code: 'NOT_FOUND', file: path, message: `cannot read ${file}: ${reason(error)}` });
      }
    },
  };
}

function reason(error: unknown): string {
  if (error instanceof Error && 'code' in error) {
    if (error.code === 'ENOENT') return 'no such file or directory';
    if (error.code === 'EACCES') return 'permission denied';
  }
  return error instanceof Error ? error.message : String(error);
}
