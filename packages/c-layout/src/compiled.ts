// What generated modules are made of. Not for hand-written code: names and rows follow the generator.
import { FLEXIBLE, type Field } from './field.ts';
import type { Layout } from './layout.ts';
import { Interpreted } from './record.ts';
import { SCALARS, type ScalarName } from './scalars.ts';
import type { View, Window as Place } from './view.ts';

export * from './array-access.ts';
export * from './scalar-access.ts';

/**
 * A record of a generated module. Its fields are rows of one text, `name offset type dims shift:width`, with `;` between
 * them; what is missing at the end of a row is left out. `t8` and `t32` are truth values in a u8 and a u32, `@0` the first
 * of the records that it is made of.
 */
export class Compiled<V> extends Interpreted<V> {
  readonly #makeViews: () => ViewClass;
  /** Made for the first view: most records are never shown. */
  #views: ViewClass | undefined;

  constructor(name: string, kind: 0 | 1, size: number, align: number, rows: string, views: () => ViewClass, nested: () => readonly Layout<unknown>[] = () => []) {
    super({ name, kind: kind === 0 ? 'struct' : 'union', size, align, fields: () => (rows === '' ? [] : rows.split(';').map((row) => fieldOf(row, nested()))) });
    this.#makeViews = views;
  }

  override view(view: DataView, at: number = 0): View<V> {
    this.$in(view, at, this.size);
    if (this.#views === undefined) {
      this.#views = this.#makeViews();
      this.#views.prototype.$of = this;
    }
    return new this.#views(view, at) as unknown as View<V>;
  }
}

interface ViewClass { new (view: DataView, at: number): Window; readonly prototype: { $of: Interpreted<unknown> } }

/** A record in place; the generated subclass has the accessors, and its prototype the record. */
export class Window implements Place {
  readonly $v: DataView;
  readonly $a: number;
  declare $of: Interpreted<unknown>;

  constructor(view: DataView, at: number) {
    this.$v = view;
    this.$a = at;
  }

  /** What a field shows, by its place among the named ones. */
  $l(index: number): unknown {
    return this.$of.$live(index, this);
  }

  /** Assigns to a field what its accessor did not take by itself. */
  $p(index: number, value: unknown): void {
    this.$of.$put(index, this, value);
  }
}

function fieldOf(row: string, nested: readonly Layout<unknown>[]): Field {
  const [name = '', offset = '', type = '', lengths = '', place = ''] = row.split(' ');
  const truth = type === 't8' || type === 't32';
  const record = nested[Number(type.slice(1))];
  const element = type.startsWith('@') && record ? (): Layout<unknown> => record : truth ? (type === 't8' ? 'u8' : 'u32') : (type as ScalarName);
  const one = typeof element === 'string' ? SCALARS[element].size : element().size;
  const dims = lengths === '' ? [] : lengths.split(',').map(Number);
  const [shift = 0, width = 0] = place.split(':').map(Number);
  return {
    name, offset: Number(offset), element, dims, size: dims.reduce((all, count) => all * (count === FLEXIBLE ? 0 : count), one),
    ...(place !== '' && { bits: { shift, width } }),
    ...(truth && { truth }),
  };
}

/** Room for the bytes of one record that is being written; taken while it is. */
let room: Uint8Array | undefined = new Uint8Array(4096);

/** The bytes of a record before it is written; {@link settle} wants them back. */
export function save(v: DataView, p: number, n: number): Uint8Array {
  const bytes = new Uint8Array(v.buffer, v.byteOffset + p, n);
  const kept = room;
  if (kept === undefined || n > kept.length) return bytes.slice();
  room = undefined;
  kept.set(bytes);
  return kept;
}

/** Ends the writing of a record: a value that was refused leaves no trace. */
export function settle(written: boolean | undefined, v: DataView, p: number, n: number, kept: Uint8Array): boolean {
  if (written !== true) new Uint8Array(v.buffer, v.byteOffset + p, n).set(kept.subarray(0, n));
  if (kept.length === 4096 && kept.byteOffset === 0) room = kept;
  return written === true;
}
