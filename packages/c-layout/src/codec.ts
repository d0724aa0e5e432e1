import type { LayoutErrorCode } from './errors.ts';
import type { ElementType, Field } from './field.ts';
import type { Layout } from './layout.ts';
import { SCALARS, type Scalar } from './scalars.ts';

export interface CodecFlaw {
  readonly code: LayoutErrorCode;
  /** `[3].inner`, to be put behind the field's name. */
  readonly path: string;
  readonly message: string;
}

/** How one named field is read, written and checked. */
export interface Codec {
  readonly name: string;
  readonly offset: number;
  get(view: DataView, at: number): unknown;
  /** Writes a checked value; may be partial where `flaw` allowed it. */
  set(view: DataView, at: number, value: unknown): void;
  /** Only for what a view shows in place. */
  readonly live?: ((view: DataView, at: number) => unknown) | undefined;
  flaw(value: unknown, partial: boolean): CodecFlaw | undefined;
}

type Part = Omit<Codec, 'name' | 'offset'>;

const compiled = new WeakMap<Layout<unknown>, readonly Codec[]>();

/** The codecs of a record's fields; made on first use, for most records of a large set are never touched. */
export function codecsOf(layout: Layout<unknown>): readonly Codec[] {
  let codecs = compiled.get(layout);
  if (codecs === undefined) compiled.set(layout, (codecs = layout.fields.flatMap((field) => codecOf(field))));
  return codecs;
}

/** The first flaw of `value` as one of `layout`; a partial value may lack fields. */
export function recordFlaw(layout: Layout<unknown>, value: unknown, partial: boolean): CodecFlaw | undefined {
  if (typeof value !== 'object' || value === null) return { code: 'KIND', path: '', message: `expected a value of ${layout.name}, got ${describe(value)}` };
  const codecs = codecsOf(layout);
  const given = value as Record<string, unknown>;
  for (const codec of codecs) {
    const part = given[codec.name];
    if (part === undefined && partial) continue;
    const flaw = codec.flaw(part, partial);
    if (flaw) return { ...flaw, path: codec.name + flaw.path };
  }
  const unknown = Object.keys(given).find((key) => given[key] !== undefined && !codecs.some((codec) => codec.name === key));
  return unknown === undefined ? undefined : { code: 'UNKNOWN_FIELD', path: unknown, message: `${layout.name} has no such field` };
}

/** Writes the fields that a checked value has. */
export function fillRecord(layout: Layout<unknown>, view: DataView, at: number, value: unknown): void {
  const record = value as Record<string, unknown>;
  for (const codec of codecsOf(layout)) {
    const part = record[codec.name];
    if (part !== undefined) codec.set(view, at + codec.offset, part);
  }
}

/** The codecs of a field: one, or those of the members that an anonymous struct or union gives to its parent. */
function codecOf(field: Field): readonly Codec[] {
  if (field.name === '') {
    return codecsOf((field.element as () => Layout<unknown>)()).map((codec) => ({ ...codec, offset: field.offset + codec.offset }));
  }
  return [{ name: field.name, offset: field.offset, ...partOf(field) }];
}

function partOf(field: Field): Part {
  if (field.bits) return bitsPart(SCALARS[field.element as 'u32'], field.bits.shift, field.bits.width);
  const element = elementPart(field.element, field.truth === true);
  return field.dims.reduceRight<{ part: Part; size: number; element: ElementType | undefined }>(
    ({ part, size, element: byte }, count) => ({ part: arrayPart(part, size, Math.max(count, 0), byte), size: size * Math.max(count, 0), element: undefined }),
    { part: element, size: elementSize(field.element), element: field.truth ? undefined : field.element },
  ).part;
}

function elementSize(element: ElementType): number {
  return typeof element === 'string' ? SCALARS[element].size : element().size;
}

function elementPart(element: ElementType, truth: boolean): Part {
  if (typeof element === 'string') return truth ? truthPart(SCALARS[element]) : scalarPart(SCALARS[element]);
  const layout = element();
  return layout.kind === 'union' ? bytesPart(layout.size, layout) : recordPart(layout);
}

function scalarPart(scalar: Scalar): Part {
  return {
    get: scalar.get,
    set: scalar.set,
    flaw: (value) => scalarFlaw(scalar, value),
  };
}

function scalarFlaw({ value: kind, min, max }: Scalar, value: unknown): CodecFlaw | undefined {
  if (typeof value !== kind) return { code: 'KIND', path: '', message: `expected a ${kind}, got ${describe(value)}` };
  if (min === undefined) return undefined;
  if (kind === 'number' && !Number.isInteger(value)) return { code: 'RANGE', path: '', message: `expected a whole number, got ${String(value)}` };
  if ((value as number) < min || (value as number) > max!) return { code: 'RANGE', path: '', message: `${String(value)} is outside ${String(min)} to ${String(max)}` };
  return undefined;
}

function truthPart(scalar: Scalar): Part {
  return {
    get: (view, at) => scalar.get(view, at) !== 0,
    set: (view, at, value) => { scalar.set(view, at, (value ? 1 : 0) as never); },
    flaw: (value) => (typeof value === 'boolean' ? undefined : { code: 'KIND', path: '', message: `expected a boolean, got ${describe(value)}` }),
  };
}

function bitsPart(scalar: Scalar, shift: number, width: number): Part {
  const mask = 2 ** width - 1;
  return {
    get: (view, at) => Math.floor((scalar.get(view, at) as number) / 2 ** shift) % (mask + 1),
    set: (view, at, value) => {
      const old = scalar.get(view, at) as number;
      const now = Math.floor(old / 2 ** shift) % (mask + 1);
      scalar.set(view, at, (old + ((value as number) - now) * 2 ** shift) as never);
    },
    flaw: (value) => scalarFlaw({ ...scalar, max: mask }, value),
  };
}

function recordPart(layout: Layout<unknown>): Part {
  return {
    get: (view, at) => layout.decode(view, at),
    set: (view, at, value) => { fillRecord(layout, view, at, value); },
    live: (view, at) => layout.view(view, at),
    flaw: (value, partial) => {
      const flaw = recordFlaw(layout, value, partial);
      return flaw && { ...flaw, path: `.${flaw.path}` };
    },
  };
}

/** Bytes as they are: unions, and arrays of bytes. */
function bytesPart(size: number, union?: Layout<unknown>): Part {
  return {
    get: (view, at) => new Uint8Array(view.buffer, view.byteOffset + at, size).slice(),
    set: (view, at, value) => {
      const target = new Uint8Array(view.buffer, view.byteOffset + at, size);
      target.set(value as Uint8Array);
      target.fill(0, (value as Uint8Array).length);
    },
    live: union ? (view, at) => union.view(view, at) : (view, at) => new Uint8Array(view.buffer, view.byteOffset + at, size),
    flaw: (value) => {
      if (!(value instanceof Uint8Array)) return { code: 'KIND', path: '', message: `expected a Uint8Array, got ${describe(value)}` };
      if (value.length > size) return { code: 'LENGTH', path: '', message: `${value.length} bytes do not fit ${size}` };
      return undefined;
    },
  };
}

function arrayPart(part: Part, size: number, count: number, element: ElementType | undefined): Part {
  if (element === 'u8' || element === 'char') return bytesPart(count);
  return {
    get: (view, at) => Array.from({ length: count }, (_, i) => part.get(view, at + i * size)),
    set: (view, at, value) => {
      const items = value as readonly unknown[];
      new Uint8Array(view.buffer, view.byteOffset + at + items.length * size, (count - items.length) * size).fill(0);
      items.forEach((item, i) => { part.set(view, at + i * size, item); });
    },
    flaw: (value, partial) => {
      if (!Array.isArray(value)) return { code: 'KIND', path: '', message: `expected an array, got ${describe(value)}` };
      if (value.length > count || (!partial && value.length !== count)) return { code: 'LENGTH', path: '', message: `${value.length} elements, the field has ${count}` };
      for (const [i, item] of value.entries()) {
        const flaw = part.flaw(item, partial);
        if (flaw) return { ...flaw, path: `[${i}]${flaw.path}` };
      }
      return undefined;
    },
  };
}

function describe(value: unknown): string {
  if (value === null) return 'null';
  switch (typeof value) {
    case 'number': case 'bigint': case 'boolean': return `${typeof value} ${value}`;
    case 'string': return `string ${JSON.stringify(value)}`;
    default: return typeof value;
  }
}
