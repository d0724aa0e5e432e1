import { FLEXIBLE, type Field } from '../field.ts';
import type { Layout } from '../layout.ts';
import { elementOf, flatFields, property, sharesBytes, type FlatField, type NameOf } from './flat-fields.ts';
import { access, type Access } from './scalar-code.ts';

/** Elements of an array of scalars that are written out one by one. */
const UNROLLED = 8;

/** Code for one field: `v` is the DataView, `a` the record's place. */
interface Code {
  /** Statements before the object is made. */
  readonly before?: string;
  readonly get: string;
  /** True when the field's value, which is in a variable, can be written. */
  readonly is?: string;
  /** Writes a record in it; a statement that returns false when that was refused. */
  readonly nested?: string;
  readonly set?: string;
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
  const nested = [...new Set(layout.fields.map(elementOf).filter((element) => typeof element !== 'string'))];
  const rows = layout.fields.map((field) => row(field, nested)).join(';');
  return [
    `export const ${name}=/*@__PURE__*/new class extends Compiled{`,
    `decode(v,a=0){this.$in(v,a,${size});return this.$g(v,a)}`,
    `$g(v,a){${befores}return{${fields.map((field, i) => `${property(field.name)}:${codes[i]!.get}`).join(',')}}}`,
    ...(sharesBytes(layout) ? [] : writers(size, fields, codes)),
    `}('${layout.name}',${kind === 'struct' ? 0 : 1},${size},${align},'${rows}',()=>class extends Window{`,
    ...fields.map((field, i) => accessors(field, i, nameOf)),
    `}${nested.length === 0 ? '' : `,()=>[${nested.map(nameOf).join()}]`});`,
    '',
  ].join('\n');
}

/** What such a module may import: all that `compiled.ts` exports, by name, for an import of everything keeps bundlers from leaving things out. */
export const RUNTIME: ReadonlySet<string> = new Set((
  'Compiled Window save settle isObj isList isBool '
  + 'u8 u16 u32 u64 s8 s16 s32 s64 f32 f64 t8 t32 setU8 setU16 setU32 setU64 setS8 setS16 setS32 setS64 setF32 setF64 setT8 setT32 '
  + 'isU8 isU16 isU32 isU64 isS8 isS16 isS32 isS64 isF32 isF64 pU8 pU16 pU32 pU64 pS8 pS16 pS32 pS64 pF32 pF64 pT8 pT32 '
  + 'bytes setBytes isBytes u16s setU16s isU16s u32s setU32s isU32s s32s setS32s isS32s u64s setU64s isU64s'
).split(' '));

/** The import of what `code` needs of c-layout. */
export function runtimeImport(code: string, from: string = '@nova-stack/c-layout/compiled'): string {
  // A field may be called like one of them; then its module imports a name more than it needs.
  const names = new Set((code.match(/[A-Za-z]\w*(?=[ ({])/g) ?? []).filter((name) => RUNTIME.has(name)));
  return names.size === 0 ? '' : `import { ${[...names].sort().join(', ')} } from ${JSON.stringify(from)};\n`;
}

/**
 * Each field's value is taken once, checked, and then written. What records inside refuse is found only while they are
 * written, so the bytes before are kept for that.
 */
function writers(size: number, fields: readonly FlatField[], codes: readonly Code[]): string[] {
  const names = fields.map(({ name }, i) => `${property(name)}:${variable(i)}`).join();
  const checks = ['isObj(x)', ...codes.flatMap(({ is }) => is ?? [])].join('&&');
  const nested = codes.map(({ nested: code = '' }) => code).join('');
  const sets = codes.map(({ set = '' }) => set).join('');
  return [
    nested === ''
      ? `encode(v,a,x){this.$in(v,a,${size});try{if(this.$w(v,a,x))return}catch{}this.$no(x)}`
      : `encode(v,a,x){this.$in(v,a,${size});const k=save(v,a,${size});let is;try{is=this.$w(v,a,x)}catch{}settle(is,v,a,${size},k)||this.$no(x)}`,
    `$w(v,a,x){${names === '' ? '' : `const{${names}}=x;`}if(!(${checks}))return false;${nested}${sets}return true}`,
  ];
}

/** Names of one letter that the code does not use otherwise. */
const LETTERS = 'bcdefghjmnopqrstuwyz';
/** Name of the variable with the value of field `index`. */
const variable = (index: number): string => LETTERS[index] ?? `_${index.toString(36)}`;

const plus = (at: string, offset: number): string => (offset === 0 ? at : `${at}+${offset}`);

function codeOf(field: FlatField, index: number, nameOf: NameOf): Code {
  const { element, dims, offset, truth = false } = field;
  const p = plus('a', offset);
  const x = variable(index);
  const [count, ...more] = dims;
  if (field.bits || more.length > 0) return interpreted(field, index, x);
  if (count === FLEXIBLE) return flexible(field, x);
  if (typeof element !== 'string') {
    if (element.kind === 'union') return count === undefined ? bytes(p, element.size, x) : interpreted(field, index, x);
    return count === undefined ? nested(nameOf(element), p, x) : nestedArray(element, nameOf(element), index, offset, count, x);
  }
  if (count === undefined) {
    const { get, set, is } = access(element, truth);
    return { get: get('v', p), set: `${set('v', p, x)};`, is: is(x) };
  }
  if (!truth && (element === 'u8' || element === 'char')) return bytes(p, count, x);
  return scalarArray(field, index, access(element, truth), count, x);
}

function bytes(p: string, count: number, x: string): Code {
  return { get: `bytes(v,${p},${count})`, set: `setBytes(v,${p},${count},${x});`, is: `isBytes(${x},${count})` };
}

function nested(name: string, p: string, x: string): Code {
  return { get: `${name}.$g(v,${p})`, nested: `if(!${name}.$w(v,${p},${x}))return false;` };
}

function nestedArray({ size }: Layout<unknown>, name: string, index: number, offset: number, count: number, x: string): Code {
  const loop = `for(let i=0;i<${count};i++)`;
  const p = `${plus('a', offset)}+${size}*i`;
  return {
    before: `const l${index}=[];${loop}l${index}.push(${name}.$g(v,${p}));`,
    get: `l${index}`,
    is: `isList(${x},${count})`,
    nested: `${loop}if(!${name}.$w(v,${p},${x}[i]))return false;`,
  };
}

function scalarArray(field: FlatField, index: number, { size, get, set, is, loops }: Access, count: number, x: string): Code {
  const each = (code: (i: number) => string): string[] => Array.from({ length: count }, (_, i) => code(i));
  const at = (i: number): string => plus('a', field.offset + i * size);
  if (count <= UNROLLED) {
    return {
      get: `[${each((i) => get('v', at(i))).join(',')}]`,
      set: each((i) => `${set('v', at(i), `${x}[${i}]`)};`).join(''),
      is: [`isList(${x},${count})`, ...each((i) => is(`${x}[${i}]`))].join('&&'),
    };
  }
  if (loops === undefined) return interpreted(field, index, x);
  const upper = loops.toUpperCase();
  return { get: `${loops}s(v,${at(0)},${count})`, set: `set${upper}s(v,${at(0)},${count},${x});`, is: `is${upper}s(${x},${count})` };
}

/** No elements in a value, and none needed to write it. */
function flexible({ element, dims, truth = false }: FlatField, x: string): Code {
  const asBytes = dims.length === 1 && !truth && (element === 'u8' || element === 'char');
  return { get: asBytes ? 'bytes(v,0,0)' : '[]', is: `(${x}===undefined||${asBytes ? 'isBytes' : 'isList'}(${x},0))` };
}

function interpreted({ offset }: FlatField, index: number, x: string): Code {
  return { get: `this.$codec(${index}).get(v,${plus('a', offset)})`, set: `this.$codec(${index}).set(v,${plus('a', offset)},${x});`, is: `this.$fits(${index},${x})` };
}

function accessors(field: FlatField, index: number, nameOf: NameOf): string {
  const { element, truth = false } = field;
  // A class has a constructor already.
  const name = field.name === 'constructor' ? '["constructor"]' : property(field.name);
  const at = plus('this.$a', field.offset);
  const single = !field.bits && field.dims.length === 0;
  if (typeof element === 'string' && single) {
    const { get, put } = access(element, truth);
    return `get ${name}(){return ${get('this.$v', at)}}set ${name}(x){${put('this.$v', at, 'x')}||this.$p(${index},x)}`;
  }
  const live = typeof element !== 'string' && single ? `${nameOf(element)}.view(this.$v,${at})` : `this.$l(${index})`;
  return `get ${name}(){return ${live}}set ${name}(x){this.$p(${index},x)}`;
}

/** A field as `Compiled` reads it. */
function row(field: Field, nested: readonly Layout<unknown>[]): string {
  const element = elementOf(field);
  const type = typeof element === 'string' ? (field.truth ? element.replace('u', 't') : element) : `@${nested.indexOf(element)}`;
  return [field.name, field.offset, type, field.dims.join(), field.bits ? `${field.bits.shift}:${field.bits.width}` : ''].join(' ').replace(/ +$/, '');
}
