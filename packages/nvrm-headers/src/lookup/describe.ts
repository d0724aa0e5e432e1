import type { FieldFact, RecordFact } from '../facts/index.ts';
import type { Entry, Uses } from './registry.ts';

const hex = (value: number | bigint): string => (value < 0 ? `-0x${(-value).toString(16)}` : `0x${value.toString(16)}`);
const number = (value: number | bigint): string => `${String(value)} (${hex(value)})`;

/** What is told of an entry, its version left out: entries that say the same are one. */
export function describeEntry(entry: Entry): string {
  const lines = [`${entry.name}: ${headline(entry)}`];
  if ('params' in entry && entry.params) lines.push(...recordLines(entry.params, '  '));
  if (entry.kind === 'record') lines.push(...fieldLines(entry.fact, '  '));
  if (entry.kind === 'enum') lines.push(...entry.fact.values.map(([name, value]) => `  ${name} = ${number(value)}`));
  if (entry.kind === 'typedef' && entry.record) lines.push(...recordLines(entry.record, '  '));
  return lines.join('\n');
}

function headline(entry: Entry): string {
  switch (entry.kind) {
    case 'command': {
      const { id, params, exported, flags, right } = entry.fact;
      return [`control command ${hex(id)}`, params === undefined ? 'no known parameters' : `parameters ${params}`, exported ? 'exported' : 'served elsewhere than in the kernel', ...(flags === undefined ? [] : [`flags ${hex(flags)}`]), ...(right === undefined ? [] : [`access right ${hex(right)}`])].join(', ');
    }
    case 'class': {
      const { id, params, required, internal, parents } = entry.fact;
      return [`class ${hex(id)}`, params === undefined ? 'no allocation parameters' : `allocation parameters ${params}${required ? ' (required)' : ''}`, ...(internal === undefined ? [] : [`RM's ${internal}`]), ...(parents === undefined ? [] : [`under ${parents.join(', ')}`])].join(', ');
    }
    case 'function': case 'event': return `RPC ${entry.kind} ${number(entry.fact.value)}, body ${entry.fact.payload ?? entry.fact.current ?? 'none'}`;
    case 'escape': return `RM ioctl, low byte ${number(entry.fact.nr)}, parameters ${entry.fact.params ?? 'none'}`;
    case 'uvm': return `UVM ioctl ${number(entry.fact.nr)}, parameters ${entry.fact.params ?? 'none'}`;
    case 'status': return `status code ${number(entry.value)}${entry.description === undefined ? '' : `: ${entry.description}`}`;
    case 'constant': return `${number(entry.value)}, ${entry.file}`;
    case 'range': return `bits ${entry.range}, ${entry.file}`;
    case 'record': return `${entry.fact.kind}, ${entry.fact.size} bytes, aligned to ${entry.fact.align}, ${entry.fact.file}`;
    case 'enum': return `enumeration, ${entry.fact.kind}, ${entry.fact.file}`;
    case 'typedef': return `typedef of ${entry.fact.ref ?? entry.fact.type}`;
  }
}

const recordLines = (record: RecordFact, indent: string): string[] => [`${indent}${record.kind} ${record.name}, ${record.size} bytes, ${record.file}`, ...fieldLines(record, `${indent}  `)];

const fieldLines = ({ fields }: RecordFact, indent: string): string[] => fields.map((field) => `${indent}${`0x${field.offset.toString(16)}`.padEnd(7)}${typeOf(field)} ${field.name}${field.dims.map((count) => `[${count < 0 ? '' : count}]`).join('')}`.trimEnd());

const typeOf = ({ type, bits }: FieldFact): string => (bits ? `${type} : ${bits.width}` : type);

/** Where something is used, a line for each kind of user that there is. */
export function describeUses(uses: Uses): string {
  return Object.entries(uses).filter(([, names]) => (names as readonly string[]).length > 0).map(([kind, names]) => `  used by ${kind}: ${(names as readonly string[]).join(', ')}`).join('\n');
}
