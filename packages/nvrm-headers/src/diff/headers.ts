import type { Facts } from '../facts/index.ts';
import { compareTables, type Entries, type Entry, type TableDiff } from './tables.ts';

/** Constants of one header. */
export interface HeaderDiff extends TableDiff {
  /** Where it is in the later version, or where it was. */
  readonly path: string;
}

/** A header that lies elsewhere now, or what was taken out of one into another. */
export interface HeaderMove {
  readonly from: string;
  readonly to: string;
  /** Records that are in `to` now. */
  readonly records: readonly string[];
}

/** Constants and bit ranges, header by header, but for those that have a table of their own. */
export function compareConstants(from: Facts, to: Facts, wanted: (path: string) => boolean, tabled: (name: string) => boolean): HeaderDiff[] {
  const entries = (facts: Facts, path: string): Entries => new Map<string, Entry>([
    ...[...(facts.constants.get(path) ?? [])].filter(([name]) => !tabled(name)).map(([name, value]): [string, Entry] => [name, { number: value }]),
    ...[...(facts.ranges.get(path) ?? [])].map(([name, range]): [string, Entry] => [name, { bits: range }]),
  ]);
  const moved = movedFiles(from, to);
  const before = new Map([...moved].map(([old, now]) => [now, old]));
  const paths = new Set([...holders(from)].map((path) => moved.get(path) ?? path).concat([...holders(to)]));
  return [...paths].filter((path) => wanted(path) || wanted(before.get(path) ?? path)).sort()
    .map((path) => ({ path, ...compareTables(entries(from, before.get(path) ?? path), entries(to, path)) }))
    .filter(({ added, removed, changed }) => added.length + removed.length + changed.length > 0);
}

/** Headers that lie elsewhere now, and records that another header has now. */
export function compareHeaders(from: Facts, to: Facts): HeaderMove[] {
  const moves = new Map<string, { from: string; to: string; records: string[] }>();
  const move = (old: string, now: string): string[] => {
    const key = `${old}\n${now}`;
    const known = moves.get(key) ?? { from: old, to: now, records: [] };
    moves.set(key, known);
    return known.records;
  };
  for (const [old, now] of movedFiles(from, to)) move(old, now);
  for (const [name, { file }] of from.records) {
    const now = to.records.get(name)?.file ?? file;
    if (now !== file) move(file, now).push(name);
  }
  return [...moves.values()];
}

const holders = ({ constants, ranges }: Facts): ReadonlySet<string> => new Set([...constants.keys(), ...ranges.keys()]);

/** Paths that only `from` has, by the one path of the same file name that only `to` has. */
function movedFiles(from: Facts, to: Facts): Map<string, string> {
  const [gone, come] = [[...from.files.keys()].filter((path) => !to.files.has(path)), [...to.files.keys()].filter((path) => !from.files.has(path))];
  return new Map(gone.flatMap((path) => {
    const name = baseName(path);
    const [now, ...more] = come.filter((other) => baseName(other) === name);
    return now !== undefined && more.length === 0 && gone.filter((other) => baseName(other) === name).length === 1 ? [[path, now]] : [];
  }));
}

const baseName = (path: string): string => path.slice(path.lastIndexOf('/') + 1);
