import { ContractError } from './errors.ts';
import type { Field, Fields, Named } from './schema/fields.ts';

const MAX = { u8: 0xff, u16: 0xffff, u32: 0xffffffff, size: Number.MAX_SAFE_INTEGER } as const;
const TOKEN_MAX = 2n ** 64n - 1n;

/** Bytes of `text` in UTF-8; a lone surrogate counts as the replacement character that stands for it. */
function utf8Length(text: string): number {
  let bytes = 0;
  for (let i = 0; i < text.length; i++) {
    const code = text.codePointAt(i)!;
    if (code > 0xffff) i++;
    bytes += code < 0x80 ? 1 : code < 0x800 ? 2 : code < 0x10000 ? 3 : 4;
  }
  return bytes;
}

/** What to do about fields that are not declared. */
type Extra = 'refuse' | 'ignore';

/**
 * Checks what crosses the seam, once, there.
 *
 * @throws {ContractError} `InvalidArgument` or `Range`, with the path of the first bad field as its subject.
 */
export function checkFields(schema: Named, path: string, fields: Fields, value: unknown, extra: Extra = 'refuse'): void {
  if (typeof value !== 'object' || value === null) throw new ContractError('InvalidArgument', `${path} is ${describe(value)}: expected a record`, { subject: path });
  const given = value as Readonly<Record<string, unknown>>;
  for (const [name, field] of Object.entries(fields)) {
    if (given[name] === undefined && field.optional) continue;
    checkField(schema, `${path}.${name}`, field, given[name], extra);
  }
  if (extra === 'ignore') return;
  const unknown = Object.keys(given).find((name) => given[name] !== undefined && !Object.hasOwn(fields, name));
  if (unknown !== undefined) throw new ContractError('InvalidArgument', `${path} has no field ${unknown}`, { subject: `${path}.${unknown}` });
}

function checkField(schema: Named, path: string, field: Field, value: unknown, extra: Extra): void {
  const wrong = (expected: string): never => {
    throw new ContractError('InvalidArgument', `${path} is ${describe(value)}: expected ${expected}`, { subject: path });
  };
  const range = (expected: string): never => {
    throw new ContractError('Range', `${path} is ${describe(value)}: expected ${expected}`, { subject: path });
  };
  switch (field.kind) {
    case 'u8': case 'u16': case 'u32': case 'size': {
      const [min, max] = field.range ?? [0, MAX[field.kind]];
      if (typeof value !== 'number' || !Number.isInteger(value)) wrong('a whole number');
      else if (value < min || value > max) range(`${min} to ${max}`);
      break;
    }
    case 'token':
      if (typeof value !== 'bigint') wrong('a bigint');
      else if (value < 0n || value > TOKEN_MAX) range('64 bits');
      break;
    case 'flag':
      if (typeof value !== 'boolean') wrong('true or false');
      break;
    case 'text':
      if (typeof value !== 'string') wrong('text');
      else if (utf8Length(value) > field.length) range(`at most ${field.length} bytes of text`);
      break;
    case 'octets':
      if (!(value instanceof Uint8Array) || value.length !== field.length) wrong(`${field.length} bytes`);
      break;
    case 'data':
      if (!(value instanceof Uint8Array)) wrong('bytes');
      break;
    case 'enum':
      if (typeof value !== 'string' || !Object.hasOwn(schema.enums[field.enum]!, value)) wrong(`one of ${Object.keys(schema.enums[field.enum]!).join(', ')}`);
      break;
    case 'record':
      checkFields(schema, path, schema.records[field.record]!, value, extra);
      break;
    case 'list':
      if (!Array.isArray(value)) wrong('a list');
      else for (const [index, item] of value.entries()) checkField(schema, `${path}[${index}]`, field.element, item, extra);
      break;
    case 'object':
      if (typeof value !== 'object' || value === null) wrong(`a ${field.object}`);
  }
}

function describe(value: unknown): string {
  if (value === null) return 'null';
  if (value instanceof Uint8Array) return `${value.length} bytes`;
  switch (typeof value) {
    case 'number': case 'bigint': case 'boolean': return `${value}`;
    case 'string': return JSON.stringify(value.length > 40 ? `${value.slice(0, 40)}…` : value);
    case 'undefined': return 'missing';
    default: return `of type ${typeof value}`;
  }
}
