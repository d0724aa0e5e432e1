import { PENDING } from '../record.ts';
import type { NameNumber } from './layout-walk.ts';
import type { Tables, Vocabulary } from './tables.ts';

/** Fields whose numbers are words of a vocabulary, wherever they stand. */
const FIELDS: readonly { readonly field: RegExp; readonly words: Vocabulary | 'status' | 'class'; readonly mask?: number }[] = [
  { field: /^(?:status|completionStatus)$/, words: 'status' },
  { field: /^h(?:Client)?[Cc]lass$/, words: 'class' },
  { field: /^(?:(?:nv2080)?[eE]ngineType|engineList)$/, words: 'engineType' },
  // The upper half of an index has flags.
  { field: /^notifyIndex$/, words: 'notifier', mask: 0xffff },
  { field: /^exceptType$/, words: 'exception' },
  { field: /^barType$/, words: 'barType' },
];

/** Names numbers by the field they stand in. */
export function numberNames(tables: Tables): NameNumber {
  const byField = new Map<string, (typeof FIELDS)[number] | undefined>();
  return (field, value) => {
    if (!byField.has(field)) byField.set(field, FIELDS.find((row) => row.field.test(field)));
    const row = byField.get(field);
    if (row === undefined) return undefined;
    if (row.words === 'status') return tables.statuses.get(value);
    if (row.words === 'class') return tables.classes.get(value)?.[0]?.name;
    const masked = row.mask === undefined ? value : value & row.mask;
    const name = tables.words[row.words].get(masked);
    return name === undefined || masked === value ? name : `${name} | 0x${(value - masked).toString(16)}`;
  };
}

/** What an `rpc_result` says: a status code, or a code of the transport. */
export function resultName(tables: Tables, result: number): string | undefined {
  if (result === PENDING) return 'PENDING';
  return tables.statuses.get(result) ?? tables.words.rpcResult.get(result);
}
