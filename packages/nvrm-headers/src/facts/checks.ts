// What a column must be. A wrong one throws a TypeError, which becomes a FactsError with the name of the line.

/** Columns of one line: nothing is known of them yet. */
export type Columns = readonly unknown[];

/** Columns that may be absent, by their names. */
export type Extras = Readonly<Record<string, unknown>>;

function wrong(expected: string, value: unknown): never {
  throw new TypeError(`expected ${expected}, got ${value === undefined ? 'nothing' : JSON.stringify(value)}`);
}

export const text = (value: unknown): string => (typeof value === 'string' ? value : wrong('a text', value));
export const whole = (value: unknown): number => (Number.isSafeInteger(value) ? (value as number) : wrong('a whole number', value));
export const list = <T>(each: (value: unknown) => T) => (value: unknown): T[] => (Array.isArray(value) ? value.map(each) : wrong('a list', value));
export const extras = (value: unknown = {}): Extras => (typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as Extras) : wrong('names with their values', value));
export const columns = (value: unknown): Columns => (Array.isArray(value) ? value : wrong('a list', value));

/** Absent is null or cut off. */
export const optional = <T>(value: unknown, read: (value: unknown) => T): T | undefined => (value === undefined || value === null ? undefined : read(value));

/** One of some words. */
export const oneOf = <T extends string>(words: readonly T[]) => (value: unknown): T => words.find((word) => word === value) ?? wrong(`one of ${words.join(', ')}`, value);

/** The object without what is undefined. */
export function without<T extends object>(object: T): { [K in keyof T]: Exclude<T[K], undefined> } {
  return Object.fromEntries(Object.entries(object).filter(([, value]) => value !== undefined)) as { [K in keyof T]: Exclude<T[K], undefined> };
}
