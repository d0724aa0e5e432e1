/**
 * What bytes mean, as a tree. A record's fields are in the order of its declaration; members without a name of their own have given their fields to
 * the record around them.
 */
export type Value =
  | { readonly kind: 'number'; readonly value: number | bigint; /** Bytes in memory. */ readonly size: number; /** What the number stands for. */ readonly name?: string }
  | { readonly kind: 'truth'; readonly value: boolean }
  | { readonly kind: 'text'; readonly value: string }
  | { readonly kind: 'bytes'; readonly value: Uint8Array }
  | { readonly kind: 'list'; readonly items: readonly Value[] }
  | RecordValue
  /** Bytes that no layout explains, and why. */
  | { readonly kind: 'unknown'; readonly value: Uint8Array; readonly why: string }
  /** A field behind the end of the bytes. */
  | { readonly kind: 'missing'; readonly size: number };

export interface RecordValue {
  readonly kind: 'record';
  /** NVIDIA's name of the record. */
  readonly type: string;
  /** The members lie on the same bytes, and nothing tells which one holds. */
  readonly union: boolean;
  readonly fields: readonly NamedValue[];
}

export interface NamedValue {
  readonly name: string;
  readonly value: Value;
}

/** The value at a path of field names, from a record down; undefined when there is none. */
export function valueAt(record: Value | undefined, ...path: readonly string[]): Value | undefined {
  let value = record;
  for (const name of path) {
    if (value?.kind !== 'record') return undefined;
    value = value.fields.find((field) => field.name === name)?.value;
  }
  return value;
}

/** A small number at a path; undefined when there is none. */
export function numberAt(record: Value | undefined, ...path: readonly string[]): number | undefined {
  const value = valueAt(record, ...path);
  return value?.kind === 'number' && typeof value.value === 'number' ? value.value : undefined;
}

/** The record with one field's value replaced. */
export function withField(record: RecordValue, name: string, value: Value): RecordValue {
  return { ...record, fields: record.fields.map((field) => (field.name === name ? { name, value } : field)) };
}

/** Calls `each` with every value that holds no other, and the names of the fields on the way to it. */
export function walk(value: Value, each: (leaf: Value, path: readonly string[]) => void, path: readonly string[] = []): void {
  if (value.kind === 'record') for (const field of value.fields) walk(field.value, each, [...path, field.name]);
  else if (value.kind === 'list') for (const [i, item] of value.items.entries()) walk(item, each, [...path, String(i)]);
  else each(value, path);
}
