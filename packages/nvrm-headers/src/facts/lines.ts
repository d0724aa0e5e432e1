// Facts as text: a JSON array a line. The first element says what the line is about, the second names it, and both
// together are its key. A text may hold only what another one lacks or has differently: then its first line names that
// other version, lines of one key replace each other, and ["-", what, name] takes one away.
import { FactsError } from './errors.ts';

export type Line = readonly [what: string, name: string, ...columns: readonly unknown[]];

/** Lines by their key, in the order of the text. */
export type Lines = Map<string, Line>;

/** Names of a header with their values: lines that name one header are merged name by name, and null takes a name away. */
const MERGED: ReadonlySet<string> = new Set(['constants', 'ranges', 'methods', 'methodRanges']);

type Names = Readonly<Record<string, unknown>>;

const keyOf = (what: string, name: string): string => `${what} ${name}`;

/** @throws FactsError when a line is no array of JSON that begins with two texts. */
export function* parseLines(text: string): Generator<Line> {
  let number = 0;
  for (const line of text.split('\n')) {
    number++;
    if (line === '') continue;
    let row: unknown;
    try {
      row = JSON.parse(line);
    } catch (error) {
      throw new FactsError(number, `no JSON: ${(error as Error).message}`);
    }
    if (!Array.isArray(row) || typeof row[0] !== 'string' || typeof row[1] !== 'string') throw new FactsError(number, `expected ["what", "name", …], got ${line.slice(0, 60)}`);
    yield row as unknown as Line;
  }
}

/** Puts `text` on top of `lines`. @throws FactsError */
export function apply(lines: Lines, text: string): Lines {
  for (const line of parseLines(text)) {
    const [what, name, value] = line;
    if (what === '-') {
      if (!lines.delete(keyOf(name, String(value)))) throw new FactsError(0, `takes away ${name} ${String(value)}, which is not there: is the text under it of the right version?`);
      continue;
    }
    const key = keyOf(what, name);
    lines.set(key, MERGED.has(what) ? merged(lines.get(key), line) : line);
  }
  return lines;
}

function merged(under: Line | undefined, line: Line): Line {
  const [what, name, names] = line;
  // What is wrong with it is told when it is read.
  if (typeof names !== 'object' || names === null) return line;
  const all = Object.entries({ ...(under?.[2] as Names | undefined), ...(names as Names) });
  return [what, name, Object.fromEntries(all.filter(([, value]) => value !== null))];
}

/** The lines that make `to` out of `from`. */
export function* delta(from: Lines, to: Lines): Generator<Line> {
  for (const [key, line] of to) {
    const before = from.get(key);
    if (before === undefined) yield line;
    else if (JSON.stringify(before) !== JSON.stringify(line)) yield MERGED.has(line[0]) ? changedNames(before, line) : line;
  }
  for (const [key, [what, name]] of from) if (!to.has(key)) yield ['-', what, name];
}

function changedNames(before: Line, [what, name, names]: Line): Line {
  const [old, now] = [before[2] as Names, names as Names];
  const gone = Object.keys(old).filter((each) => !(each in now)).map((each) => [each, null] as const);
  return [what, name, Object.fromEntries([...Object.entries(now).filter(([each, value]) => old[each] !== value), ...gone])];
}

/** One line of text for each. */
export function formatLines(lines: Iterable<Line>): string {
  return [...lines].map((line) => `${JSON.stringify(line)}\n`).join('');
}

/** Lines by key. */
export function keyed(lines: Iterable<Line>): Lines {
  return new Map([...lines].map((line) => [keyOf(line[0], line[1]), line]));
}
