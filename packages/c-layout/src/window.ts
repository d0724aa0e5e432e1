import type { Codec } from './codec.ts';
import { refuse, WHOLE, type Accessor } from './part.ts';
import type { Interpreted } from './record.ts';

/** Makes a record in place. */
export type Opener = (view: DataView, at: number) => object;

/** For a record with fields that are called like something of a DataView's. */
class Boxed {
  readonly $v: DataView;

  constructor(...place: ConstructorParameters<typeof DataView>) {
    this.$v = new DataView(...place);
  }
}

/**
 * What opens a record's views. A view is a DataView that begins where its record does, of a class of the record's own
 * whose prototype has its fields as accessors: to reach a DataView through a property, or to add where the record
 * begins, shows in every access.
 */
export function windowOf(record: Interpreted<unknown>): Opener {
  const codecs = record.$codecs.all;
  const boxed = codecs.some(({ name }) => name in DataView.prototype);
  const Views = class extends ((boxed ? Boxed : DataView) as new (...place: ConstructorParameters<typeof DataView>) => object) {};
  for (const codec of codecs) {
    const own = accessors(codec, `${record.name}.${codec.name}`);
    Object.defineProperty(Views.prototype, codec.name, {
      enumerable: true,
      configurable: true,
      ...(boxed ? { get(this: Boxed) { return own.get.call(this.$v); }, set(this: Boxed, value: unknown) { own.set.call(this.$v, value); } } : own),
    });
  }
  return (view, at) => new Views(view.buffer, view.byteOffset + at, view.byteLength - at);
}

/** Code that records share is fast as long as it meets DataViews of one class. */
const plain = ({ buffer, byteOffset, byteLength }: DataView): DataView => new DataView(buffer, byteOffset, byteLength);

function accessors(codec: Codec, path: string): ReturnType<Accessor> {
  const { offset, live } = codec;
  const put = (view: DataView, value: unknown): void => {
    refuse(codec.flaw(value, WHOLE), path);
    codec.set(plain(view), offset, value);
  };
  return codec.accessor?.(offset, put) ?? {
    get() { return (live ?? codec.get)(plain(this), offset, path); },
    set(value) { put(this, value); },
  };
}
