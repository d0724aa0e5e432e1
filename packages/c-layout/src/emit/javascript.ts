import type { Layout } from '../layout.ts';
import { scalarType } from '../codec.ts';
import { flatFields, sharesBytes, type FlatField, type NameOf } from './flat-fields.ts';
import { reader } from './reader-code.ts';
import { rowsOf } from './row-text.ts';
import { scalarCode } from './scalar-code.ts';
import { writer } from './writer-code.ts';

/**
 * A record with its places written out. Reads and writes need no table, so that the compiler of the engine sees
 * constants, and each record has functions of its own, for code that records share would be slow for all of them. What
 * is rare (bitfields, arrays of arrays, unions as values) is left to the interpreter.
 */
export function emitJavaScript(layout: Layout<unknown>, nameOf: NameOf): string {
  const { name, kind, size, align } = layout;
  const fields = flatFields(layout);
  const { rows, nested } = rowsOf(layout);
  const kit = [...tools(layout, fields), ...(nested.length === 0 ? [] : [`of:()=>[${nested.map(nameOf).join()}]`])];
  const code = interpretedOnly(layout) ? [] : [
    `decode(v,a=0){this.$in(v,a,${size});return this.$get(v,a)}`,
    reader(fields, nameOf),
    ...(sharesBytes(layout) ? [] : writer(layout, fields, nameOf)),
  ];
  const args = [`'${name}'`, kind === 'struct' ? 0 : 1, size, align, `'${rows}'`, `{${kit.join()}}`, ...(code.length === 0 ? [] : [`{\n${code.join(',\n')}}`])];
  return `export const ${nameOf(layout)} = /* @__PURE__ */ new Compiled(${args.join()});\n`;
}

/** What is reached through views, or through the record around it: a union, and a record without a name. */
function interpretedOnly(layout: Layout<unknown>): boolean {
  return layout.kind === 'union' || isNameless(layout);
}

const isNameless = ({ name }: Layout<unknown>): boolean => /\.\$\d+$/.test(name);

/**
 * What such a module may import, all that `../compiled.ts` exports; written out, for importing that here would keep all of
 * it in every bundle.
 */
export const RUNTIME: ReadonlySet<string> = new Set([
  'Compiled', 'arrayPart', 'at16', 'at32', 'at64', 'at8', 'bitsPart', 'bytes', 'bytesPart', 'conflict', 'isList', 'isObject', 'putBytes', 'scratch',
  ...['u8', 'u16', 'u32', 'u64', 's8', 's16', 's32', 's64', 'f32', 'f64', 't8', 't32'].flatMap((name) => [name, name.toUpperCase()]),
  ...['u16', 'u32', 's32', 'u64'].flatMap((name) => [`${name}s`, `put${name.toUpperCase()}s`]),
]);

/** The import of what `code` needs of c-layout. */
export function runtimeImport(code: string, from: string = '@nova-stack/c-layout/compiled'): string {
  // A field may be called like one of them; then its module imports a name more than it needs.
  const names = new Set((code.match(/[A-Za-z]\w*/g) ?? []).filter((name) => RUNTIME.has(name)));
  return names.size === 0 ? '' : `import { ${[...names].sort().join(', ')} } from ${JSON.stringify(from)};\n`;
}

/** The members of a record's kit: scalars and makers of parts. */
function tools(layout: Layout<unknown>, fields: readonly FlatField[]): readonly string[] {
  const scalars = new Map<string, string>();
  const makers = new Set<string>();
  for (const { element, dims, bits, truth = false } of fields) {
    const asBytes = typeof element === 'string' ? dims.length > 0 && !truth && (element === 'u8' || element === 'char') : element.kind === 'union';
    if (asBytes) makers.add('bytesPart');
    if (dims.length > (typeof element === 'string' && asBytes ? 1 : 0)) makers.add('arrayPart');
    if (bits) makers.add('bitsPart');
    if (typeof element !== 'string') continue;
    const type = scalarType(element, truth);
    const { name } = scalarCode(element, truth);
    scalars.set(type.toUpperCase(), name.toUpperCase());
  }
  return [
    ...[...scalars].map(([key, name]) => (key === name ? key : `${key}:${name}`)),
    ...makers,
    ...(sharesBytes(layout) ? ['conflict'] : []),
  ];
}
