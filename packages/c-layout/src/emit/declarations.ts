import type { Layout } from '../layout.ts';
import { flatFields, property, type FlatField, type NameOf } from './flat-fields.ts';

/** The type of a record's value, and the record. `doc` are the lines of its comment. */
export function emitDeclarations(layout: Layout<unknown>, nameOf: NameOf, doc: readonly string[] = []): string {
  const name = nameOf(layout);
  return [
    ...(doc.length === 0 ? [] : [`/** ${doc.join('\n * ')} */`]),
    `export interface ${name} {`,
    ...flatFields(layout).map((field) => `  readonly ${property(field.name)}: ${valueType(field, nameOf)};`),
    '}',
    `export declare const ${name}: Layout<${name}>${layout.kind === 'union' ? " & { readonly kind: 'union' }" : ''};`,
    '',
  ].join('\n');
}

function valueType({ element, dims, bits, truth = false }: FlatField, nameOf: NameOf): string {
  if (typeof element !== 'string') return arrays(element.kind === 'union' ? `UnionBytes<${nameOf(element)}>` : nameOf(element), dims.length);
  if (truth || element === 'bool') return arrays('boolean', dims.length);
  if (dims.length > 0 && (element === 'u8' || element === 'char')) return arrays('Uint8Array', dims.length - 1);
  return arrays(element === 'u64' || element === 's64' || element === 'ptr' ? 'bigint' : 'number', bits ? 0 : dims.length);
}

function arrays(type: string, dimensions: number): string {
  let out = type;
  for (let i = 0; i < dimensions; i++) out = `readonly ${i > 0 ? `(${out})` : out}[]`;
  return out;
}
