import { FLEXIBLE } from './field.ts';
import type { Layout } from './layout.ts';
import { within, wrongKind, type Part } from './part.ts';
import { Elements } from './view.ts';

/** Bytes as they are: an array of bytes, or a union, whose view shows its members. */
export function bytesPart(count: number, union?: Layout<unknown>): Part {
  const size = count === FLEXIBLE ? 0 : count;
  return {
    size,
    get: (view, at) => new Uint8Array(view.buffer, view.byteOffset + at, size).slice(),
    set: (view, at, value) => {
      const target = new Uint8Array(view.buffer, view.byteOffset + at, size);
      target.set(value as Uint8Array);
      target.fill(0, (value as Uint8Array).length);
    },
    live: union
      ? (view, at) => union.view(view, at)
      : (view, at) => new Uint8Array(view.buffer, view.byteOffset + at, count === FLEXIBLE ? view.byteLength - at : size),
    flaw: (value) => {
      if (!(value instanceof Uint8Array)) return wrongKind('a Uint8Array', value);
      if (value.length > size) return { code: 'LENGTH', path: '', message: `${value.length} bytes do not fit ${size}`, value };
      return undefined;
    },
  };
}

export function arrayPart(element: Part, count: number): Part {
  const length = count === FLEXIBLE ? 0 : count;
  return {
    size: element.size * length,
    get: (view, at) => Array.from({ length }, (_, i) => element.get(view, at + i * element.size)),
    set: (view, at, value) => {
      const items = value as readonly unknown[];
      items.forEach((item, i) => { element.set(view, at + i * element.size, item); });
      new Uint8Array(view.buffer, view.byteOffset + at + items.length * element.size, (length - items.length) * element.size).fill(0);
    },
    live: (view, at, path) => new Elements(element, count === FLEXIBLE ? Math.floor((view.byteLength - at) / element.size) : length, view, at, path),
    flaw: (value, mode) => {
      if (!Array.isArray(value)) return wrongKind('an array', value);
      if (value.length > length || (!mode.partial && value.length !== length)) return { code: 'LENGTH', path: '', message: `${value.length} elements, the field has ${length}`, value };
      for (let i = 0; i < value.length; i++) {
        const flaw = element.flaw(value[i], mode);
        if (flaw) return within(flaw, `[${i}]`);
      }
      return undefined;
    },
  };
}
