import { placed, type ElementType, type Field, type Layout } from '@nova-stack/c-layout';

/** A field as generated modules write it: name, offset, size, element, dimensions, bit and width. */
export type FieldRow = readonly [
  name: string, offset: number, size: number, element: ElementType | 'NvBool', dims?: readonly number[], bits?: readonly [bit: number, width: number],
];

function fieldOf([name, offset, size, element, dims = [], bits]: FieldRow): Field {
  if (bits) {
    const [bit, width] = bits;
    const at = Math.floor(bit / (size * 8)) * size;
    return { name, offset: at, size, element: element as ElementType, dims, bits: { shift: bit - at * 8, width } };
  }
  return element === 'NvBool' ? { name, offset, size, element: 'u8', dims, truth: true } : { name, offset, size, element, dims };
}

/** A record of a generated module. */
export function record<V>(name: string, kind: 's' | 'u', size: number, align: number, rows: () => readonly FieldRow[]): Layout<V> {
  return placed<V>({ name, kind: kind === 's' ? 'struct' : 'union', size, align, fields: () => rows().map(fieldOf) });
}
