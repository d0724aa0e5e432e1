import { dataView } from './bytes.ts';
import { codecsOf, fillRecord, recordFlaw, type Codec } from './codec.ts';
import { LayoutError } from './errors.ts';
import type { Field } from './field.ts';
import type { Flaw, Layout, Partially } from './layout.ts';
import { EXACT, PARTIAL, refuse, WHOLE } from './part.ts';
import type { View, Window } from './view.ts';

/** A record whose fields are placed already. */
export interface PlacedRecord {
  readonly name: string;
  readonly kind: 'struct' | 'union';
  readonly size: number;
  readonly align: number;
  /** Called on first use. */
  readonly fields: () => readonly Field[];
}

/**
 * The interpreter: what a declaration means, one field after another. Compiled on first use, for most records of
 * a large set are never touched. Generated records replace the methods that are worth it; the names with a `$` are
 * theirs.
 */
export class Interpreted<V> implements Layout<V> {
  readonly name: string;
  readonly size: number;
  readonly align: number;
  readonly kind: 'struct' | 'union';
  readonly #source: () => readonly Field[];
  #fields: readonly Field[] | undefined;
  #offsets: Readonly<Record<string, number>> | undefined;
  #accessors: object | undefined;

  constructor(record: PlacedRecord) {
    this.name = record.name;
    this.size = record.size;
    this.align = record.align;
    this.kind = record.kind;
    this.#source = record.fields;
  }

  get fields(): readonly Field[] {
    return (this.#fields ??= this.#source());
  }

  get offsets(): { readonly [K in keyof V]: number } {
    this.#offsets ??= Object.freeze(Object.fromEntries(codecsOf(this).all.map((codec) => [codec.name, codec.offset])));
    return this.#offsets as { readonly [K in keyof V]: number };
  }

  decode(view: DataView, at = 0): V {
    this.$in(view, at, this.size);
    return this.$g(view, at);
  }

  encode(view: DataView, at: number, value: V): void {
    this.$in(view, at, this.size);
    if (!this.$is(value)) this.$no(value);
    this.$set(view, at, value);
  }

  view(view: DataView, at = 0): View<V> {
    this.$in(view, at, this.size);
    this.#accessors ??= Object.defineProperties({}, Object.fromEntries(codecsOf(this).all.map((codec, index) => [codec.name, this.#accessor(index)])));
    return Object.create(this.#accessors, { $v: { value: view }, $a: { value: at } }) as View<V>;
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
  $g(view: DataView, at: number): V {
    const value: Record<string, unknown> = {};
    for (const codec of codecsOf(this).all) value[codec.name] = codec.get(view, at + codec.offset);
    return value as V;
  }

  $is(value: unknown): boolean {
    return recordFlaw(this, value, WHOLE) === undefined;
  }

  /** Writes a checked value. */
  $set(view: DataView, at: number, value: unknown): void {
    fillRecord(this, view, at, value);
  }

  $no(value: unknown): never {
    this.#refuse(recordFlaw(this, value, WHOLE));
    throw new LayoutError('KIND', this.name, 'refused', { value });
  }

  /** Checks a value and writes it; false when it was refused, and part of it may have been written then. */
  $w(view: DataView, at: number, value: unknown): boolean {
    if (!this.$is(value)) return false;
    this.$set(view, at, value);
    return true;
  }

  /** One field by its place among the named ones, by the interpreter: what generated code does not spell out. */
  $codec(index: number): Codec {
    return codecsOf(this).all[index]!;
  }

  $fits(index: number, value: unknown): boolean {
    return this.$codec(index).flaw(value, WHOLE) === undefined;
  }

  /** What a view shows for a field. */
  $live(index: number, { $v, $a }: Window): unknown {
    const codec = this.$codec(index);
    const at = $a + codec.offset;
    return codec.live ? codec.live($v, at, `${this.name}.${codec.name}`) : codec.get($v, at);
  }

  /** A view's assignment to a field. */
  $put(index: number, { $v, $a }: Window, value: unknown): void {
    const codec = this.$codec(index);
    refuse(codec.flaw(value, WHOLE), `${this.name}.${codec.name}`);
    codec.set($v, $a + codec.offset, value);
  }

  #accessor(index: number): PropertyDescriptor {
    const live = (window: Window): unknown => this.$live(index, window);
    const put = (window: Window, value: unknown): void => { this.$put(index, window, value); };
    return {
      enumerable: true,
      get(this: Window) { return live(this); },
      set(this: Window, value: unknown) { put(this, value); },
    };
  }

  #refuse(flaw: ReturnType<typeof recordFlaw>): void {
    // A flaw of the value as a whole has no field.
    refuse(flaw, flaw?.path === '' ? this.name : `${this.name}.`);
  }
}

/** A layout from placed fields. */
export function placed<V>(record: PlacedRecord): Layout<V> {
  return new Interpreted<V>(record);
}
