import { dataView } from './bytes.ts';
import { fillRecord, recordFlaw, type Codecs } from './codec.ts';
import { LayoutError } from './errors.ts';
import type { Field } from './field.ts';
import type { Flaw, Layout, Partially } from './layout.ts';
import { EXACT, PARTIAL, refuse, WHOLE } from './part.ts';
import type { View } from './view.ts';
import { windowOf, type Opener } from './window.ts';

/**
 * The interpreter: what a record means, one field after another. Records that are declared and records that are
 * generated differ in where their fields come from; the generated replace the methods that are worth it. The names
 * with a `$` are for them and for the records around this one.
 */
export abstract class Interpreted<V> implements Layout<V> {
  readonly name: string;
  readonly size: number;
  readonly align: number;
  readonly kind: 'struct' | 'union';
  #offsets: Readonly<Record<string, number>> | undefined;
  #open: Opener | undefined;

  constructor(name: string, kind: 'struct' | 'union', size: number, align: number) {
    this.name = name;
    this.size = size;
    this.align = align;
    this.kind = kind;
  }

  abstract get fields(): readonly Field[];

  /** How every named field is read, written and checked. */
  abstract get $codecs(): Codecs;

  get offsets(): { readonly [K in keyof V]: number } {
    this.#offsets ??= Object.freeze(Object.fromEntries(this.$codecs.all.map((codec) => [codec.name, codec.offset])));
    return this.#offsets as { readonly [K in keyof V]: number };
  }

  decode(view: DataView, at = 0): V {
    this.$in(view, at, this.size);
    return this.$get(view, at);
  }

  encode(view: DataView, at: number, value: V): void {
    this.$encode(view, at, value);
  }

  view(view: DataView, at = 0): View<V> {
    this.$in(view, at, this.size);
    return (this.#open ??= windowOf(this))(view, at) as View<V>;
  }

  read(bytes: Uint8Array, at = 0): V {
    return this.decode(dataView(bytes), at);
  }

  write(bytes: Uint8Array, at: number, value: Partially<V>): void {
    const view = dataView(bytes);
    this.$in(view, at, this.size);
    this.#refuse(recordFlaw(this, value, PARTIAL));
    bytes.fill(0, at, at + this.size);
    fillRecord(this, view, at, value);
  }

  create(value?: Partially<V>): Uint8Array {
    const bytes = new Uint8Array(this.size);
    if (value !== undefined) this.write(bytes, 0, value);
    return bytes;
  }

  validate(value: unknown): Flaw | undefined {
    const flaw = recordFlaw(this, value, EXACT);
    return flaw && { path: flaw.path, message: flaw.message };
  }

  /** @throws LayoutError `SHORT` when `size` bytes at `at` are not all there. */
  $in(view: DataView, at: number, size: number): void {
    if (!(at >= 0 && at + size <= view.byteLength)) {
      throw new LayoutError('SHORT', this.name, `needs ${size} bytes at ${at}, there are ${Math.max(0, view.byteLength - at)}`);
    }
  }

  /** The value at a place that was checked. */
  $get(view: DataView, at: number): V {
    const value: Record<string, unknown> = {};
    for (const codec of this.$codecs.all) value[codec.name] = codec.get(view, at + codec.offset);
    return value as V;
  }

  /** What {@link encode} is for the interpreter, and for generated code when it finds anything amiss. */
  $encode(view: DataView, at: number, value: unknown): void {
    this.$in(view, at, this.size);
    this.#refuse(recordFlaw(this, value, WHOLE));
    fillRecord(this, view, at, value);
  }

  #refuse(flaw: ReturnType<typeof recordFlaw>): void {
    // A flaw of the value as a whole has no field.
    refuse(flaw, flaw?.path === '' ? this.name : `${this.name}.`);
  }
}
