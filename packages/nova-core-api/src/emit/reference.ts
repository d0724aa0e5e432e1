import type { Field, Fields } from '../schema/fields.ts';
import type { Interface, Operation } from '../schema/interface.ts';
import { ERRORS } from '../errors.ts';
import { NEWEST } from '../schema/newest.ts';

/** The reference of a set of interfaces, as Markdown: everything that the schema says, and nothing else. */
export function emitReference(interfaces: readonly Interface[] = NEWEST): string {
  return [
    `# The contract: ${interfaces.map(({ name, major, minor }) => `${name} ${major}.${minor}`).join(', ')}`, '',
    'Generated from the schema; not to be edited. The rules of handshake, sessions and ownership are in the README.', '',
    ...interfaces.flatMap(chapter),
    '## Errors', '', ...table(['code', 'number', 'category', 'C', 'trying again'], Object.entries(ERRORS).map(([code, { number, category, errno, retry }]) => [`\`${code}\``, String(number), category, errno, retry])),
  ].join('\n');
}

function chapter(schema: Interface): string[] {
  return [
    `## ${schema.name} ${schema.major}.${schema.minor}`, '',
    ...section('Operations', Object.entries(schema.operations).flatMap(([name, operation]) => entry(name, operation))),
    ...Object.entries(schema.objects).flatMap(([name, { text, operations }]) => [
      `### Object \`${name}\``, '', `${text} \`release\` gives it back.`, '', ...Object.entries(operations).flatMap(([member, operation]) => entry(`${name}.${member}`, operation)),
    ]),
    ...section('Records', Object.entries(schema.records).flatMap(([name, fields]) => [`#### \`${name}\``, '', ...fieldTable(fields)])),
    ...section('Events', Object.entries(schema.events).flatMap(([name, { text, code, severity, terminal, payload, since }]) => [
      `#### \`${name}\``, '', `${text} Number ${code}, ${severity}${terminal === undefined ? '' : ', never dropped'}${terminal !== undefined && terminal !== true ? ` when \`${terminal.field}\` is ${terminal.values.map((value) => `\`${value}\``).join(' or ')}` : ''}${sinceText(schema, since)}.`,
      '', ...fieldTable(payload),
    ])),
    ...section('Enumerations', Object.entries(schema.enums).flatMap(([name, values]) => [`\`${name}\`: ${Object.entries(values).map(([value, number]) => `\`${value}\` ${number}`).join(', ')}${schema.open?.includes(name) ? '; more may come' : ''}.`, ''])),
  ];

  function entry(name: string, { text, needs, sync, ending, since, in: input, out }: Operation): string[] {
    const how = [`Needs \`${needs}\``, sync ? 'answers at once' : 'takes time', ...(ending ? ['allowed while the core ends the session'] : [])].join(', ');
    return [`#### \`${name}\``, '', `${text} ${how}${sinceText(schema, since)}.`, '', ...(input ? ['In:', '', ...fieldTable(input)] : []), ...(out ? ['Out:', '', ...fieldTable(out)] : [])];
  }
}

const sinceText = ({ major }: Interface, since: number = 0): string => (since > 0 ? `, since ${major}.${since}` : '');
const section = (title: string, lines: readonly string[]): string[] => (lines.length === 0 ? [] : [`### ${title}`, '', ...lines]);

function fieldTable(fields: Fields): string[] {
  return table(['field', 'type', ''], Object.entries(fields).map(([name, field]) => [`\`${name}\`${field.optional ? ', optional' : ''}`, typeText(field), field.text]));
}

function typeText(field: Field): string {
  switch (field.kind) {
    case 'u8': case 'u16': case 'u32': case 'size': return `${field.kind}${field.range ? `, ${field.range[0]} to ${field.range[1]}` : ''}`;
    case 'text': return `text, at most ${field.length} bytes`;
    case 'octets': return `${field.length} bytes`;
    case 'enum': return `\`${field.enum}\``;
    case 'record': return `\`${field.record}\``;
    case 'object': return `object \`${field.object}\``;
    case 'list': return `list of ${typeText(field.element)}`;
    default: return field.kind;
  }
}

function table(head: readonly string[], rows: readonly (readonly string[])[]): string[] {
  const row = (cells: readonly string[]): string => `| ${cells.join(' | ')} |`;
  return [row(head), row(head.map(() => '---')), ...rows.map(row), ''];
}
