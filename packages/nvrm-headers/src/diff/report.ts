import type { FieldFact, RecordFact } from '../facts/index.ts';
import { isEmpty, TABLES, type AbiDiff, type TableName } from './diff.ts';
import type { Danger, FieldChange, RecordChange } from './records.ts';
import type { EntryChange, ReusedNumber } from './tables.ts';

/** How a report marks headings, items and code; the rest of it is the same text. */
interface Style {
  readonly heading: (level: 1 | 2, text: string) => readonly string[];
  readonly item: (text: string) => string;
  readonly detail: (text: string) => string;
  readonly code: (text: string) => string;
}

const TEXT: Style = {
  heading: (level, text) => ['', text, (level === 1 ? '=' : '-').repeat(text.length)],
  item: (text) => `  ${text}`,
  detail: (text) => `      ${text}`,
  code: (text) => text,
};

const MARKDOWN: Style = {
  heading: (level, text) => ['', `${'#'.repeat(level)} ${text}`, ''],
  item: (text) => `- ${text}`,
  detail: (text) => `  - ${text}`,
  code: (text) => `\`${text}\``,
};

const DANGERS: Readonly<Record<Danger, string>> = {
  'same-size': '!! Same size, other layout: no length tells, only wrong values do',
  resized: 'Another size under the same name',
  nested: 'Changed inside',
  'in-place': 'Fields came or went, the others are where they were',
  renamed: 'Fields renamed, nothing moved',
};

const TITLES: Readonly<Record<TableName, string>> = {
  commands: 'Control commands', classes: 'Classes', functions: 'RPC functions', events: 'RPC events', status: 'Status codes', escapes: 'RM ioctls', uvm: 'UVM ioctls',
  enumerators: 'Enumerators', typedefs: 'Typedefs',
};

/** A difference for a terminal. */
export const diffText = (diff: AbiDiff): string => report(diff, TEXT);
/** A difference as Markdown. */
export const diffMarkdown = (diff: AbiDiff): string => report(diff, MARKDOWN);

function report(diff: AbiDiff, style: Style): string {
  const { records, tables, reused, constants, headers } = diff;
  const lines = [...style.heading(1, `${diff.from} to ${diff.to}`)];
  if (isEmpty(diff)) lines.push('Nothing changed.');
  const isNew = (change: EntryChange): boolean => change.renumbered;
  // What breaks without a word comes first, then what breaks loudly, then what is new.
  for (const danger of ['same-size', 'resized'] as const) lines.push(...recordLines(records.changed, danger, style));
  lines.push(...reusedLines(reused, style));
  for (const name of TABLES) lines.push(...entryLines(`!! ${TITLES[name]} with another number`, tables[name].changed.filter(isNew), style));
  for (const header of constants) lines.push(...entryLines(`!! Constants of ${header.path} with another value`, header.changed, style));
  for (const danger of ['nested', 'in-place', 'renamed'] as const) lines.push(...recordLines(records.changed, danger, style));
  for (const name of TABLES) lines.push(...entryLines(`${TITLES[name]} changed`, tables[name].changed.filter((change) => !isNew(change)), style));
  lines.push(...listed('Records', records, style), ...TABLES.flatMap((name) => listed(TITLES[name], tables[name], style)));
  const counted = constants.filter(({ added, removed }) => added.length + removed.length > 0);
  lines.push(...section('Headers with constants added or removed', counted.map(({ path, added, removed }) => style.item(`${style.code(path)}: ${added.length} added, ${removed.length} removed`)), style));
  lines.push(...section('Headers moved', headers.flatMap((move) => [style.item(`${style.code(move.from)} -> ${style.code(move.to)}`), ...move.records.map((name) => style.detail(style.code(name)))]), style, headers.length));
  return `${lines.join('\n').trim()}\n`;
}

/** Nothing where there are no items. */
function section(title: string, items: readonly string[], style: Style, count: number = items.length): string[] {
  return items.length === 0 ? [] : [...style.heading(2, `${title} (${count})`), ...items];
}

function recordLines(changes: readonly RecordChange[], danger: Danger, style: Style): string[] {
  const found = changes.filter((change) => change.danger === danger);
  return section(DANGERS[danger], found.flatMap(({ name, from, to, fields, because }) => [
    style.item(`${style.code(name)}: ${sizes(from, to)}${because.length > 0 ? `, because of ${because.map(style.code).join(', ')}` : ''}`),
    ...together(fields).map((run) => style.detail(run.length === 1 ? fieldLine(run[0]!, style) : runLine(run, style))),
  ]), style, found.length);
}

const sizes = (from: RecordFact, to: RecordFact): string => [
  ...(from.kind === to.kind ? [] : [`${from.kind} -> ${to.kind}`]),
  from.size === to.size ? `${to.size} bytes` : `${from.size} -> ${to.size} bytes`,
  ...(from.align === to.align ? [] : [`aligned to ${from.align} -> ${to.align}`]),
].join(', ');

/** From how many fields that moved by the same distance on they are told as one. */
const LONG = 4;

/** Long runs of fields that moved alike as one, everything else alone. */
function together(fields: readonly FieldChange[]): FieldChange[][] {
  const runs: FieldChange[][] = [];
  for (const change of fields) {
    const run = runs.at(-1);
    if (run && distance(change) !== undefined && distance(change) === distance(run[0]!)) run.push(change);
    else runs.push([change]);
  }
  return runs.flatMap((run) => (run.length < LONG ? run.map((change) => [change]) : [run]));
}

/** By how many bytes a field moved; undefined for what did not just move, and for bits. */
const distance = (change: FieldChange): number | undefined => (change.kind !== 'moved' || change.from.bits || change.to.bits ? undefined : change.to.offset - change.from.offset);

function runLine(run: readonly FieldChange[], { code }: Style): string {
  const [first, last] = [run[0], run.at(-1)] as [FieldChange & { kind: 'moved' }, FieldChange & { kind: 'moved' }];
  const bytes = distance(first)!;
  return `${code(first.to.name)} to ${code(last.to.name)}, ${run.length} fields, moved ${Math.abs(bytes)} bytes ${bytes > 0 ? 'up' : 'down'}: ${at(first.from)} to ${at(last.from)} are ${at(first.to)} to ${at(last.to)}`;
}

function fieldLine(change: FieldChange, { code }: Style): string {
  switch (change.kind) {
    case 'added': return `+ ${code(change.field.name || 'a nameless member')} at ${at(change.field)}, ${typeOf(change.field)}`;
    case 'removed': return `- ${code(change.field.name || 'a nameless member')} at ${at(change.field)}, ${typeOf(change.field)}`;
    case 'moved': return `${code(change.to.name || 'a nameless member')} moved from ${at(change.from)} to ${at(change.to)}`;
    case 'renamed': return `${code(change.from.name)} at ${at(change.to)} is called ${code(change.to.name)}`;
    case 'retyped': {
      // One spelling may stand for another record in each version.
      const [was, is] = typeOf(change.from) === typeOf(change.to) ? [change.from.ref ?? change.from.kind, change.to.ref ?? change.to.kind] : [typeOf(change.from), typeOf(change.to)];
      return `${code(change.to.name || 'a nameless member')} at ${at(change.from)} was ${was}, is ${is}${at(change.from) === at(change.to) ? '' : ` at ${at(change.to)}`}`;
    }
  }
}

const at = ({ offset, bits }: FieldFact): string => (bits ? `bit ${bits.first}` : `0x${offset.toString(16)}`);
const typeOf = ({ type, dims, bits }: FieldFact): string => type + dims.map((count) => `[${count < 0 ? '' : count}]`).join('') + (bits ? ` : ${bits.width}` : '');

function reusedLines(reused: readonly ReusedNumber<TableName>[], style: Style): string[] {
  const names = (all: readonly string[]): string => all.map(style.code).join(', ');
  return TABLES.flatMap((table) => section(`!! ${TITLES[table]}: numbers that stand for something else now`,
    reused.filter((each) => each.table === table).map(({ number, from, to }) => style.item(`0x${number.toString(16)}: was ${names(from)}, is ${names(to)}`)), style));
}

const entryLines = (title: string, changes: readonly EntryChange[], style: Style): string[] =>
  section(title, changes.map(({ name, properties }) => style.item(`${style.code(name)}: ${properties.map(({ property, from, to }) => `${property} ${from} -> ${to}`).join(', ')}`)), style);

function listed(title: string, { added, removed }: { readonly added: readonly string[]; readonly removed: readonly string[] }, style: Style): string[] {
  return ([['removed', removed], ['added', added]] as const).flatMap(([what, names]) => section(`${title} ${what}`, names.map((name) => style.item(style.code(name))), style));
}
