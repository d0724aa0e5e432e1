import { FLEXIBLE, overlap, type ElementType, type Field } from '../field.ts';
import type { Layout } from '../layout.ts';

/** The name under which a module that is emitted knows a record. */
export type NameOf = (layout: Layout<unknown>) => string;

/** A named field at its place in the record, out of whatever nameless members it came. */
export interface FlatField extends Omit<Field, 'element'> {
  readonly element: Exclude<ElementType, () => unknown> | Layout<unknown>;
}

/** The named fields of a record, those of nameless members included. */
export function flatFields(layout: Layout<unknown>): readonly FlatField[] {
  return layout.fields.flatMap((field) => {
    const element = elementOf(field);
    if (field.name !== '' || typeof element === 'string') return [{ ...field, element }];
    return flatFields(element).map((inner) => ({ ...inner, offset: field.offset + inner.offset }));
  });
}

/**
 * What a field is made of in an emitted module. A flexible array of unions is bytes, and there it is called so: naming
 * the union would load all that the union names (every RPC, for the header before them).
 */
export function elementOf(field: Field): FlatField['element'] {
  if (typeof field.element === 'string') return field.element;
  const layout = field.element();
  return layout.kind === 'union' && field.dims[0] === FLEXIBLE ? 'u8' : layout;
}

/** The records that an emitted record names. */
export function nestedIn(layout: Layout<unknown>): ReadonlySet<Layout<unknown>> {
  const direct = layout.fields.map(elementOf).filter((element) => typeof element !== 'string');
  const flat = flatFields(layout).map(({ element }) => element).filter((element) => typeof element !== 'string');
  return new Set([...direct, ...flat]);
}

/** Whether fields lie on the same bytes; writing then needs judgement, which is the interpreter's. */
export function sharesBytes(layout: Layout<unknown>): boolean {
  return overlap(flatFields(layout));
}

/** A C name as one of JavaScript. */
export function identifier(name: string): string {
  return name.replace(/^(?:struct|union) /, '').replace(/[^A-Za-z0-9_$]/g, '_');
}

/** A field's name as a property. */
export function property(name: string): string {
  return /^[A-Za-z_$][\w$]*$/.test(name) ? name : JSON.stringify(name);
}

/** Whether a field's value is a Uint8Array because its elements are bytes. */
export function isBytes({ element, dims, truth = false }: FlatField): boolean {
  return dims.length === 1 && !truth && (element === 'u8' || element === 'char');
}

/** Elements of an array of scalars that are written out one by one. */
export const UNROLLED = 8;

export const plus = (at: string, offset: number): string => (offset === 0 ? at : `${at}+${offset}`);
