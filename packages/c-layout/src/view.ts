import { LayoutError } from './errors.ts';
import { refuse, WHOLE, type Part } from './part.ts';

/** Names the members of a union in the type of its bytes; never there at run time. */
declare const UNION: unique symbol;

/** The value of a union: its raw bytes. `U` are its members, which a view shows. */
export type UnionBytes<U> = Uint8Array & { readonly [UNION]?: U };

/** The elements of an array in place. Indices outside 0 to `length - 1` are a LayoutError `RANGE`. */
export interface ArrayView<E> extends Iterable<InPlace<E>> {
  readonly length: number;
  /** The element: a record as its view, anything else as its value. */
  get(index: number): InPlace<E>;
  /** Writes one element. @throws LayoutError, and then nothing was written. */
  set(index: number, value: E): void;
}

/** What a view shows for a field of type `T`. */
export type InPlace<T> = T extends Uint8Array ? (T extends UnionBytes<infer U> ? (unknown extends U ? Uint8Array : View<U>) : Uint8Array)
  : T extends readonly (infer E)[] ? ArrayView<E>
  : T extends object ? View<T>
  : T;

/** A record in place, from the type of its value. */
export type View<V> = { -readonly [K in keyof V]: InPlace<V[K]> };

export class Elements implements ArrayView<unknown> {
  readonly length: number;
  readonly #part: Part;
  readonly #view: DataView;
  readonly #at: number;
  readonly #path: string;

  constructor(part: Part, length: number, view: DataView, at: number, path: string) {
    this.#part = part;
    this.length = length;
    this.#view = view;
    this.#at = at;
    this.#path = path;
  }

  get(index: number): InPlace<unknown> {
    const at = this.#place(index);
    return (this.#part.live ? this.#part.live(this.#view, at, `${this.#path}[${index}]`) : this.#part.get(this.#view, at));
  }

  set(index: number, value: unknown): void {
    const at = this.#place(index);
    refuse(this.#part.flaw(value, WHOLE), `${this.#path}[${index}]`);
    this.#part.set(this.#view, at, value);
  }

  *[Symbol.iterator](): Generator {
    for (let i = 0; i < this.length; i++) yield this.get(i);
  }

  #place(index: number): number {
    if (Number.isInteger(index) && index >= 0 && index < this.length) return this.#at + index * this.#part.size;
    throw new LayoutError('RANGE', `${this.#path}[${index}]`, `there are ${this.length} elements`, { value: index, range: { min: 0, max: this.length - 1 } });
  }
}
