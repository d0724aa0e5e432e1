import { ContractError } from './errors.ts';
import type { Field, Fields, Named } from './schema/fields.ts';

const MAX = { u8: 0xff, u16: 0xffff, u32: 0xffffffff, size: Number.MAX_SAFE_INTEGER } as const;
const TOKEN_MAX = 2n ** 64n - 1n;

/** What to do about fields that are not declared. */
type Extra = 'refuse' | 'ignore';

/** What is wrong with a value, told from the inside out: nothing is written down while all is well. */
interface Flaw {
  readonly code: 'InvalidArgument' | 'Range';
  /** From the value that was checked: `.wants[3].major`. */
  readonly path: string;
  /** `is 7: expected 0 to 3` */
  readonly text: string;
}

/**
 * Checks what crosses the seam, once, there.
 *
 * @param path - what the value is called in errors
 * @throws {ContractError} `InvalidArgument` or `Range`, with the path of the first bad field as its subject.
 */
export function checkFields(schema: Named, path: string, fields: Fields, value: unknown, extra: Extra = 'refuse'): void {
  const flaw = flawOfFields(schema, fields, value, extra);
  if (flaw) throw new ContractError(flaw.code, `${path}${flaw.path} ${flaw.text}`, { subject: path + flaw.path });
}

function flawOfFields(schema: Named, fields: Fields, value: unknown, extra: Extra): Flaw | undefined {
  if (typeof value !== 'object' || value === null) return wrong(value, 'a record');
  const given = value as Readonly<Record<string, unknown>>;
  for (const name in fields) {
    const field = fields[name]!;
    const one = given[name];
    if (one === undefined && field.optional) continue;
    const flaw = flawOf(schema, field, one, extra);
    if (flaw) return { ...flaw, path: `.${name}${flaw.path}` };
  }
  if (extra === 'ignore') return undefined;
  for (const name in given) {
    if (given[name] !== undefined && !Object.hasOwn(fields, name)) return { code: 'InvalidArgument', path: `.${name}`, text: 'is no field: expected none of this name' };
  }
  return undefined;
}

function flawOf(schema: Named, field: Field, value: unknown, extra: Extra): Flaw | undefined {
  switch (field.kind) {
    case 'u8': case 'u16': case 'u32': case 'size': {
      if (typeof value !== 'number' || !Number.isInteger(value)) return wrong(value, 'a whole number');
      const min = field.range?.[0] ?? 0;
      const max = field.range?.[1] ?? MAX[field.kind];
      return value < min || value > max ? outside(value, `${min} to ${max}`) : undefined;
    }
    case 'token':
      if (typeof value !== 'bigint') return wrong(value, 'a bigint');
      return value < 0n || value > TOKEN_MAX ? outside(value, '64 bits') : undefined;
    case 'flag':
      return typeof value === 'boolean' ? undefined : wrong(value, 'true or false');
    case 'text':
      if (typeof value !== 'string') return wrong(value, 'text');
      return utf8Length(value) > field.length ? outside(value, `at most ${field.length} bytes of text`) : undefined;
    case 'octets':
      return value instanceof Uint8Array && value.length === field.length ? undefined : wrong(value, `${field.length} bytes`);
    case 'data':
      return value instanceof Uint8Array ? undefined : wrong(value, 'bytes');
    case 'enum': {
      const known = schema.enums[field.enum]!;
      return typeof value === 'string' && Object.hasOwn(known, value) ? undefined : wrong(value, `one of ${Object.keys(known).join(', ')}`);
    }
    case 'record':
      return flawOfFields(schema, schema.records[field.record]!, value, extra);
    case 'list':
      return Array.isArray(value) ? flawOfList(schema, field.element, value, extra) : wrong(value, 'a list');
    case 'object':
      return typeof value === 'object' && value !== null ? undefined : wrong(value, `a ${field.object}`);
  }
}

function flawOfList(schema: Named, element: Field, list: readonly unknown[], extra: Extra): Flaw | undefined {
  for (let index = 0; index < list.length; index++) {
    const flaw = flawOf(schema, element, list[index], extra);
    if (flaw) return { ...flaw, path: `[${index}]${flaw.path}` };
  }
  return undefined;
}

function wrong(value: unknown, expected: string): Flaw {
  return { code: 'InvalidArgument', path: '', text: `is ${describe(value)}: expected ${expected}` };
}

function outside(value: unknown, expected: string): Flaw {
  return { code: 'Range', path: '', text: `is ${describe(value)}: expected ${expected}` };
}

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
