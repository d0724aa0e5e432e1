import { arrayPart, bytesPart } from './aggregate-parts.ts';
import { FLEXIBLE, overlap, type ElementType, type Field } from './field.ts';
import type { Layout } from './layout.ts';
import { describe, within, type Mode, type Part, type PartFlaw } from './part.ts';
import { bitsPart, scalarPart, truthPart } from './scalar-parts.ts';
import { SCALARS } from './scalars.ts';

/** One named field of a record. */
export interface Codec extends Part {
  readonly name: string;
  readonly offset: number;
  /** Takes no space, so a value may do without it. */
  readonly flexible: boolean;
  readonly bits: Field['bits'];
}

interface Codecs {
  readonly all: readonly Codec[];
  readonly byName: ReadonlyMap<string, Codec>;
  /** Some fields lie on the same bytes. */
  readonly shared: boolean;
}

const compiled = new WeakMap<Layout<unknown>, Codecs>();

/** The codecs of a record's fields; made on first use, for most records of a large set are never touched. */
export function codecsOf(layout: Layout<unknown>): Codecs {
  let codecs = compiled.get(layout);
  if (codecs === undefined) {
    const all = layout.fields.flatMap((field) => codecOf(field));
    codecs = { all, byName: new Map(all.map((codec) => [codec.name, codec])), shared: overlap(all) };
    compiled.set(layout, codecs);
  }
  return codecs;
}

/** The first flaw of `value` as one of `layout`. */
export function recordFlaw(layout: Layout<unknown>, value: unknown, mode: Mode): PartFlaw | undefined {
  if (typeof value !== 'object' || value === null) return { code: 'KIND', path: '', message: `expected a value of ${layout.name}, got ${describe(value)}`, value };
  const { all, byName, shared } = codecsOf(layout);
  const given = value as Record<string, unknown>;
  for (const codec of all) {
    const part = given[codec.name];
    if (part === undefined && (mode.partial || codec.flexible)) continue;
    const flaw = codec.flaw(part, mode);
    if (flaw) return within(flaw, codec.name);
  }
  if (!mode.surplus) {
    const unknown = Object.keys(given).find((key) => given[key] !== undefined && !byName.has(key));
    if (unknown !== undefined) return { code: 'UNKNOWN_FIELD', path: unknown, message: `${layout.name} has no such field`, value: given[unknown] };
  }
  return shared ? conflict(layout, given) : undefined;
}

/** Fields on the same bytes whose values differ there: which of them counts would be a guess. */
function conflict(layout: Layout<unknown>, value: Record<string, unknown>): PartFlaw | undefined {
  const written = (fill: number, write: (view: DataView) => void): Uint8Array => {
    const bytes = new Uint8Array(layout.size).fill(fill);
    write(new DataView(bytes.buffer));
    return bytes;
  };
  const together = written(0, (view) => { fillRecord(layout, view, 0, value); });
  for (const codec of codecsOf(layout).all) {
    const part = value[codec.name];
    if (part === undefined) continue;
    // Bits that come out alike over zeros and over ones are this field's; the others are padding, or not given.
    const alone = [0x00, 0xff].map((fill) => written(fill, (view) => { codec.set(view, codec.offset, part); }));
    const byte = together.findIndex((is, i) => ((is ^ alone[0]![i]!) & ~(alone[0]![i]! ^ alone[1]![i]!)) !== 0);
    if (byte >= 0) return { code: 'CONFLICT', path: codec.name, message: `byte ${byte} of ${layout.name} was given another value by a field that shares it`, value: part };
  }
  return undefined;
}

/** Writes the fields that a checked value has. */
export function fillRecord(layout: Layout<unknown>, view: DataView, at: number, value: unknown): void {
  const record = value as Record<string, unknown>;
  for (const codec of codecsOf(layout).all) {
    const part = record[codec.name];
    if (part !== undefined) codec.set(view, at + codec.offset, part);
  }
}

/** The codecs of a field: one, or those of the members that an anonymous struct or union gives to its parent. */
function codecOf(field: Field): readonly Codec[] {
  if (field.name === '') {
    return codecsOf((field.element as () => Layout<unknown>)()).all.map((codec) => ({ ...codec, offset: field.offset + codec.offset }));
  }
  return [{ ...partOf(field), name: field.name, offset: field.offset, flexible: field.dims[0] === FLEXIBLE, bits: field.bits }];
}

function partOf({ bits, element, dims, truth = false }: Field): Part {
  if (bits) return bitsPart(SCALARS[element as 'u32'], bits.shift, bits.width);
  // What an open row of unions holds only the reader knows: it is bytes.
  if (dims[0] === FLEXIBLE && typeof element !== 'string' && element().kind === 'union') return bytesPart(FLEXIBLE);
  const inner = dims.at(-1);
  const bytes = inner !== undefined && !truth && (element === 'u8' || element === 'char');
  const last = bytes ? bytesPart(inner) : elementPart(element, truth);
  return dims.slice(0, bytes ? -1 : undefined).reduceRight((part, count) => arrayPart(part, count), last);
}

function elementPart(element: ElementType, truth: boolean): Part {
  if (typeof element === 'string') return truth ? truthPart(SCALARS[element]) : scalarPart(SCALARS[element]);
  const layout = element();
  return layout.kind === 'union' ? bytesPart(layout.size, layout) : recordPart(layout);
}

function recordPart(layout: Layout<unknown>): Part {
  return {
    size: layout.size,
    get: (view, at) => layout.decode(view, at),
    set: (view, at, value) => { fillRecord(layout, view, at, value); },
    live: (view, at) => layout.view(view, at),
    flaw: (value, mode) => within(recordFlaw(layout, value, mode), '.'),
  };
}
