import { PENDING } from '../record.ts';
import type { DecodedEntry, DecodedMessage } from './decoder.ts';
import { hexOf } from './json.ts';
import type { NamedValue, Value } from './value.ts';

export interface FormatOptions {
  /** Which fields are shown: those that are not zero (the default), all, or none. */
  readonly fields?: 'set' | 'all' | 'none';
  /** Most lines per message; default 200. */
  readonly maxLines?: number;
}

/** Elements of an array and bytes of a blob that are shown on a line. */
const INLINE = 32;

/** A number as it is easiest to read: small ones in decimal. */
export function formatNumber(value: number | bigint): string {
  if (typeof value === 'number' && (!Number.isInteger(value) || (value > -10 && value < 10))) return String(value);
  return value < 0 ? `-0x${(-value).toString(16)}` : `0x${value.toString(16)}`;
}

/** A message's first line: when, where to, what, how it ended. */
export function formatHeadline(message: DecodedMessage): string {
  const { time, direction, name, event, result, resultName, sequence, length, subject, status, statusName, unknown, missing } = message;
  const parts = [`${(time / 1e6).toFixed(3).padStart(12)} ms`, direction === 'command' ? '->' : '<-', event ? `event ${name}` : name];
  if (subject !== undefined) parts.push(subject);
  if (sequence !== 0) parts.push(`#${sequence}`);
  parts.push(`${length} bytes`);
  if (result !== (direction === 'command' ? PENDING : 0)) parts.push(`result ${nameAndNumber(result, resultName)}`);
  if (status !== undefined && status !== 0) parts.push(`status ${nameAndNumber(status, statusName)}`);
  if (missing > 0) parts.push(`(${missing} bytes short)`);
  if (unknown.bytes > 0) parts.push(`(${unknown.bytes} bytes unknown)`);
  return parts.join('  ');
}

/** A message as lines: the headline, then its fields, two spaces per level. */
export function formatMessage(message: DecodedMessage, options: FormatOptions = {}): string[] {
  const { fields = 'set', maxLines = 200 } = options;
  const lines = [formatHeadline(message)];
  if (message.body === undefined || fields === 'none') return lines;
  const out = new Lines(maxLines - 1, fields === 'all');
  if (message.body.type !== '') out.add(2, message.body.type);
  out.fields(message.body.fields, 3);
  return [...lines, ...out.take()];
}

/** A trace as lines. */
export function* formatTrace(entries: Iterable<DecodedEntry>, options: FormatOptions = {}): Generator<string> {
  for (const entry of entries) {
    if (entry.kind === 'note') yield `${(entry.time / 1e6).toFixed(3).padStart(12)} ms  --  ${entry.text}`;
    else yield* formatMessage(entry, options);
  }
}

/** A value on one line. */
export function formatValue(value: Value): string {
  switch (value.kind) {
    case 'number': return nameAndNumber(value.value, value.name);
    case 'truth': return value.value ? 'yes' : 'no';
    case 'text': return JSON.stringify(value.value.length > 400 ? `${value.value.slice(0, 400)}…` : value.value);
    case 'bytes': return blob(value.value);
    case 'list': return `[${value.items.slice(0, INLINE).map(formatValue).join(', ')}${value.items.length > INLINE ? `, … ${value.items.length - INLINE} more` : ''}]`;
    case 'record': return `${value.type} {…}`;
    case 'unknown': return `${blob(value.value)}  unknown: ${value.why}`;
    case 'missing': return 'not there';
  }
}

function nameAndNumber(value: number | bigint, name: string | undefined): string {
  return name === undefined ? formatNumber(value) : `${name} (${formatNumber(value)})`;
}

function blob(bytes: Uint8Array): string {
  let length = bytes.length;
  while (length > 0 && bytes[length - 1] === 0) length--;
  const shown = Math.min(length, INLINE);
  const rest = [length > shown ? `… ${length - shown} more` : '', length < bytes.length ? `${bytes.length - length} zero` : ''].filter((part) => part !== '');
  return [hexOf(bytes.subarray(0, shown)), ...rest].filter((part) => part !== '').join(' ') || 'nothing';
}

/** Whether there is nothing in a value but zeros. */
export function isZero(value: Value): boolean {
  switch (value.kind) {
    case 'number': return value.value === 0 || value.value === 0n;
    case 'truth': return !value.value;
    case 'text': return value.value === '';
    case 'bytes': return value.value.every((byte) => byte === 0);
    case 'list': return value.items.every(isZero);
    case 'record': return value.fields.every((field) => isZero(field.value));
    case 'unknown': return false;
    case 'missing': return true;
  }
}

class Lines {
  readonly #lines: string[] = [];
  readonly #room: number;
  readonly #all: boolean;
  #over: number = 0;

  constructor(room: number, all: boolean) {
    this.#room = room;
    this.#all = all;
  }

  take(): string[] {
    return this.#over === 0 ? this.#lines : [...this.#lines.slice(0, -1), `      … ${this.#over + 1} more lines`];
  }

  add(depth: number, text: string): void {
    if (this.#lines.length < this.#room) this.#lines.push(`${'  '.repeat(depth)}${text}`);
    else this.#over++;
  }

  fields(fields: readonly NamedValue[], depth: number): void {
    for (const { name, value } of fields) this.#field(name, value, depth);
  }

  #field(name: string, value: Value, depth: number): void {
    if (!this.#all && isZero(value)) return;
    if (value.kind === 'record') {
      this.add(depth, `${name}  ${value.type}${value.union ? ' (one of)' : ''}`);
      this.fields(value.fields, depth + 1);
    } else if (value.kind === 'list' && value.items.some(({ kind }) => kind === 'record' || kind === 'list')) {
      value.items.forEach((item, i) => {
        this.#field(`${name}[${i}]`, item, depth);
      });
    } else if (value.kind === 'list') {
      this.add(depth, `${name}  ${formatValue({ kind: 'list', items: this.#all ? value.items : withoutEnd(value.items) })}`);
    } else {
      this.add(depth, `${name}  ${formatValue(value)}`);
    }
  }
}

function withoutEnd(items: readonly Value[]): readonly Value[] {
  let length = items.length;
  while (length > 0 && isZero(items[length - 1]!)) length--;
  return items.slice(0, length);
}
