import * as runtime from '../compiled.ts';
import { FLEXIBLE, type Field } from '../field.ts';
import type { Layout } from '../layout.ts';
import { elementOf, flatFields, property, sharesBytes, type FlatField, type NameOf } from './flat-fields.ts';
import { access, type Access } from './scalar-code.ts';

/** Elements of an array of scalars that are written out one by one. */
const UNROLLED = 8;

/** Code for one field: `v` is the DataView, `a` the record's place, `x` the record's value. */
interface Code {
  /** Statements before the object is made. */
  readonly before?: string;
  readonly get: string;
  readonly set: string;
  /** True when the value can be written. */
  readonly is: string;
  /** A statement that returns false when it cannot. */
  readonly refuses?: string;
}

/**
 * A record with its places written out. Reads and writes need no table, so that the compiler of the engine sees
 * constants, and each record has methods of its own, for code that records share would be slow for all of them. What
 * is rare (bitfields, arrays of arrays) is left to the interpreter.
 */
export function emitJavaScript(layout: Layout<unknown>, nameOf: NameOf): string {
  const name = nameOf(layout);
  const { size, align, kind } = layout;
  const fields = flatFields(layout);
  const codes = fields.map((field, i) => codeOf(field, i, nameOf));
  const befores = codes.map(({ before = '' }) => before).join('');
  return [
    `class ${name}$view extends Window {`,
    `$of(){return ${name}}`,
    ...fields.map((field) => accessors(field, nameOf)),
    '}',
    `export const ${name} = /* @__PURE__ */ new (class extends Compiled {`,
    `decode(v,a=0){this.$in(v,a,${size});return this.$get(v,a)}`,
    `view(v,a=0){this.$in(v,a,${size});return new ${name}$view(v,a)}`,
    `$get(v,a){${befores}return{${fields.map((field, i) => `${property(field.name)}:${codes[i]!.get}`).join(',')}}}`,
    ...(sharesBytes(layout) ? [] : writers(size, codes)),
    `})('${layout.name}',${kind === 'struct' ? 0 : 1},${size},${align},()=>[`,
    ...layout.fields.map((field) => `${row(field, nameOf)},`),
    ']);',
    '',
  ].join('\n');
}

/** What such a module may import. */
const RUNTIME: ReadonlySet<string> = new Set(Object.keys(runtime));

/** The import of what `code` needs of c-layout. */
export function runtimeImport(code: string, from: string = '@nova-stack/c-layout/compiled'): string {
  // A field may be called like one of them; then its module imports a name more than it needs.
  const names = new Set((code.match(/[A-Za-z]\w*(?=[ (])/g) ?? []).filter((name) => RUNTIME.has(name)));
  return names.size === 0 ? '' : `import { ${[...names].sort().join(', ')} } from ${JSON.stringify(from)};\n`;
}

function writers(size: number, codes: readonly Code[]): string[] {
  const fits = ['isObject(x)', ...codes.map(({ is }) => is)].join('&&');
  const refusals = codes.map(({ refuses = '' }) => refuses).join('');
  return [
    `encode(v,a,x){this.$in(v,a,${size});let is=false;try{is=this.$is(x)}catch{}if(!is)this.$refuse(x);this.$set(v,a,x)}`,
    `$is(x){${refusals === '' ? `return ${fits}` : `if(!(${fits}))return false;${refusals}return true`}}`,
    `$set(v,a,x){${codes.map(({ set }) => set).join('')}}`,
  ];
}

const plus = (at: string, offset: number): string => (offset === 0 ? at : `${at}+${offset}`);

function codeOf(field: FlatField, index: number, nameOf: NameOf): Code {
  const { element, dims, offset, truth = false } = field;
  const p = plus('a', offset);
  const key = property(field.name);
  const x = key.startsWith('"') ? `x[${key}]` : `x.${key}`;
  const [count, ...more] = dims;
  if (field.bits || more.length > 0) return interpreted(field, x);
  if (count === FLEXIBLE) return flexible(field, x);
  if (typeof element !== 'string') {
    if (element.kind === 'union') return count === undefined ? bytes(p, element.size, x) : interpreted(field, x);
    return count === undefined ? nested(nameOf(element), p, x) : nestedArray(element, nameOf(element), index, offset, count, x);
  }
  if (count === undefined) {
    const { get, set, is } = access(element, truth);
    return { get: get('v', p), set: `${set('v', p, x)};`, is: is(x) };
  }
  if (!truth && (element === 'u8' || element === 'char')) return bytes(p, count, x);
  return scalarArray(field, access(element, truth), count, x);
}

function bytes(p: string, count: number, x: string): Code {
  return { get: `bytes(v,${p},${count})`, set: `setBytes(v,${p},${count},${x});`, is: `isBytes(${x},${count})` };
}

function nested(name: string, p: string, x: string): Code {
  return { get: `${name}.$get(v,${p})`, set: `${name}.$set(v,${p},${x});`, is: `${name}.$is(${x})` };
}

function nestedArray({ size }: Layout<unknown>, name: string, index: number, offset: number, count: number, x: string): Code {
  const loop = `for(let i=0;i<${count};i++)`;
  const p = `${plus('a', offset)}+${size}*i`;
  return {
    before: `const l${index}=[];${loop}l${index}.push(${name}.$get(v,${p}));`,
    get: `l${index}`,
    set: `${loop}${name}.$set(v,${p},${x}[i]);`,
    is: `isList(${x},${count})`,
    refuses: `${loop}if(!${name}.$is(${x}[i]))return false;`,
  };
}

function scalarArray(field: FlatField, { size, get, set, is, loops }: Access, count: number, x: string): Code {
  const each = (code: (i: number) => string): string[] => Array.from({ length: count }, (_, i) => code(i));
  const at = (i: number): string => plus('a', field.offset + i * size);
  if (count <= UNROLLED) {
    return {
      get: `[${each((i) => get('v', at(i))).join(',')}]`,
      set: each((i) => `${set('v', at(i), `${x}[${i}]`)};`).join(''),
      is: [`isList(${x},${count})`, ...each((i) => is(`${x}[${i}]`))].join('&&'),
    };
  }
  if (loops === undefined) return interpreted(field, x);
  const upper = loops.toUpperCase();
  return { get: `${loops}s(v,${at(0)},${count})`, set: `set${upper}s(v,${at(0)},${count},${x});`, is: `is${upper}s(${x},${count})` };
}

/** No elements in a value, and none needed to write it. */
function flexible({ element, dims, truth = false }: FlatField, x: string): Code {
  const asBytes = dims.length === 1 && !truth && (element === 'u8' || element === 'char');
  return { get: asBytes ? 'bytes(v,0,0)' : '[]', set: '', is: `(${x}===undefined||${asBytes ? 'isBytes' : 'isList'}(${x},0))` };
}

function interpreted({ name, offset }: FlatField, x: string): Code {
  const key = JSON.stringify(name);
  return { get: `this.$codec(${key}).get(v,${plus('a', offset)})`, set: `this.$codec(${key}).set(v,${plus('a', offset)},${x});`, is: `this.$fits(${key},${x})` };
}

function accessors(field: FlatField, nameOf: NameOf): string {
  const { element, truth = false } = field;
  // A class has a constructor already.
  const name = field.name === 'constructor' ? '["constructor"]' : property(field.name);
  const at = plus('this.$at', field.offset);
  const key = JSON.stringify(field.name);
  const put = `this.$put(${key},x)`;
  const single = !field.bits && field.dims.length === 0;
  if (typeof element === 'string' && single) {
    const { get, set, isSafely } = access(element, truth);
    return `get ${name}(){return ${get('this.$view', at)}}set ${name}(x){${isSafely('x')}?${set('this.$view', at, 'x')}:${put}}`;
  }
  const live = typeof element !== 'string' && single ? `${nameOf(element)}.view(this.$view,${at})` : `this.$live(${key})`;
  return `get ${name}(){return ${live}}set ${name}(x){${put}}`;
}

function row(field: Field, nameOf: NameOf): string {
  const element = elementOf(field);
  const kind = typeof element !== 'string' ? `()=>${nameOf(element)}` : `'${field.truth ? element.replace('u', 't') : element}'`;
  const parts = [`'${field.name}'`, field.offset, kind];
  if (field.dims.length > 0 || field.bits) parts.push(`[${field.dims.join()}]`);
  if (field.bits) parts.push(`[${field.bits.shift},${field.bits.width}]`);
  return `[${parts.join()}]`;
}
