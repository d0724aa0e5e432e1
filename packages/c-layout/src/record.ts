import { dataView } from './bytes.ts';
import { codecsOf, fillRecord, recordFlaw, type Codec } from './codec.ts';
import { LayoutError } from './errors.ts';
import type { Field } from './field.ts';
import type { Flaw, Layout, Partially } from './layout.ts';

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
 * a large set are never touched.
 */
class Interpreted<V, W> implements Layout<V, W> {
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
    this.#offsets ??= Object.fromEntries(this.#codecs().map((codec) => [codec.name, codec.offset]));
    return this.#offsets as { readonly [K in keyof V]: number };
  }

  decode(view: DataView, at = 0): V {
    this.#bound(view, at);
    const value: Record<string, unknown> = {};
    for (const codec of this.#codecs()) value[codec.name] = codec.get(view, at + codec.offset);
    return value as V;
  }

  encode(view: DataView, at: number, value: V): void {
    this.#bound(view, at);
    const flaw = this.#flaw(value, false);
    if (flaw) throw new LayoutError(flaw.code, `${this.name}.${flaw.path}`, flaw.message);
    const record = value as Record<string, unknown>;
    for (const codec of this.#codecs()) codec.set(view, at + codec.offset, record[codec.name]);
  }

  view(view: DataView, at = 0): W {
    this.#bound(view, at);
    if (this.#accessors === undefined) {
      this.#accessors = {};
      for (const codec of this.#codecs()) {
        Object.defineProperty(this.#accessors, codec.name, {
          enumerable: true,
          get(this: Window) {
            return codec.live ? codec.live(this.$view, this.$at + codec.offset) : codec.get(this.$view, this.$at + codec.offset);
          },
          set(this: Window, value: unknown) {
            const flaw = codec.flaw(value, false);
            if (flaw) throw new LayoutError(flaw.code, codec.name + flaw.path, flaw.message);
            codec.set(this.$view, this.$at + codec.offset, value);
          },
        });
      }
    }
    return Object.create(this.#accessors, { $view: { value: view }, $at: { value: at } }) as W;
  }

  read(bytes: Uint8Array, at = 0): V {
    return this.decode(dataView(bytes), at);
  }

  write(bytes: Uint8Array, at: number, value: Partially<V>): void {
    const view = dataView(bytes);
    this.#bound(view, at);
    const flaw = this.#flaw(value, true);
    if (flaw) throw new LayoutError(flaw.code, `${this.name}.${flaw.path}`, flaw.message);
    bytes.fill(0, at, at + this.size);
    fillRecord(this, view, at, value);
  }

  create(value?: Partially<V>): Uint8Array {
    const bytes = new Uint8Array(this.size);
    if (value !== undefined) this.write(bytes, 0, value);
    return bytes;
  }

  validate(value: unknown): Flaw | undefined {
    const flaw = this.#flaw(value, false);
    return flaw && { path: flaw.path, message: flaw.message };
  }

  #codecs(): readonly Codec[] {
    return codecsOf(this);
  }

  #flaw(value: unknown, partial: boolean): ReturnType<Codec['flaw']> {
    return recordFlaw(this, value, partial);
  }

  #bound(view: DataView, at: number): void {
    if (at < 0 || at + this.size > view.byteLength) {
      throw new LayoutError('SHORT', this.name, `needs ${this.size} bytes at ${at}, there are ${Math.max(0, view.byteLength - at)}`);
    }
  }
}

interface Window {
  readonly $view: DataView;
  readonly $at: number;
}

/** A layout from placed fields. */
export function placed<V, W = V>(record: PlacedRecord): Layout<V, W> {
  return new Interpreted<V, W>(record);
}
