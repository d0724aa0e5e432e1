import type { Field, Fields } from './fields.ts';
import type { EventKind, Interface, ObjectKind, Operation, Operations } from './interface.ts';

const made = new Map<Interface, Map<number, Interface>>();

/**
 * The interface as a session of this minor has it: operations, fields and events of later minors are not there.
 * The same schema and minor give the same object.
 */
export function atMinor(schema: Interface, minor: number): Interface {
  const ofSchema = made.get(schema) ?? new Map<number, Interface>();
  made.set(schema, ofSchema);
  const known = ofSchema.get(minor) ?? trimmed(schema, minor);
  ofSchema.set(minor, known);
  return known;
}

function trimmed(schema: Interface, minor: number): Interface {
  const there = <T extends { readonly since?: number }>(all: Readonly<Record<string, T>>): [string, T][] =>
    Object.entries(all).filter(([, { since = 0 }]) => since <= minor);
  const fields = (all: Fields): Fields => Object.fromEntries(there<Field>(all));
  const operation = (one: Operation): Operation => ({ ...one, ...(one.in && { in: fields(one.in) }), ...(one.out && { out: fields(one.out) }) });
  const operations = (all: Operations): Operations => Object.fromEntries(there(all).map(([name, one]) => [name, operation(one)]));
  const object = (one: ObjectKind): ObjectKind => ({ ...one, operations: operations(one.operations) });
  const event = (one: EventKind): EventKind => ({ ...one, payload: fields(one.payload) });
  return {
    ...schema,
    minor,
    records: Object.fromEntries(Object.entries(schema.records).map(([name, record]) => [name, fields(record)])),
    operations: operations(schema.operations),
    objects: Object.fromEntries(Object.entries(schema.objects).map(([name, one]) => [name, object(one)])),
    events: Object.fromEntries(there(schema.events).map(([name, one]) => [name, event(one)])),
  };
}
