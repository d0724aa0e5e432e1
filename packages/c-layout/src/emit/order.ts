import type { Field } from '../field.ts';
import type { Layout } from '../layout.ts';
import { SCALARS } from '../scalars.ts';
import { identifier } from './flat-fields.ts';

/** The records of `layouts` and all that they are made of, each after those that it names. */
export function inOrder(layouts: Iterable<Layout<unknown>>): readonly Layout<unknown>[] {
  const done = new Set<Layout<unknown>>();
  const visit = (layout: Layout<unknown>): void => {
    if (done.has(layout)) return;
    for (const { element } of layout.fields) if (typeof element !== 'string') visit(element());
    done.add(layout);
  };
  for (const layout of layouts) visit(layout);
  return [...done];
}

/** A record's name as another language may have it: `PARENT.$0` becomes `PARENT__0`. */
export function foreignName(layout: Layout<unknown>, prefix: string): string {
  return prefix + identifier(layout.name).replaceAll('$', '_');
}

/** Bytes to which a field's type is aligned by nature. */
export function naturalAlign({ element }: Field): number {
  return typeof element === 'string' ? SCALARS[element].size : element().align;
}

export const roundUp = (value: number, step: number): number => Math.ceil(value / step) * step;

/** The records' names must differ once prefixed. @throws RangeError with both records' names */
export function distinct(layouts: readonly Layout<unknown>[], prefix: string): void {
  const seen = new Map<string, string>();
  for (const layout of layouts) {
    const name = foreignName(layout, prefix);
    const other = seen.get(name);
    if (other !== undefined) throw new RangeError(`the records ${other} and ${layout.name} would both be called ${name}: emit them apart, or rename one`);
    seen.set(name, layout.name);
  }
}
