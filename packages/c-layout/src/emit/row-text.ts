import type { Field } from '../field.ts';
import { scalarType } from '../codec.ts';
import type { Layout } from '../layout.ts';
import { elementOf } from './flat-fields.ts';
import { naturalAlign, roundUp } from './order.ts';

/**
 * The fields of a record as `Compiled` reads them, `name type[2][3]@offset:shift+width`, and the records that they name by
 * their number.
 *
 * @throws RangeError for a name that no C compiler would take.
 */
export function rowsOf(layout: Layout<unknown>): { readonly rows: string; readonly nested: readonly Layout<unknown>[] } {
  const nested = [...new Set(layout.fields.map(elementOf).filter((element) => typeof element !== 'string'))];
  let end = 0;
  const rows = layout.fields.map((field) => {
    const natural = layout.kind === 'union' ? 0 : roundUp(end, alignOf(field));
    end = field.offset + field.size;
    return row(layout, field, nested, natural);
  });
  return { rows: rows.join(), nested };
}

function row({ name: record }: Layout<unknown>, field: Field, nested: readonly Layout<unknown>[], natural: number): string {
  const { name, offset, dims, bits, truth = false } = field;
  if (!/^[\w$]*$/.test(name)) throw new RangeError(`${record}.${name} is no name of C's: call the field otherwise`);
  const element = elementOf(field);
  const type = typeof element === 'string' ? scalarType(element, truth) : nested.indexOf(element);
  const place = bits ? `@${offset}:${bits.shift}+${bits.width}` : offset === natural ? '' : `@${offset}`;
  return `${name} ${type}${dims.map((count) => `[${count}]`).join('')}${place}`;
}

/** What is called bytes lies at bytes. */
function alignOf(field: Field): number {
  return elementOf(field) === 'u8' ? 1 : naturalAlign(field);
}
