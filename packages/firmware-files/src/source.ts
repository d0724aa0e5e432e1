import { FirmwareFileError } from './errors.ts';
import { resolveLinks } from './paths.ts';

/** Where firmware files come from: a directory, a pack in memory, a server. */
export interface FirmwareSource {
  /** For messages. */
  readonly name: string;
  /**
   * A whole file; `path` is as in linux-firmware, `nvidia/ad102/gsp/gsp-570.144.bin`. The bytes belong to the caller,
   * who does not change them.
   *
   * @throws {FirmwareFileError} `NOT_FOUND` (as a rejection) when there is none.
   */
  read(path: string): Promise<Uint8Array>;
  /** Names of the files in a folder, `nvidia/ad102/gsp/`; empty where there is none. A source that cannot tell lacks it. */
  list?(folder: string): Promise<readonly string[]>;
}

/** Files in memory, or recipes to make them when they are first asked for. linux-firmware's links are followed. */
export function memorySource(
  files: ReadonlyMap<string, Uint8Array | (() => Uint8Array)> | Readonly<Record<string, Uint8Array | (() => Uint8Array)>>,
  name: string = 'memory',
): FirmwareSource {
  const recipes = new Map(files instanceof Map ? files : Object.entries(files)) as Map<string, Uint8Array | (() => Uint8Array)>;
  return {
    name,
    list: (folder) => Promise.resolve([...new Set([...recipes.keys()]
      .filter((path) => resolveLinks(folder + baseName(path)).includes(path))
      .map(baseName))]),
    read(path) {
      // A source that has the linking path itself means it, as a directory does.
      const known = resolveLinks(path).find((each) => recipes.has(each));
      if (known === undefined) {
        return Promise.reject(new FirmwareFileError({ code: 'NOT_FOUND', file: path, message: `${name} has no such file` }));
      }
      const recipe = recipes.get(known)!;
      if (recipe instanceof Uint8Array) return Promise.resolve(recipe);
      try {
        const bytes = recipe();
        recipes.set(known, bytes);
        return Promise.resolve(bytes);
      } catch (error) {
        return Promise.reject(error instanceof Error ? error : new Error(String(error)));
      }
    },
  };
}

const baseName = (path: string): string => path.slice(path.lastIndexOf('/') + 1);
