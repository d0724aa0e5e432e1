import { FLEXIBLE, type Field } from '../field.ts';
import type { Layout } from '../layout.ts';
import { elementOf, flatFields, property, sharesBytes, type FlatField, type NameOf } from './flat-fields.ts';
import { access, type Access } from './scalar-code.ts';

/** Elements of an array of scalars that are written out one by one. */
const UNROLLED = 8;

/** Code for one field: `v` is the DataView, `a` the record's place, `x` its value. */
interface Code {
  /** Statements before the object is made. */
  readonly before?: string;
  readonly get: string;
  readonly set: string;
  /** An expression that is true when the value can be written, or a statement that returns false otherwise. */
  readonly is?: string;
  readonly refuses?: string;
}

/**
 * A class for each record with its places written out, and the record itself. Reads and writes need no table, so that
 * the compiler of the engine sees constants; what is rare (bitfields, arrays of arrays) is left to the interpreter.
 */
export function emitJavaScript(layout: Layout<unknown>, nameOf: NameOf): string {
  const name = nameOf(layout);
  const fields = flatFields(layout);
  const codes = fields.map((field, i) => codeOf(field, i, nameOf));
  const writes = !sharesBytes(layout);
  return [
    `class ${name}$view extends Window {`,
    ...fields.flatMap((field) => accessors(name, field, nameOf)),
    '}',
    `class ${name}$ extends Compiled {`,
    `  decode(v, a = 0) { this.$in(v, a, ${layout.size}); return this.$get(v, a); }`,
    `  view(v, a = 0) { this.$in(v, a, ${layout.size}); return new ${name}$view(v, a); }`,
    `  $get(v, a) {${codes.map(({ before = '' }) => before).join('')}`,
    `    return { ${fields.map((field, i) => `${property(field.name)}: ${codes[i]!.get}`).join(', ')} };`,
    '  }',
    ...(writes ? writers(layout, codes) : []),
    '}',
    `export const ${name} = /* @__PURE__ */ new ${name}$('${layout.name}', ${layout.kind === 'struct' ? 0 : 1}, ${layout.size}, ${layout.align}, () => [`,
    ...layout.fields.map((field) => `  ${row(field, nameOf)},`),
    ']);',
    '',
  ].join('\n');
}

/** The import of what `code` needs. */
export function runtimeImport(code: string, runtime: string = '@nova-stack/c-layout/compiled'): string {
  const used = new Set(code.match(/\b(?:Compiled|Window|(?:get|put|is)(?:Bytes|U16|U32|S32|U64))\b(?=[ (])/g));
  const module = JSON.stringify(runtime);
  return used.size === 0 ? '' : `import { ${[...used].sort().join(', ')} } from ${module};\n`;
}

function writers(layout: Layout<unknown>, codes: readonly Code[]): string[] {
  const conditions = codes.flatMap(({ is }) => (is === undefined ? [] : [is]));
  const statements = codes.flatMap(({ refuses }) => (refuses === undefined ? [] : [refuses]));
  return [
    `  encode(v, a, x) { this.$in(v, a, ${layout.size}); if (!this.$is(x)) this.$refuse(x); this.$set(v, a, x); }`,
    '  $is(x) {',
    `    if (!(${["typeof x === 'object' && x !== null", ...conditions].join(' && ')})) return false;`,
    ...statements.map((statement) => `    ${statement}`),
    '    return true;',
    '  }',
    '  $set(v, a, x) {',
    ...codes.filter(({ set }) => set !== '').map(({ set }) => `    ${set}`),
    '  }',
  ];
}

const plus = (at: string, offset: number): string => (offset === 0 ? at : `${at} + ${offset}`);

function codeOf(field: FlatField, index: number, nameOf: NameOf): Code {
  const { element, dims, offset, truth = false } = field;
  const p = plus('a', offset);
  const x = `x${property(field.name).startsWith('"') ? `[${property(field.name)}]` : `.${field.name}`}`;
  const [count, ...more] = dims;
  if (field.bits || more.length > 0) return interpreted(field, x);
  if (count === FLEXIBLE) return flexible(field, x);
  if (typeof element !== 'string' && element.kind === 'union' && count !== undefined) return interpreted(field, x);
  if (typeof element !== 'string' && element.kind === 'struct') return count === undefined ? nested(nameOf(element), p, x) : nestedArray(element, nameOf(element), index, offset, count, x);
  if (typeof element !== 'string') return bytes(p, element.size, x);
  if (count === undefined) return scalar(access(element, truth), p, x);
  if (!truth && (element === 'u8' || element === 'char')) return bytes(p, count, x);
  return scalarArray(field, access(element, truth), count, x);
}

function scalar({ get, set, is }: Access, p: string, x: string): Code {
  return { get: get(p), set: `${set(p, x)};`, is: is(x) };
}

function bytes(p: string, count: number, x: string): Code {
  return { get: `getBytes(v, ${p}, ${count})`, set: `putBytes(v, ${p}, ${count}, ${x});`, is: `isBytes(${x}, ${count})` };
}

function nested(name: string, p: string, x: string): Code {
  return { get: `${name}.$get(v, ${p})`, set: `${name}.$set(v, ${p}, ${x});`, is: `${name}.$is(${x})` };
}

function nestedArray({ size }: Layout<unknown>, name: string, index: number, offset: number, count: number, x: string): Code {
  const p = `${plus('a', offset)} + ${size} * i`;
  const list = `l${index}`;
  return {
    before: `\n    const ${list} = []; for (let i = 0; i < ${count}; i++) ${list}.push(${name}.$get(v, ${p}));`,
    get: list,
    set: `for (let i = 0; i < ${count}; i++) ${name}.$set(v, ${p}, ${x}[i]);`,
    is: `Array.isArray(${x}) && ${x}.length === ${count}`,
    refuses: `for (let i = 0; i < ${count}; i++) if (!${name}.$is(${x}[i])) return false;`,
  };
}

function scalarArray(field: FlatField, { size, get, set, is, loops }: Access, count: number, x: string): Code {
  const each = (code: (i: number) => string): string[] => Array.from({ length: count }, (_, i) => code(i));
  const at = (i: number): string => plus('a', field.offset + i * size);
  if (count <= UNROLLED) {
    return {
      get: `[${each((i) => get(at(i))).join(', ')}]`,
      set: each((i) => `${set(at(i), `${x}[${i}]`)};`).join(' '),
      is: [`Array.isArray(${x})`, `${x}.length === ${count}`, ...each((i) => is(`${x}[${i}]`))].join(' && '),
    };
  }
  if (loops === undefined) return interpreted(field, x);
  const p = at(0);
  return { get: `get${loops}(v, ${p}, ${count})`, set: `put${loops}(v, ${p}, ${count}, ${x});`, is: `is${loops}(${x}, ${count})` };
}

/** No elements in a value, and none needed to write it. */
function flexible({ element, dims, truth = false }: FlatField, x: string): Code {
  const asBytes = dims.length === 1 && !truth && (element === 'u8' || element === 'char');
  const empty = asBytes ? `isBytes(${x}, 0)` : `Array.isArray(${x}) && ${x}.length === 0`;
  return { get: asBytes ? 'new Uint8Array(0)' : '[]', set: '', is: `(${x} === undefined || ${empty})` };
}

function interpreted({ name, offset }: FlatField, x: string): Code {
  const codec = `this.$codec(${JSON.stringify(name)})`;
  return { get: `${codec}.get(v, ${plus('a', offset)})`, set: `${codec}.set(v, ${plus('a', offset)}, ${x});`, is: `this.$fits(${JSON.stringify(name)}, ${x})` };
}

function accessors(record: string, field: FlatField, nameOf: NameOf): string[] {
  const { element, offset, truth = false } = field;
  const name = property(field.name);
  const p = plus('this.$at', offset);
  const key = JSON.stringify(field.name);
  const put = `${record}.$put(${key}, this, x)`;
  const single = !field.bits && field.dims.length === 0;
  if (typeof element === 'string' && single) {
    const { get, set, is } = access(element, truth, 'this.$view');
    return [`  get ${name}() { return ${get(p)}; }`, `  set ${name}(x) { if (${is('x')}) ${set(p, 'x')}; else ${put}; }`];
  }
  const live = typeof element !== 'string' && single ? `${nameOf(element)}.view(this.$view, ${p})` : `${record}.$live(${key}, this)`;
  return [`  get ${name}() { return ${live}; }`, `  set ${name}(x) { ${put}; }`];
}

function row(field: Field, nameOf: NameOf): string {
  const element = elementOf(field);
  const kind = typeof element !== 'string' ? `() => ${nameOf(element)}` : `'${field.truth ? element.replace('u', 't') : element}'`;
  const parts = [`'${field.name}'`, field.offset, kind];
  if (field.dims.length > 0 || field.bits) parts.push(`[${field.dims.join(', ')}]`);
  if (field.bits) parts.push(`[${field.bits.shift}, ${field.bits.width}]`);
  return `[${parts.join(', ')}]`;
}
