import { AuxBusError } from './errno.ts';
import { NAME_SIZE, utf8Length } from './name.ts';

/** An entry of a driver's table. */
export interface AuxiliaryId<D = unknown> {
  /** Match name, `<module>.<name>`, at most 39 bytes. An empty one ends the table. */
  readonly name: string;
  /** The driver's own, handed to `probe`. */
  readonly data?: D;
}

/** Why an entry does or does not match. */
export interface EntryVerdict {
  readonly entry: string;
  readonly verdict: 'match' | 'other name' | 'after a match' | 'after the end';
  /** For another name: the first character, counted from 0, in which it differs from the device's. */
  readonly differsAt?: number;
}

/** @throws {@link AuxBusError} `EINVAL` for an entry that is too long, which could never match. */
export function checkTable(table: readonly AuxiliaryId[]): void {
  for (const { name } of table) {
    const length = utf8Length(name);
    if (length >= NAME_SIZE) throw new AuxBusError('EINVAL', `Table entry ${JSON.stringify(name)} has ${length} bytes: expected at most ${NAME_SIZE - 1}`);
  }
}

/**
 * First entry equal to `matchName`, byte by byte, before the end of the table. Neither id, parent nor order of
 * registration matter, and a name of 40 bytes and more never matches.
 * Source: linux: drivers/base/auxiliary.c (auxiliary_match_id).
 */
export function matchId<D>(table: readonly AuxiliaryId<D>[], matchName: string): AuxiliaryId<D> | undefined {
  for (const entry of table) {
    if (entry.name === '') return undefined;
    if (entry.name === matchName) return entry;
  }
  return undefined;
}

/** What became of every entry. */
export function explainTable(table: readonly AuxiliaryId[], matchName: string): readonly EntryVerdict[] {
  let state: 'open' | 'matched' | 'ended' = 'open';
  return table.map(({ name }) => {
    if (state === 'matched') return { entry: name, verdict: 'after a match' };
    if (state === 'ended' || name === '') {
      state = 'ended';
      return { entry: name, verdict: 'after the end' };
    }
    if (name !== matchName) return { entry: name, verdict: 'other name', differsAt: firstDifference(name, matchName) };
    state = 'matched';
    return { entry: name, verdict: 'match' };
  });
}

function firstDifference(a: string, b: string): number {
  let at = 0;
  while (at < a.length && a[at] === b[at]) at++;
  return at;
}
