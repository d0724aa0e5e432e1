import { align } from './align.ts';
import { callsOf, type Call } from './calls.ts';
import type { DecodedEntry, DecodedMessage } from './decoder.ts';
import { isHandle } from './filter.ts';
import { formatValue } from './text.ts';
import type { RecordValue, Value } from './value.ts';

export interface DiffOptions {
  /** Kinds of fields that may differ from run to run. */
  readonly ignore?: readonly ('addresses' | 'handles')[];
}

/** A field that differs. */
export interface FieldDifference {
  /** `request.params.entries.0.data`, `answer.result`. */
  readonly path: string;
  /** As text; undefined where the field is not there. */
  readonly a: string | undefined;
  readonly b: string | undefined;
}

/** A call that one trace lacks, or that differs. */
export interface CallDifference {
  readonly kind: 'only in a' | 'only in b' | 'differs';
  readonly key: string;
  readonly a: Call | undefined;
  readonly b: Call | undefined;
  readonly fields: readonly FieldDifference[];
}

export interface TraceDiff {
  /** Calls that are in both traces, the same or not. */
  readonly common: number;
  readonly differences: readonly CallDifference[];
}

/** Names of fields that hold addresses, in memory of any sort. */
const ADDRESS = /(?:addr|phys(?!Attr)|Pde(?:Base)?|PDB|(?:^|_)(?:pte|pa|va)(?:_|$)|^pControl$|^gpFifoOffset$|^userdOffset$|UserVa$|^base$|^limit$|^entryValue$)/i;

/** Whether a field holds an address, by its name. */
export function isAddress(field: string): boolean {
  return ADDRESS.test(field);
}

/** Most fields that are listed per message. */
const MAX_FIELDS = 256;

/** Compares two traces call by call: what is missing, what came in addition, which fields differ. The releases may differ, too. */
export function diffTraces(a: readonly DecodedEntry[], b: readonly DecodedEntry[], options: DiffOptions = {}): TraceDiff {
  const [callsA, callsB] = [callsOf(a), callsOf(b)];
  const differences: CallDifference[] = [];
  let common = 0;
  for (const pair of align(callsA.map(({ key }) => key), callsB.map(({ key }) => key))) {
    const one = pair.a === undefined ? undefined : callsA[pair.a]!;
    const other = pair.b === undefined ? undefined : callsB[pair.b]!;
    if (one === undefined || other === undefined) {
      differences.push({ kind: one === undefined ? 'only in b' : 'only in a', key: (one ?? other)!.key, a: one, b: other, fields: [] });
      continue;
    }
    common++;
    const fields = [...diffMessages(one.request, other.request, 'request', options), ...diffMessages(one.answer, other.answer, 'answer', options)];
    if (fields.length > 0) differences.push({ kind: 'differs', key: one.key, a: one, b: other, fields });
  }
  return { common, differences };
}

/** What differs between two messages. Times and sequence numbers do not count. */
export function diffMessages(a: DecodedMessage | undefined, b: DecodedMessage | undefined, path: string, options: DiffOptions = {}): FieldDifference[] {
  const out: FieldDifference[] = [];
  if (a === undefined || b === undefined) {
    if (a !== b) out.push({ path, a: a?.name, b: b?.name });
    return out;
  }
  if (a.name !== b.name) out.push({ path: `${path}.function`, a: a.name, b: b.name });
  else {
    if (a.result !== b.result) out.push({ path: `${path}.result`, a: a.resultName ?? String(a.result), b: b.resultName ?? String(b.result) });
    diffRecords(a.body, b.body, path, options, out);
  }
  return out;
}

function diffRecords(a: RecordValue | undefined, b: RecordValue | undefined, path: string, options: DiffOptions, out: FieldDifference[]): void {
  const fieldsB = new Map(b?.fields.map(({ name, value }) => [name, value]));
  for (const { name, value } of a?.fields ?? []) {
    diffValues(value, fieldsB.get(name), name, `${path}.${name}`, options, out);
    fieldsB.delete(name);
  }
  for (const [name, value] of fieldsB) diffValues(undefined, value, name, `${path}.${name}`, options, out);
}

function diffValues(a: Value | undefined, b: Value | undefined, field: string, path: string, options: DiffOptions, out: FieldDifference[]): void {
  if (out.length >= MAX_FIELDS || ignored(field, options)) return;
  if (a?.kind === 'record' && b?.kind === 'record') diffRecords(a, b, path, options, out);
  else if (a?.kind === 'list' && b?.kind === 'list') {
    for (let i = 0; i < Math.max(a.items.length, b.items.length); i++) diffValues(a.items[i], b.items[i], field, `${path}.${i}`, options, out);
  } else if (!same(a, b)) {
    out.push({ path, a: a === undefined ? undefined : formatValue(a), b: b === undefined ? undefined : formatValue(b) });
  }
}

function ignored(field: string, { ignore = [] }: DiffOptions): boolean {
  return (ignore.includes('handles') && isHandle(field)) || (ignore.includes('addresses') && isAddress(field));
}

function same(a: Value | undefined, b: Value | undefined): boolean {
  if (a === undefined) return b === undefined;
  if (a.kind !== b?.kind) return false;
  switch (a.kind) {
    case 'number': {
      const other = (b as typeof a).value;
      // Enumerations are compared by name: their numbers move between releases.
      const name = a.name ?? '';
      if (name !== '' && (b as typeof a).name === name) return true;
      return Object.is(a.value, other) || integer(a.value) === integer(other);
    }
    case 'truth': case 'text': return a.value === (b as typeof a).value;
    case 'bytes': case 'unknown': {
      const other = (b as typeof a).value;
      return a.value.length === other.length && a.value.every((byte, i) => byte === other[i]);
    }
    case 'missing': return true;
    default: return false;
  }
}

/** Widths of fields change between releases; the number is what counts. */
function integer(value: number | bigint): bigint | undefined {
  return typeof value === 'bigint' ? value : Number.isInteger(value) ? BigInt(value) : undefined;
}

/** A comparison as lines. */
export function formatDiff(diff: TraceDiff): string[] {
  const lines = [`${diff.common} calls in both, ${diff.differences.length === 0 ? 'all the same' : `${diff.differences.length} differences`}`];
  for (const { kind, key, a, b, fields } of diff.differences) {
    const where = [a === undefined ? '' : `a ${a.index}`, b === undefined ? '' : `b ${b.index}`].filter((part) => part !== '').join(', ');
    lines.push(`${kind.padEnd(9)}  ${key}  (${where})`);
    for (const field of fields) lines.push(`    ${field.path}: ${field.a ?? '(not there)'} | ${field.b ?? '(not there)'}`);
  }
  return lines;
}
