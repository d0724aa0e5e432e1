// How a field of the schema becomes members of a struct: one way for what a record holds, one for what goes in, one for what comes out.
import type { Field, Fields } from '../schema/fields.ts';
import { snake, type MemberType } from './form.ts';
import type { Unplaced } from './place.ts';

/** Where a field stands. */
export type Position =
  /** In a record or in an event, which are copied as a whole. */
  | 'held'
  /** In what a caller hands in: text and data are lent for the call. */
  | 'in'
  /** In what comes out: the caller brings the room for records, lists and data. */
  | 'out';

/** Gives the struct of a record of the interface. */
export type StructOf = (record: string) => string;

const integer = (kind: 'u8' | 'u16' | 'u32' | 'u64', count?: number): MemberType => ({ kind: 'integer', integer: kind, ...(count !== undefined && { count }) });

/** Fields of a later minor stand behind those of earlier ones, wherever they are written, so that offsets never change. */
export function inOrder<T extends { readonly since?: number }>(all: Readonly<Record<string, T>>): readonly (readonly [string, T])[] {
  return Object.entries(all).sort(([, a], [, b]) => (a.since ?? 0) - (b.since ?? 0));
}

/** What every struct of an interface begins with; the head of a header says what it means. */
export const HEAD: readonly Unplaced[] = [{ name: 'struct_size', type: integer('u32'), text: '' }, { name: 'present', type: integer('u32'), text: '' }];

/** The members of a struct with these fields, head included. */
export function membersOf(fields: Fields, position: Position, structOf: StructOf): Unplaced[] {
  return [...HEAD, ...inOrder(fields).flatMap(([name, field]) => fieldMembers(snake(name), field, position, structOf))];
}

/** The optional fields with their bits of `present`. */
export function presentBits(fields: Fields): { readonly name: string; readonly number: number; readonly text: string }[] {
  return inOrder(fields).filter(([, { optional }]) => optional).map(([name], i) => ({ name: snake(name), number: 2 ** i, text: `\`${snake(name)}\` is there.` }));
}

function fieldMembers(name: string, field: Field, position: Position, structOf: StructOf): Unplaced[] {
  const { text } = field;
  const one = (type: MemberType): Unplaced[] => [{ name, type, text }];
  const counted = (suffix: string, type: MemberType, said: string): Unplaced => ({ name: `${name}_${suffix}`, type, text: said });
  switch (field.kind) {
    case 'u8': case 'u16': case 'u32': return one(integer(field.kind));
    case 'size': case 'token': return one(integer('u64'));
    case 'object': return one(integer('u64'));
    case 'flag': return [{ name, type: integer('u8'), text: `${text} 0 or 1.` }];
    case 'enum': return one(integer('u32'));
    case 'octets': return one(integer('u8', field.length));
    case 'text':
      if (position !== 'in') return one({ kind: 'chars', length: field.length });
      return [...one({ kind: 'pointer', to: 'chars', writable: false }), counted('length', integer('u32'), `Bytes of it, UTF-8, at most ${field.length}.`)];
    case 'data':
      if (position === 'held') throw new RangeError(`${name}: data of any length cannot be copied as part of a record`);
      if (position === 'in') return [...one({ kind: 'pointer', to: 'bytes', writable: false }), counted('length', integer('u64'), 'Bytes of it.')];
      return [
        ...one({ kind: 'pointer', to: 'bytes', writable: true }),
        counted('capacity', integer('u64'), 'Bytes that there is room for; the caller says.'), counted('length', integer('u64'), 'Bytes that there are.'),
      ];
    case 'record':
      if (position === 'held') return one({ kind: 'struct', struct: structOf(field.record) });
      return one({ kind: 'pointer', to: { struct: structOf(field.record) }, writable: position === 'out' });
    case 'list': {
      if (field.element.kind !== 'record' || position !== 'out') throw new RangeError(`${name}: only lists of records that come out have a form`);
      return [
        ...one({ kind: 'pointer', to: { struct: structOf(field.element.record) }, writable: true }),
        counted('capacity', integer('u32'), 'Elements that there is room for; the caller says.'), counted('stride', integer('u32'), 'Bytes from one element to the next; the caller says.'),
        counted('count', integer('u32'), 'Elements that there are; with fewer room the call fails with ENOSPC.'),
      ];
    }
  }
}
