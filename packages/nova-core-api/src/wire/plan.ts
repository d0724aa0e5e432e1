// Where the fields of a schema lie in their structs, taken from the form that the headers are made of.
import { eventStruct, formOf, named, slotsOf } from '../emit/contract-form.ts';
import { snake, type Struct } from '../emit/form.ts';
import { inOrder, type Position } from '../emit/members.ts';
import type { Field, Fields } from '../schema/fields.ts';
import type { EventKind, Interface, Operation } from '../schema/interface.ts';

/** Numbers that stand beside a pointer. */
export type Beside = 'length' | 'capacity' | 'stride' | 'count';

export interface FieldPlan {
  /** In the schema. */
  readonly name: string;
  /** In the struct. */
  readonly member: string;
  readonly field: Field;
  readonly at: number;
  readonly size: number;
  readonly beside: Readonly<Partial<Record<Beside, { readonly at: number; readonly size: number }>>>;
  /** Its bit of `present`; 0 for a field that is always there. */
  readonly bit: number;
  /** Of a record or a list of them. */
  readonly record: StructPlan | undefined;
  /** Of an enumeration. */
  readonly numbers: Readonly<Record<string, number>> | undefined;
  /** Of an enumeration. */
  readonly names: ReadonlyMap<number, string> | undefined;
}

export interface StructPlan {
  readonly struct: string;
  readonly position: Position;
  readonly size: number;
  readonly fields: readonly FieldPlan[];
  /** What must be zero. */
  readonly gaps: readonly (readonly [at: number, size: number])[];
  /** Bits of `present` that mean something. */
  readonly bits: number;
}

export interface SlotPlan {
  /** `allocate`, `region.read`, `region.release`. */
  readonly name: string;
  /** What it is called on the interface or object: `read`. */
  readonly member: string;
  readonly object: string | undefined;
  /** Undefined for `release`. */
  readonly operation: Operation | undefined;
  readonly in: StructPlan | undefined;
  readonly out: StructPlan | undefined;
}

export interface EventPlan {
  readonly name: string;
  readonly kind: EventKind;
  readonly payload: StructPlan;
}

export interface InterfacePlan {
  readonly slots: readonly SlotPlan[];
  readonly events: ReadonlyMap<string, EventPlan>;
}

/** Bytes that every struct of an interface begins with: `struct_size` and `present`. */
export const STRUCT_HEAD = 8;

const made = new WeakMap<Interface, InterfacePlan>();

/** The plan of an interface at the minor that it has; the same schema gives the same plan. */
export function planOf(schema: Interface): InterfacePlan {
  const known = made.get(schema) ?? makePlan(schema);
  made.set(schema, known);
  return known;
}

function makePlan(schema: Interface): InterfacePlan {
  const structs = new Map(formOf([schema]).structs.map((struct) => [struct.name, struct]));
  const of = (name: string, fields: Fields, position: Position): StructPlan => structPlan(structs.get(name)!, fields, position, (record) => of(named(schema, record), schema.records[record]!, 'held'), schema);
  return {
    slots: slotsOf(schema).map(({ name, operation, object }) => ({
      name, object, operation, member: object === undefined ? name : name.slice(object.length + 1),
      in: operation?.in && of(`${named(schema, name)}_in`, operation.in, 'in'), out: operation?.out && of(`${named(schema, name)}_out`, operation.out, 'out'),
    })),
    events: new Map(Object.entries(schema.events).map(([name, kind]) => [name, { name, kind, payload: of(eventStruct(schema, name), kind.payload, 'held') }])),
  };
}

function structPlan(struct: Struct, fields: Fields, position: Position, recordOf: (record: string) => StructPlan, schema: Interface): StructPlan {
  const members = new Map(struct.members.map((member) => [member.name, member]));
  const place = (name: string): { readonly at: number; readonly size: number } => {
    const { offset: at, size } = members.get(name)!;
    return { at, size };
  };
  let bit = 1;
  const plans = inOrder(fields).map(([name, field]): FieldPlan => {
    const member = snake(name);
    const beside = Object.fromEntries((['length', 'capacity', 'stride', 'count'] as const).filter((one) => pointsBeside(field, position).includes(one)).map((one) => [one, place(`${member}_${one}`)]));
    const record = field.kind === 'record' ? recordOf(field.record) : field.kind === 'list' && field.element.kind === 'record' ? recordOf(field.element.record) : undefined;
    const numbers = field.kind === 'enum' ? schema.enums[field.enum]! : undefined;
    const own = field.optional ? bit : 0;
    if (field.optional) bit *= 2;
    return { name, member, field, ...place(member), beside, bit: own, record, numbers, names: numbers && new Map(Object.entries(numbers).map(([value, number]) => [number, value])) };
  });
  const gaps = struct.members.filter(({ text, name }) => text === '' && name.startsWith('reserved')).map(({ offset, size }) => [offset, size] as const);
  return { struct: struct.name, position, size: struct.size, fields: plans, gaps, bits: bit - 1 };
}

/** What the form puts beside a field that is a pointer where it stands. */
function pointsBeside({ kind }: Field, position: Position): readonly Beside[] {
  if (position === 'in' && (kind === 'text' || kind === 'data')) return ['length'];
  if (position === 'out' && kind === 'data') return ['capacity', 'length'];
  if (position === 'out' && kind === 'list') return ['capacity', 'stride', 'count'];
  return [];
}
