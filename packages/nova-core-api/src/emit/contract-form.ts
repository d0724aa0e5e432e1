import { CAPABILITIES } from '../capabilities.ts';
import { ERRORS } from '../errors.ts';
import type { Fields } from '../schema/fields.ts';
import { REASONS } from '../reasons.ts';
import { CLIENT_KINDS } from '../schema/handshake.ts';
import { INTERFACES, SEVERITIES, type Interface, type Operation } from '../schema/interface.ts';
import { SESSION_STATES } from '../states.ts';
import { coreFunction, layConnection, layCore, PAYLOAD_BYTES, pointer, SESSION } from './connection.ts';
import { snake, type Form, type Numbers, type Signature } from './form.ts';
import { HEAD, inOrder, membersOf, presentBits } from './members.ts';
import { Placer, type Unplaced } from './place.ts';

/** A function of an interface's table. */
export interface Slot {
  /** `allocate`, `region.read`, `region.release`. */
  readonly name: string;
  readonly text: string;
  readonly since: number;
  readonly operation: Operation | undefined;
  /** The kind of object that it is called on. */
  readonly object: string | undefined;
}

/**
 * The form of a set of interfaces, each at the version that it has: `atMinor(VGPU_V1, 0)` gives that of an earlier minor, which every later
 * one begins with.
 *
 * @throws RangeError for an interface that has no form: two of the same name and major, a payload over 64 bytes, more than 32 optional fields
 */
export function formOf(interfaces: readonly Interface[]): Form {
  const placer = new Placer();
  const numbers: Numbers[] = [...SHARED];
  layConnection(placer);
  for (const schema of interfaces) layInterface(schema, placer, numbers);
  layCore(placer, interfaces.map((schema) => ({ name: prefixOf(schema), type: pointer(`${prefixOf(schema)}_ops`, false), text: `Functions of \`${schema.name}\` ${schema.major}.` })));
  return { versions: interfaces.map(({ name, major, minor }) => `${name} ${major}.${minor}`).join(', '), numbers, structs: [...placer.structs.values()] };
}

/** In front of the names of an interface: `vgpu`, or `vgpu2` for its second major, so that both can be used side by side. */
export function prefixOf({ name, major }: Interface): string {
  return major === 1 ? name : `${name}${major}`;
}

/** Name of a record's struct; of what an operation takes and gives, with `_in` and `_out` behind. Names that begin with the interface's name do not say it twice. */
export function named(schema: Interface, name: string): string {
  const [prefix, own] = [prefixOf(schema), snake(name)];
  return own.startsWith(`${schema.name}_`) ? `${prefix}${own.slice(schema.name.length)}` : `${prefix}_${own}`;
}

function layInterface(schema: Interface, placer: Placer, numbers: Numbers[]): void {
  const structOf = (record: string): string => named(schema, record);
  const bits = (struct: string, fields: Fields): void => {
    const values = presentBits(fields);
    if (values.length > 32) throw new RangeError(`${struct} has ${values.length} optional fields; there are 32 bits`);
    if (values.length > 0) numbers.push({ name: `${struct}_has`, text: `Bits of \`present\` of \`${struct}\`.`, values });
  };
  const lay = (struct: string, text: string, fields: Fields, position: 'held' | 'in' | 'out'): void => {
    placer.lay(struct, text, membersOf(fields, position, structOf));
    bits(struct, fields);
  };
  for (const [name, values] of Object.entries(schema.enums)) {
    numbers.push({ name: named(schema, name), text: `Values of \`${name}\`; 0 is none.`, values: Object.entries(values).map(([value, number]) => ({ name: snake(value), number, text: '' })) });
  }
  for (const [name, fields] of recordsInOrder(schema)) lay(structOf(name), `\`${name}\` of \`${schema.name}\`.`, fields, 'held');
  const slots = slotsOf(schema);
  for (const { name, operation } of slots) {
    if (operation?.in) lay(`${named(schema, name)}_in`, `What \`${snake(name)}\` takes.`, operation.in, 'in');
    if (operation?.out) lay(`${named(schema, name)}_out`, `What \`${snake(name)}\` gives.`, operation.out, 'out');
  }
  const events = inOrder(schema.events);
  if (events.length > 0) numbers.push({ name: `${prefixOf(schema)}_event`, text: `Kinds of events of \`${schema.name}\`.`, values: events.map(([name, { code, text }]) => ({ name: snake(name), number: code, text })) });
  for (const [name, { payload, text }] of events) {
    const struct = eventStruct(schema, name);
    lay(struct, text, payload, 'held');
    const { size } = placer.structs.get(struct)!;
    if (size > PAYLOAD_BYTES) throw new RangeError(`the payload of ${name} has ${size} bytes; there is room for ${PAYLOAD_BYTES}`);
  }
  placer.lay(`${prefixOf(schema)}_ops`, `Functions of \`${schema.name}\` ${schema.major}.${schema.minor}.`, [
    HEAD[0]!, { name: 'count', type: { kind: 'integer', integer: 'u32' }, text: 'Functions in the table.' }, ...slots.map((slot) => functionOf(schema, slot)),
  ]);
}

/** Records after those that they hold. */
function recordsInOrder(schema: Interface): (readonly [string, Fields])[] {
  const done = new Map<string, Fields>();
  const visit = (name: string): void => {
    const fields = schema.records[name]!;
    for (const field of Object.values(fields)) if (field.kind === 'record' && !done.has(field.record)) visit(field.record);
    done.set(name, fields);
  };
  for (const name of Object.keys(schema.records)) if (!done.has(name)) visit(name);
  return [...done];
}

/** Name of the struct that is an event's payload. */
export function eventStruct(schema: Interface, event: string): string {
  return `${prefixOf(schema)}_event_${snake(event)}`;
}

/** Functions by the minor that they came with, so that a slot never changes. */
export function slotsOf(schema: Interface): Slot[] {
  const slots: Slot[] = Object.entries(schema.operations).map(([name, operation]) => ({ name, text: operation.text, since: operation.since ?? 0, operation, object: undefined }));
  for (const [object, { operations, text }] of Object.entries(schema.objects)) {
    const own = Object.entries(operations).map(([name, operation]): Slot => ({ name: `${object}.${name}`, text: operation.text, since: operation.since ?? 0, operation, object }));
    const since = Math.min(...own.map((slot) => slot.since), ...(own.length === 0 ? [0] : []));
    slots.push(...own, { name: `${object}.release`, text: `Gives back: ${text.charAt(0).toLowerCase()}${text.slice(1)}`, since, operation: undefined, object });
  }
  return slots.sort((a, b) => a.since - b.since);
}

function functionOf(schema: Interface, { name, text, since, operation, object }: Slot): Unplaced {
  const parameters: Signature['parameters'] = [
    SESSION,
    ...(object === undefined ? [] : [{ name: snake(object), type: { kind: 'integer', integer: 'u64' } as const }]),
    ...(operation?.in ? [{ name: 'in', type: pointer(`${named(schema, name)}_in`, false) }] : []),
    ...(operation?.out ? [{ name: 'out', type: pointer(`${named(schema, name)}_out`, true) }] : []),
  ];
  const said = [text, ...(operation ? [`Needs \`${operation.needs}\`.`] : []), operation?.sync ? 'May be called while an event is delivered.' : 'May block.', ...(since > 0 ? [`Since ${schema.major}.${since}.`] : [])];
  return { name: snake(name), type: { kind: 'function', signature: coreFunction(parameters) }, text: said.join(' ') };
}

const rows = (all: Readonly<Record<string, number>>, text: (name: string) => string = () => ''): Numbers['values'] =>
  Object.entries(all).map(([name, number]) => ({ name: snake(name), number, text: text(name) }));
const CATEGORIES = [...new Set(Object.values(ERRORS).map(({ category }) => category))];

/** What is numbered for all interfaces together. */
const SHARED: readonly Numbers[] = [
  { name: 'iface', text: 'Interfaces.', values: rows(INTERFACES) },
  { name: 'client', text: 'Kinds of clients.', values: rows(CLIENT_KINDS) },
  { name: 'offer', text: 'Flags of an offered major.', values: rows({ preferred: 1, deprecated: 2, required: 4 }) },
  { name: 'want', text: 'Flags of a wanted range.', values: rows({ optional: 1 }) },
  { name: 'cap', text: 'Capabilities: the number of the bit, in words of 64.', values: rows(CAPABILITIES) },
  { name: 'severity', text: 'How grave an event is.', values: rows(SEVERITIES) },
  { name: 'category', text: 'Families of errors.', values: rows(Object.fromEntries(CATEGORIES.map((name, i) => [name, i + 1]))) },
  { name: 'reason', text: 'Which of several reasons an error has; more may come, and 0 is none.', values: rows(REASONS) },
  { name: 'session_state', text: 'Where a session stands.', values: rows(Object.fromEntries(Object.entries(SESSION_STATES).map(([name, { number }]) => [name, number]))) },
  { name: 'retry', text: 'When trying again can help.', values: rows({ never: 1, later: 2, 'after-event': 3 }) },
  {
    name: 'error', text: 'Errors, and what functions return for them.',
    values: Object.entries(ERRORS).map(([name, { number, category, errno }]) => ({ name: snake(name), number, text: `${errno}, ${category}.` })),
  },
];
