import { arrayPart, bytesPart } from './aggregate-parts.ts';
import { codecsOf, type Codecs, type Kit } from './codec.ts';
import { conflict } from './conflict.ts';
import { overlap, type Field } from './field.ts';
import type { Layout } from './layout.ts';
import { Interpreted } from './record.ts';
import { bitsPart } from './scalar-parts.ts';
import { SCALARS, T32, T8 } from './scalars.ts';

/** A record whose fields are placed already. */
export interface PlacedRecord {
  readonly name: string;
  readonly kind: 'struct' | 'union';
  readonly size: number;
  readonly align: number;
  /** Called on first use. */
  readonly fields: () => readonly Field[];
}

// Without the accessors that are made for speed, so that the interpreter stays something to compare them with.
const KIT: Kit = {
  ...Object.fromEntries(Object.entries({ ...SCALARS, T8, T32 }).map(([name, scalar]) => [name.toUpperCase(), { ...scalar, accessor: undefined }])),
  bitsPart, bytesPart, arrayPart,
};

/** Fields and codecs are made on first use: most records of a large set are never touched. */
class Placed<V> extends Interpreted<V> {
  readonly #source: () => readonly Field[];
  #fields: readonly Field[] | undefined;
  #codecs: Codecs | undefined;

  constructor({ name, kind, size, align, fields }: PlacedRecord) {
    super(name, kind, size, align);
    this.#source = fields;
  }

  get fields(): readonly Field[] {
    return (this.#fields ??= this.#source());
  }

  get $codecs(): Codecs {
    if (this.#codecs === undefined) {
      const codecs = codecsOf(this.fields, KIT, undefined);
      this.#codecs = overlap(codecs.all) ? { ...codecs, conflict } : codecs;
    }
    return this.#codecs;
  }
}

/** A layout from placed fields. */
export function placed<V>(record: PlacedRecord): Layout<V> {
  return new Placed<V>(record);
}
