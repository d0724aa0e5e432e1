import type { FieldFact, RecordFact } from '../facts/index.ts';
import { isEmpty, TABLES, type AbiDiff, type Danger, type FieldChange, type RecordChange, type TableDiff, type TableName } from './diff.ts';

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
  const { records, tables, constants } = diff;
  const lines = [...style.heading(1, `${diff.from} to ${diff.to}`)];
  if (isEmpty(diff)) lines.push('Nothing changed.');
  // What breaks without a word comes first, then what breaks loudly, then what is new.
  for (const danger of ['same-size', 'resized'] as const) lines.push(...recordLines(records.changed, danger, style));
  for (const name of TABLES) lines.push(...renumbered(TITLES[name], tables[name], style));
  for (const danger of ['nested', 'renamed'] as const) lines.push(...recordLines(records.changed, danger, style));
  for (const name of TABLES) lines.push(...changed(TITLES[name], tables[name], style));
  lines.push(...listed('Records', records, style), ...TABLES.flatMap((name) => listed(TITLES[name], tables[name], style)));
  for (const header of constants) {
    lines.push(...style.heading(2, `Constants of ${header.path}`), style.item(`${header.added.length} added, ${header.removed.length} removed, ${header.changed.length} changed`));
    for (const { name, properties } of header.changed) lines.push(style.detail(`${style.code(name)}: ${properties.map(({ from, to }) => `${from} -> ${to}`).join(', ')}`));
  }
  return `${lines.join('\n').trim()}\n`;
}

function recordLines(changes: readonly RecordChange[], danger: Danger, style: Style): string[] {
  const found = changes.filter((change) => change.danger === danger);
  if (found.length === 0) return [];
  return [...style.heading(2, `${DANGERS[danger]} (${found.length})`), ...found.flatMap(({ name, from, to, fields, because }) => [
    style.item(`${style.code(name)}: ${sizes(from, to)}${because.length > 0 ? `, because of ${because.map(style.code).join(', ')}` : ''}`),
    ...fields.map((field) => style.detail(fieldLine(field, style))),
  ])];
}

const sizes = (from: RecordFact, to: RecordFact): string => (from.size === to.size ? `${to.size} bytes` : `${from.size} -> ${to.size} bytes`) + (from.align === to.align ? '' : `, aligned to ${from.align} -> ${to.align}`);

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

function renumbered(title: string, { changed: all }: TableDiff, style: Style): string[] {
  const found = all.filter((change) => change.renumbered);
  if (found.length === 0) return [];
  return [...style.heading(2, `!! ${title} with another number (${found.length})`), ...found.map(({ name, properties }) => style.item(`${style.code(name)}: ${told(properties)}`))];
}

function changed(title: string, { changed: all }: TableDiff, style: Style): string[] {
  const found = all.filter((change) => !change.renumbered);
  if (found.length === 0) return [];
  return [...style.heading(2, `${title} changed (${found.length})`), ...found.map(({ name, properties }) => style.item(`${style.code(name)}: ${told(properties)}`))];
}

const told = (properties: readonly { readonly property: string; readonly from: string; readonly to: string }[]): string => properties.map(({ property, from, to }) => `${property} ${from} -> ${to}`).join(', ');

function listed(title: string, { added, removed }: { readonly added: readonly string[]; readonly removed: readonly string[] }, style: Style): string[] {
  return ([['removed', removed], ['added', added]] as const).flatMap(([what, names]) => (names.length === 0 ? [] : [...style.heading(2, `${title} ${what} (${names.length})`), ...names.map((name) => style.item(style.code(name)))]));
}
