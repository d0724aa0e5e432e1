import type { FirmwareSource } from './source.ts';

const IMAGE = /^gsp-(\d+(?:\.\d+)+)\.bin$/;

/** Negative where `a` is the older version, `535.113.01` before `570.144`; for sorting. */
export function compareVersions(a: string, b: string): number {
  const [left, right] = [a, b].map((version) => version.split('.').map(Number)) as [number[], number[]];
  for (let i = 0; i < Math.max(left.length, right.length); i++) {
    const difference = (left[i] ?? -1) - (right[i] ?? -1);
    if (difference !== 0) return difference;
  }
  return 0;
}

/**
 * Releases of which a source has a GSP image for a chip, going by the names of the files, newest first; undefined
 * where the source cannot list its files.
 */
export async function firmwareVersions(source: FirmwareSource, chip: string): Promise<readonly string[] | undefined> {
  const names = await source.list?.(`nvidia/${chip}/gsp/`);
  return names?.flatMap((name) => IMAGE.exec(name)?.[1] ?? []).sort((a, b) => compareVersions(b, a));
}
