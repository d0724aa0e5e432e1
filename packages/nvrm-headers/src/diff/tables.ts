/** A property of a command, class, message, ioctl or status code that changed. */
export interface PropertyChange {
  readonly property: string;
  readonly from: string;
  readonly to: string;
}

export interface EntryChange {
  readonly name: string;
  /** Its number is another one: whoever sends the old one asks for something else. */
  readonly renumbered: boolean;
  readonly properties: readonly PropertyChange[];
}

/** What happened to one table of named entries. */
export interface TableDiff {
  readonly added: readonly string[];
  readonly removed: readonly string[];
  readonly changed: readonly EntryChange[];
}

/** A number that stands for something else now: who still sends it is not refused, but misunderstood. */
export interface ReusedNumber<Table extends string = string> {
  readonly table: Table;
  readonly number: number;
  readonly from: readonly string[];
  readonly to: readonly string[];
}

/** What is compared of an entry. */
export type Entry = Readonly<Record<string, string | number | bigint | undefined>>;
export type Entries = ReadonlyMap<string, Entry>;

export function compareTables(from: Entries, to: Entries): TableDiff {
  const changed = [...from].flatMap(([name, old]): EntryChange[] => {
    const now = to.get(name);
    if (now === undefined) return [];
    const properties = [...new Set([...Object.keys(old), ...Object.keys(now)])].filter((property) => old[property] !== now[property])
      .map((property) => ({ property, from: shown(old[property]), to: shown(now[property]) }));
    return properties.length === 0 ? [] : [{ name, renumbered: old['number'] !== now['number'], properties }];
  });
  return {
    added: [...to.keys()].filter((name) => !from.has(name)),
    removed: [...from.keys()].filter((name) => !to.has(name)),
    changed: changed.sort((a, b) => rank(a) - rank(b)),
  };
}

/** What tells who may call rather than what is exchanged. */
const ACCESS: ReadonlySet<string> = new Set(['exported', 'flags', 'right']);

const rank = ({ renumbered, properties }: EntryChange): number => (renumbered ? 0 : properties.every(({ property }) => ACCESS.has(property)) ? 2 : 1);

const shown = (value: string | number | bigint | undefined): string => (value === undefined ? 'none' : typeof value === 'string' ? value : `0x${value.toString(16)}`.replace('0x-', '-0x'));

/** Bounds of a table, which are no entries of it. */
const BOUND = /_NUM_(?:FUNCTIONS|EVENTS)$/;

/** Numbers that no name has kept from `from` to `to`, of those for which one of their names is `wanted`. */
export function reusedNumbers<Table extends string>(table: Table, from: Entries, to: Entries, wanted: (name: string) => boolean): ReusedNumber<Table>[] {
  const [before, after] = [byNumber(from), byNumber(to)];
  return [...before].flatMap(([number, old]) => {
    const now = after.get(number) ?? [];
    return now.length === 0 || old.some((name) => now.includes(name)) || ![...old, ...now].some(wanted) ? [] : [{ table, number, from: old, to: now }];
  });
}

function byNumber(entries: Entries): Map<number, string[]> {
  const names = new Map<number, string[]>();
  for (const [name, { number }] of entries) {
    if (typeof number !== 'number' || BOUND.test(name)) continue;
    names.set(number, [...(names.get(number) ?? []), name]);
  }
  return names;
}
