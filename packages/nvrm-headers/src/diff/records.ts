import type { Facts, FieldFact, RecordFact, ScalarKind } from '../facts/index.ts';

/** How a record that both versions have changed, the most dangerous first. */
export type Danger =
  /** Same size, other layout: nothing but a wrong value tells. */
  | 'same-size'
  /** Another size under the same name. */
  | 'resized'
  /** Its own fields are where they were; something inside of them is not. */
  | 'nested'
  /** Fields came into what was padding, or left it behind; alternatives of a union came or went. */
  | 'in-place'
  /** Same places, other names. */
  | 'renamed';

export const DANGERS: readonly Danger[] = ['same-size', 'resized', 'nested', 'in-place', 'renamed'];

/** What happened to a field. Bytes and dimensions as in the facts. */
export type FieldChange =
  | { readonly kind: 'added'; readonly field: FieldFact }
  | { readonly kind: 'removed'; readonly field: FieldFact }
  | { readonly kind: 'moved' | 'retyped' | 'renamed'; readonly from: FieldFact; readonly to: FieldFact };

export interface RecordChange {
  readonly name: string;
  readonly danger: Danger;
  readonly from: RecordFact;
  readonly to: RecordFact;
  readonly fields: readonly FieldChange[];
  /** Records that it holds in both versions, and that changed. */
  readonly because: readonly string[];
}

export interface RecordsDiff {
  readonly added: readonly string[];
  readonly removed: readonly string[];
  readonly changed: readonly RecordChange[];
}

/** Compares records; what of those inside them is not among `from` and `to` is not looked at. */
export function compareRecords(from: Facts['records'], to: Facts['records']): RecordsDiff {
  const changes = new Map<string, RecordChange | undefined>();
  const changeOf = (name: string): RecordChange | undefined => {
    if (changes.has(name)) return changes.get(name);
    changes.set(name, undefined);
    const [old, now] = [from.get(name), to.get(name)];
    if (old !== undefined && now !== undefined) changes.set(name, compareRecord(old, now, (inner) => changeOf(inner) !== undefined, [from, to]));
    return changes.get(name);
  };
  const both = [...from.keys()].filter((name) => to.has(name));
  return {
    added: [...to.keys()].filter((name) => !from.has(name)),
    removed: [...from.keys()].filter((name) => !to.has(name)),
    changed: both.flatMap((name) => changeOf(name) ?? []).sort((a, b) => DANGERS.indexOf(a.danger) - DANGERS.indexOf(b.danger) || Number(onlyAdds(a)) - Number(onlyAdds(b))),
  };
}

/** Whoever reads the old fields still finds them. */
const onlyAdds = ({ fields }: RecordChange): boolean => fields.every(({ kind }) => kind === 'added');

/** Pairs fields by their names, then those that are left by their places. */
function compareRecord(from: RecordFact, to: RecordFact, changed: (inner: string) => boolean, records: readonly [Facts['records'], Facts['records']]): RecordChange | undefined {
  const fields: FieldChange[] = [];
  const old = keyed(from.fields);
  const now = keyed(to.fields);
  const gone = [...old].filter(([key]) => !now.has(key)).map(([, field]) => field);
  const come = [...now].filter(([key]) => !old.has(key)).map(([, field]) => field);
  for (const field of gone) {
    const twin = come.findIndex((other) => place(other) === place(field) && shape(other) === shape(field));
    if (twin >= 0) fields.push({ kind: 'renamed', from: field, to: come.splice(twin, 1)[0]! });
    else fields.push({ kind: 'removed', field });
  }
  fields.push(...come.map((field): FieldChange => ({ kind: 'added', field })));
  for (const [key, field] of old) {
    const other = now.get(key);
    if (other === undefined) continue;
    if (shape(field) !== shape(other)) fields.push({ kind: 'retyped', from: field, to: other });
    else if (place(field) !== place(other)) fields.push({ kind: 'moved', from: field, to: other });
  }
  const held = new Set(from.fields.map(({ ref }) => ref));
  const because = [...new Set(to.fields.flatMap(({ ref }) => (ref !== undefined && held.has(ref) && changed(ref) ? [ref] : [])))];
  const same = from.kind === to.kind && from.align === to.align;
  if (same && from.size === to.size && fields.length === 0 && because.length === 0) return undefined;
  const danger: Danger = from.size !== to.size ? 'resized'
    : !same || fields.some(({ kind }) => kind === 'moved' || kind === 'retyped') || (to.kind === 'struct' && overlap(fields, records)) ? 'same-size'
      : fields.length === 0 ? 'nested'
        : fields.every(({ kind }) => kind === 'renamed') ? 'renamed' : 'in-place';
  return { name: to.name, danger, from, to, fields, because };
}

/** Nameless members by which of them they are. */
function keyed(fields: readonly FieldFact[]): Map<string, FieldFact> {
  let nameless = 0;
  return new Map(fields.map((field) => [field.name === '' ? `$${nameless++}` : field.name, field]));
}

const place = ({ offset, bits }: FieldFact): string => (bits ? `bit ${bits.first}` : String(offset));
const shape = ({ kind, ref, dims, bits }: FieldFact): string => [kind === 'fnptr' ? 'ptr' : kind, ref, ...dims, bits?.width].join(' ');

/** Whether a new field lies where a removed one lay: the same bytes mean something else. */
function overlap(fields: readonly FieldChange[], [before, after]: readonly [Facts['records'], Facts['records']]): boolean {
  const gone = fields.flatMap((change) => (change.kind === 'removed' ? [span(change.field, before)] : []));
  const come = fields.flatMap((change) => (change.kind === 'added' ? [span(change.field, after)] : []));
  return gone.some(([start, end]) => come.some(([first, last]) => first < end && start < last));
}

const BITS: Readonly<Record<ScalarKind, number>> = {
  u8: 8, u16: 16, u32: 32, u64: 64, s8: 8, s16: 16, s32: 32, s64: 64, char: 8, bool: 8, f32: 32, f64: 64, ptr: 64, fnptr: 64, opaque: 0, function: 0,
};

/** First bit of a field, and the one after its last. An array without a length takes no room. */
function span({ offset, bits, kind, ref, dims }: FieldFact, records: Facts['records']): readonly [number, number] {
  if (bits) return [bits.first, bits.first + bits.width];
  const one = kind === 'record' ? 8 * (records.get(ref ?? '')?.size ?? 0) : BITS[kind];
  return [8 * offset, 8 * offset + dims.reduce((all, count) => all * Math.max(count, 0), one)];
}
