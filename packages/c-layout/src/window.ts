import type { Codec } from './codec.ts';
import { refuse, WHOLE } from './part.ts';
import type { Interpreted } from './record.ts';

/**
 * A record in place, over a DataView that begins where it does: one more addition for every access would show. Its
 * fields are accessors on the prototype of a class of its own.
 */
export class Window {
  readonly $v: DataView;

  constructor(view: DataView, at: number) {
    this.$v = at === 0 ? view : new DataView(view.buffer, view.byteOffset + at, view.byteLength - at);
  }
}

export type WindowClass = new (view: DataView, at: number) => Window;

/** Makes the accessors of a field at `offset`; what its setter does not take by itself it gives to `put`. */
export type Accessor = (offset: number, put: (window: Window, value: unknown) => void) => { get(this: Window): unknown; set(this: Window, value: unknown): void };

/** The class of a record's views. */
export function windowOf(record: Interpreted<unknown>): WindowClass {
  const views = class extends Window {};
  for (const codec of record.$codecs.all) {
    const own = codec.single === undefined ? undefined : record.$accessor(codec.single);
    Object.defineProperty(views.prototype, codec.name, { enumerable: true, configurable: true, ...accessors(codec, `${record.name}.${codec.name}`, own) });
  }
  return views;
}

function accessors(codec: Codec, path: string, own: Accessor | undefined): ReturnType<Accessor> {
  const { offset, live } = codec;
  const put = ({ $v }: Window, value: unknown): void => {
    refuse(codec.flaw(value, WHOLE), path);
    codec.set($v, offset, value);
  };
  return own?.(offset, put) ?? {
    get() { return live ? live(this.$v, offset, path) : codec.get(this.$v, offset); },
    set(value) { put(this, value); },
  };
}
