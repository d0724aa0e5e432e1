import type { Fields, FieldType } from './declaration.ts';
import { LayoutError } from './errors.ts';
import { FLEXIBLE, type ElementType, type Field } from './field.ts';
import type { Layout } from './layout.ts';
import { placed } from './placed.ts';
import { SCALARS } from './scalars.ts';

export interface RecordOptions {
  /** No padding between members, alignment 1. */
  readonly packed?: boolean;
  /** Least alignment of the record in bytes. */
  readonly align?: number;
}

/** What a declared type takes in memory. */
interface Shape {
  readonly element: ElementType;
  readonly dims: readonly number[];
  readonly size: number;
  readonly align: number;
  /** Alignment that packing does not take away. */
  readonly least?: number;
  readonly width?: number;
  readonly truth?: boolean;
  readonly names?: Readonly<Record<string, number>>;
  readonly anonymous?: boolean;
}

function shapeOf(type: FieldType): Shape {
  if (typeof type === 'string') return { element: type, dims: [], size: SCALARS[type].size, align: SCALARS[type].size };
  if ('array' in type) {
    const inner = shapeOf(type.array);
    return { ...inner, dims: [type.length, ...inner.dims], size: type.length === FLEXIBLE ? 0 : inner.size * type.length };
  }
  if ('bits' in type) return { ...shapeOf(type.bits), width: type.width };
  if ('truth' in type) return { ...shapeOf(type.truth), truth: true };
  if ('enum' in type) return { ...shapeOf(type.enum), names: type.names };
  if ('aligned' in type) return { ...shapeOf(type.aligned), least: type.to };
  if ('anonymous' in type) return { ...shapeOf(type.anonymous), anonymous: true };
  return { element: () => type as Layout<unknown>, dims: [], size: type.size, align: type.align };
}

/** The check of a declaration that types cannot carry. */
function sane(path: string, shape: Shape, last: boolean): void {
  const wrong = (message: string): never => {
    throw new LayoutError('DECLARATION', path, message);
  };
  const { width, least = 1, dims, size } = shape;
  if (dims.length > 0 && (width !== undefined || shape.anonymous)) wrong('neither bitfields nor nameless members come in arrays');
  if (shape.anonymous && typeof shape.element === 'string') wrong('a nameless member is a record');
  if (width !== undefined && !(Number.isInteger(width) && width >= 1 && width <= size * 8)) wrong(`a bitfield of ${width} bits does not fit ${size * 8}`);
  if (!isPowerOfTwo(least)) wrong(`an alignment of ${least} is no power of two`);
  for (const [i, count] of dims.entries()) {
    if (count === FLEXIBLE && i === 0 && last) continue;
    if (!(Number.isInteger(count) && count >= 0)) wrong(count === FLEXIBLE ? 'a flexible array must be the last member' : `an array of ${count} elements`);
  }
}

const isPowerOfTwo = (value: number): boolean => Number.isInteger(value) && value > 0 && Number.isInteger(Math.log2(value));
const roundUp = (value: number, step: number): number => Math.ceil(value / step) * step;

/** Places the fields of a declaration. @throws LayoutError `DECLARATION`. */
export function lay<V>(name: string, kind: 'struct' | 'union', declared: Fields, { packed = false, align: leastOfAll = 1 }: RecordOptions): Layout<V> {
  if (!isPowerOfTwo(leastOfAll)) throw new LayoutError('DECLARATION', name, `an alignment of ${leastOfAll} is no power of two`);
  const fields: Field[] = [];
  let bit = 0;
  let end = 0;
  let align = leastOfAll;
  const entries = Object.entries(declared);
  for (const [index, [key, type]] of entries.entries()) {
    const shape = shapeOf(type);
    sane(`${name}.${key}`, shape, kind === 'union' || index === entries.length - 1);
    const step = Math.max(packed ? 1 : shape.align, shape.least ?? 1);
    if (kind === 'union') bit = 0;
    align = Math.max(align, step);
    const common = { name: shape.anonymous ? '' : key, size: shape.size, element: shape.element, ...(shape.names && { names: shape.names }) };
    if (shape.width === undefined) {
      const offset = roundUp(Math.ceil(bit / 8), step);
      fields.push({ ...common, offset, dims: shape.dims, ...(shape.truth && { truth: true }) });
      bit = (offset + shape.size) * 8;
    } else {
      // A bitfield does not cross its unit, unless the record is packed.
      const unit = shape.size * 8;
      if (!packed && Math.floor(bit / unit) !== Math.floor((bit + shape.width - 1) / unit)) bit = roundUp(bit, unit);
      const offset = packed ? Math.floor(bit / 8) : Math.floor(bit / unit) * shape.size;
      fields.push({ ...common, offset, dims: [], bits: { shift: bit - offset * 8, width: shape.width } });
      bit += shape.width;
    }
    end = Math.max(end, Math.ceil(bit / 8));
  }
  return placed<V>({ name, kind, size: roundUp(end, align), align, fields: () => fields });
}
