import { FLEXIBLE, type ElementType, type Field } from './field.ts';
import type { Layout } from './layout.ts';
import { describe, within, type Mode, type Part, type PartFlaw } from './part.ts';
import type { Interpreted } from './record.ts';
import type { Scalar, ScalarName } from './scalars.ts';

/** One named field of a record. */
export interface Codec extends Part {
  readonly name: string;
  readonly offset: number;
  /** Takes no space, so a value may do without it. */
  readonly flexible: boolean;
  readonly bits: Field['bits'];
}

export interface Codecs {
  readonly all: readonly Codec[];
  readonly byName: ReadonlyMap<string, Codec>;
  /** There when fields lie on the same bytes. */
  readonly conflict: Conflict | undefined;
}

/** The first field whose value differs from another's on the bytes that they share. */
export type Conflict = (record: Interpreted<unknown>, value: Record<string, unknown>) => PartFlaw | undefined;

/**
 * What the parts of fields are made with: scalars by their names in capitals, and makers of other parts. The interpreter
 * has all, a generated record what its fields need.
 */
export type Kit = Readonly<Partial<Record<Uppercase<ScalarName> | 'T8' | 'T32', Scalar>>> & {
  readonly bitsPart?: (unit: Scalar, shift: number, width: number) => Part;
  readonly bytesPart?: (count: number, union?: Layout<unknown>) => Part;
  readonly arrayPart?: (element: Part, count: number) => Part;
};

/** The name of a scalar as rows of generated modules have it. */
export function scalarType(name: ScalarName, truth: boolean): string {
  return truth ? name.replace('u', 't') : name;
}

/** The codecs of a record's fields. Those of a member without a name belong to the record around it. */
export function codecsOf(fields: readonly Field[], kit: Kit, conflict: Conflict | undefined): Codecs {
  const all = fields.flatMap((field) => {
    const { name, element, offset, dims, bits } = field;
    if (name === '') return of(element).$codecs.all.map((codec) => ({ ...codec, offset: offset + codec.offset }));
    return [{ ...partOf(field, kit), name, offset, flexible: dims[0] === FLEXIBLE, bits }];
  });
  return { all, byName: new Map(all.map((codec) => [codec.name, codec])), conflict };
}

/** Every layout is one of ours. */
const of = (element: ElementType): Interpreted<unknown> => (element as () => unknown)() as Interpreted<unknown>;

function partOf({ bits, element, dims, truth = false }: Field, kit: Kit): Part {
  const { bitsPart, bytesPart, arrayPart } = kit;
  const scalar = (name: ScalarName): Scalar => kit[scalarType(name, truth).toUpperCase() as 'U8']!;
  if (bits) return bitsPart!(scalar(element as ScalarName), bits.shift, bits.width);
  // What an open row of unions holds only the reader knows: it is bytes.
  if (dims[0] === FLEXIBLE && typeof element !== 'string' && element().kind === 'union') return bytesPart!(FLEXIBLE);
  const inner = dims.at(-1);
  if (inner !== undefined && !truth && (element === 'u8' || element === 'char')) return dims.slice(0, -1).reduceRight((part, count) => arrayPart!(part, count), bytesPart!(inner));
  const one = typeof element === 'string' ? scalar(element) : element().kind === 'union' ? bytesPart!(element().size, element()) : recordPart(of(element));
  return dims.reduceRight((part, count) => arrayPart!(part, count), one);
}

function recordPart(record: Interpreted<unknown>): Part {
  return {
    size: record.size,
    get: (view, at) => record.decode(view, at),
    set: (view, at, value) => { fillRecord(record, view, at, value); },
    live: (view, at) => record.view(view, at),
    flaw: (value, mode) => within(recordFlaw(record, value, mode), '.'),
  };
}

/** The first flaw of `value` as one of `record`. */
export function recordFlaw(record: Interpreted<unknown>, value: unknown, mode: Mode): PartFlaw | undefined {
  if (typeof value !== 'object' || value === null) return { code: 'KIND', path: '', message: `expected a value of ${record.name}, got ${describe(value)}`, value };
  const { all, byName, conflict } = record.$codecs;
  const given = value as Record<string, unknown>;
  for (const codec of all) {
    const part = given[codec.name];
    if (part === undefined && (mode.partial || codec.flexible)) continue;
    const flaw = codec.flaw(part, mode);
    if (flaw) return within(flaw, codec.name);
  }
  if (!mode.surplus) {
    const unknown = Object.keys(given).find((key) => given[key] !== undefined && !byName.has(key));
    if (unknown !== undefined) return { code: 'UNKNOWN_FIELD', path: unknown, message: `${record.name} has no such field`, value: given[unknown] };
  }
  return conflict?.(record, given);
}

/** Writes the fields that a checked value has. */
export function fillRecord(record: Interpreted<unknown>, view: DataView, at: number, value: unknown): void {
  for (const codec of record.$codecs.all) {
    const part = (value as Record<string, unknown>)[codec.name];
    if (part !== undefined) codec.set(view, at + codec.offset, part);
  }
}
