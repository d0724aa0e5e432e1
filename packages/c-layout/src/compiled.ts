// What generated modules are made of. Not for hand-written code: names and rows follow the generator.
import { FLEXIBLE, type ElementType, type Field } from './field.ts';
import { Interpreted } from './record.ts';
import { SCALARS } from './scalars.ts';
import type { Window as Place } from './view.ts';

export * from './array-access.ts';
export * from './scalar-access.ts';

/** A field as generated modules write it. `t8` and `t32` are truth values in a u8 and a u32. */
export type FieldRow = readonly [name: string, offset: number, element: ElementType | 't8' | 't32', dims?: readonly number[], bits?: readonly [shift: number, width: number]];

/** A record of a generated module. */
export class Compiled<V> extends Interpreted<V> {
  constructor(name: string, kind: 0 | 1, size: number, align: number, rows: () => readonly FieldRow[]) {
    super({ name, kind: kind === 0 ? 'struct' : 'union', size, align, fields: () => rows().map(fieldOf) });
  }
}

/** A record in place; the generated subclass has the accessors. */
export abstract class Window implements Place {
  readonly $view: DataView;
  readonly $at: number;

  constructor(view: DataView, at: number) {
    this.$view = view;
    this.$at = at;
  }

  /** The record. */
  abstract $of(): Interpreted<unknown>;

  $live(name: string): unknown {
    return this.$of().$live(name, this);
  }

  $put(name: string, value: unknown): void {
    this.$of().$put(name, this, value);
  }
}

function fieldOf([name, offset, type, dims = [], bits]: FieldRow): Field {
  const truth = type === 't8' || type === 't32';
  const element = truth ? (type === 't8' ? 'u8' : 'u32') : type;
  const one = typeof element === 'string' ? SCALARS[element].size : element().size;
  const size = dims.reduce((all, count) => all * (count === FLEXIBLE ? 0 : count), one);
  return {
    name, offset, size, element, dims,
    ...(bits && { bits: { shift: bits[0], width: bits[1] } }),
    ...(truth && { truth }),
  };
}
