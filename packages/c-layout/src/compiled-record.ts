import { codecsOf, fillRecord, recordFlaw, type Codecs, type Conflict, type Kit } from './codec.ts';
import { FLEXIBLE, type ElementType, type Field } from './field.ts';
import type { Layout } from './layout.ts';
import { WHOLE } from './part.ts';
import { Interpreted } from './record.ts';
import type { ScalarName } from './scalars.ts';
import { scratch, writeThrough } from './scratch.ts';

/** What a generated module hands to one of its records: only what the record needs, so that a bundle has no more. */
export type CompiledKit = Kit & {
  /** The records that fields are made of; rows name them by their number here. */
  readonly of?: () => readonly Layout<unknown>[];
  readonly conflict?: Conflict;
};

/** The methods that a module has for a record. What is missing the interpreter does. */
export interface CompiledCode<V> {
  decode?(view: DataView, at?: number): V;
  $get?(view: DataView, at: number): V;
  encode?(view: DataView, at: number, value: V): void;
  $put?(view: DataView | undefined, at: number, value: unknown): boolean | undefined;
}

/** `name type[2][3]@offset:shift+width`; without an offset a field lies where C would put it. */
const ROW = /^(\S*) (\w+)((?:\[-?\d+\])*)(?:@(\d+))?(?::(\d+)\+(\d+))?$/;

/** A record of a generated module. Its fields are rows of one text, which is read when somebody asks for them. */
export class Compiled<V> extends Interpreted<V> {
  readonly #rows: string;
  readonly #kit: CompiledKit;
  #fields: readonly Field[] | undefined;
  #codecs: Codecs | undefined;

  constructor(name: string, kind: 0 | 1, size: number, align: number, rows: string, kit: CompiledKit, code: CompiledCode<V> = {}) {
    super(name, kind === 0 ? 'struct' : 'union', size, align);
    this.#rows = rows;
    this.#kit = kit;
    // As properties of its own: records are of few shapes then, and making one costs next to nothing.
    Object.assign(this, code);
  }

  get fields(): readonly Field[] {
    return (this.#fields ??= fieldsOf(this.#rows, this.kind, this.#kit));
  }

  get $codecs(): Codecs {
    return (this.#codecs ??= codecsOf(this.fields, this.#kit, this.#kit.conflict));
  }

  override encode(view: DataView, at: number, value: V): void {
    this.$in(view, at, this.size);
    if (!writeThrough(this, view, at, value)) this.$encode(view, at, value);
  }

  /** Checks a value and puts it into the scratch; not true when it was refused, and part of it may be there then. */
  $put(_: DataView | undefined, at: number, value: unknown): boolean | undefined {
    if (recordFlaw(this, value, WHOLE)) return undefined;
    fillRecord(this, scratch, at, value);
    return true;
  }

  /** The same for one field, by its place among the named ones. */
  $fill(index: number, at: number, value: unknown): boolean {
    const codec = this.$codecs.all[index]!;
    if (codec.flaw(value, WHOLE)) return false;
    codec.set(scratch, at + codec.offset, value);
    return true;
  }

  /** Reads one field of the record at `at`. */
  $read(index: number, view: DataView, at: number): unknown {
    const codec = this.$codecs.all[index]!;
    return codec.get(view, at + codec.offset);
  }
}

function fieldsOf(rows: string, kind: Layout<unknown>['kind'], kit: CompiledKit): Field[] {
  let end = 0;
  return (rows === '' ? [] : rows.split(',')).map((row) => {
    const [, name = '', type = '', lengths = '', at, shift, width] = ROW.exec(row)!;
    const truth = /^t\d/.test(type);
    const record = kit.of?.()[Number(type)];
    const element: ElementType = record ? () => record : truth ? (type.replace('t', 'u') as ScalarName) : (type as ScalarName);
    const one = (record ?? kit[type.toUpperCase() as 'U8']!).size;
    const align = record?.align ?? one;
    const dims = [...lengths.matchAll(/-?\d+/g)].map(Number);
    const offset = at !== undefined ? Number(at) : kind === 'union' ? 0 : Math.ceil(end / align) * align;
    const size = dims.reduce((all, count) => all * (count === FLEXIBLE ? 0 : count), one);
    end = offset + size;
    return { name, offset, size, element, dims, ...(shift && { bits: { shift: Number(shift), width: Number(width) } }), ...(truth && { truth }) };
  });
}
