import { FLEXIBLE, type Field } from '../field.ts';
import type { Layout } from '../layout.ts';
import type { ScalarName } from '../scalars.ts';
import { distinct, foreignName, inOrder, naturalAlign, roundUp } from './order.ts';

export interface EmitRustOptions {
  /** Put in front of every record's name. */
  readonly prefix?: string;
  /** Lines of the comment above a record. */
  readonly doc?: (layout: Layout<unknown>) => readonly string[];
}

const TYPES: Readonly<Record<ScalarName, string>> = {
  u8: 'u8', u16: 'u16', u32: 'u32', u64: 'u64', s8: 'i8', s16: 'i16', s32: 'i32', s64: 'i64', char: 'u8', bool: 'u8', f32: 'f32', f64: 'f64', ptr: 'u64',
};

const KEYWORDS: ReadonlySet<string> = new Set((
  'abstract as async await become box break const continue do dyn else enum extern false final fn for gen if impl in let loop macro match mod move mut override priv pub '
  + 'ref return static struct trait true try type typeof unsafe unsized use virtual where while yield'
).split(' '));
/** Keywords that cannot be written raw. */
const NEVER: ReadonlySet<string> = new Set(['crate', 'self', 'super', 'Self', '_']);

/**
 * A Rust module with the records of `layouts` and what they are made of, `#[repr(C)]`, for `no_std`. Padding that Rust
 * would not make by itself is written out, and what it cannot place (a member less aligned than its type in a record
 * that is aligned) is bytes. Size, alignment and the offset of every member are asserted when it is compiled. Pointers
 * are `u64`; truth values and enumerations are integers, never `bool` or `enum`, for hostile bytes may hold any number.
 * Bitfields are bytes with methods that get and set them. A flexible array is `[T; 0]`.
 *
 * @throws RangeError when two records would have the same name
 */
export function emitRust(layouts: Iterable<Layout<unknown>>, { prefix = '', doc = () => [] }: EmitRustOptions = {}): string {
  const all = inOrder(layouts);
  distinct(all, prefix);
  return [
    '#![allow(non_camel_case_types, non_snake_case, non_upper_case_globals, dead_code, clippy::all)]', '',
    'use core::mem::{align_of, offset_of, size_of};', '',
    ...BITS, '',
    ...all.flatMap((layout) => record(layout, prefix, doc(layout))),
  ].join('\n');
}

/** How Rust calls a record. */
export const rustName = (layout: Layout<unknown>, prefix: string = ''): string => raw(foreignName(layout, prefix));
/** How Rust calls a member; a nameless one by its place among the members. */
export function rustMember(field: Field, index: number): string {
  return field.name === '' ? `_anonymous${index}` : raw(field.name.replace(/[^A-Za-z0-9_]/g, '_').replace(/^(?=\d)/, '_'));
}

const raw = (name: string): string => (NEVER.has(name) ? `${name}_` : KEYWORDS.has(name) ? `r#${name}` : name);

const BITS = [
  'const fn get_bits(bytes: &[u8], first: usize, width: usize) -> u64 {',
  '    let mut value = 0u64;',
  '    let mut i = 0;',
  '    while i < width {',
  '        let at = first + i;',
  '        value |= (((bytes[at / 8] >> (at % 8)) & 1) as u64) << i;',
  '        i += 1;',
  '    }',
  '    value',
  '}', '',
  'fn set_bits(bytes: &mut [u8], first: usize, width: usize, value: u64) {',
  '    for i in 0..width {',
  '        let at = first + i;',
  '        let bit = ((value >> i) & 1) as u8;',
  '        bytes[at / 8] = (bytes[at / 8] & !(1 << (at % 8))) | (bit << (at % 8));',
  '    }',
  '}',
] as const;

/** What stands in the record: a member with its place, or bytes that hold bitfields or nothing. */
interface Part {
  readonly name: string;
  readonly type: string;
  readonly offset: number;
  readonly size: number;
  readonly align: number;
  readonly holdsAligned: boolean;
}

/** Bitfields that lie in one run of bytes. */
interface Run {
  readonly name: string;
  readonly offset: number;
  readonly size: number;
  readonly fields: readonly Field[];
}

/** How a record becomes one of Rust's. */
interface Plan {
  readonly parts: readonly Part[];
  readonly runs: readonly Run[];
  /** No padding, alignment 1. */
  readonly packed: boolean;
  /** Alignment that its parts do not give it. */
  readonly aligned: number | undefined;
  /** It, or something inside, is aligned by itself: no packed record may hold it. */
  readonly holdsAligned: boolean;
}

const plans = new WeakMap<Layout<unknown>, Plan>();

function planOf(layout: Layout<unknown>, prefix: string): Plan {
  let plan = plans.get(layout);
  if (plan === undefined) plans.set(layout, (plan = makePlan(layout, prefix)));
  return plan;
}

function makePlan(layout: Layout<unknown>, prefix: string): Plan {
  const runs = runsOf(layout);
  const wanted = partsOf(layout, prefix, runs);
  const fits = ({ offset, align }: Part): boolean => offset % align === 0 && align <= layout.align;
  const isPacked = layout.align === 1 && !wanted.every(fits);
  // What neither Rust's own rules nor packing can place is bytes.
  const parts = wanted.map((part) => ((isPacked ? part.holdsAligned : !fits(part)) ? { ...part, type: `[u8; ${part.size}]`, align: 1, holdsAligned: false } : part));
  const natural = isPacked ? 1 : Math.max(1, ...parts.map(({ align }) => align));
  const aligned = layout.align > natural ? layout.align : undefined;
  return { parts, runs, packed: isPacked, aligned, holdsAligned: aligned !== undefined || parts.some((part) => part.holdsAligned) };
}

function record(layout: Layout<unknown>, prefix: string, doc: readonly string[]): string[] {
  const name = rustName(layout, prefix);
  const { parts, runs, packed, aligned } = planOf(layout, prefix);
  const repr = ['C', ...(packed ? ['packed'] : []), ...(aligned === undefined ? [] : [`align(${aligned})`])].join(', ');
  const members = layout.kind === 'union' ? unionMembers(layout, parts) : structMembers(layout, parts, packed);
  return [
    ...doc.map((line) => `/// ${line}`),
    ...constants(layout, prefix),
    `#[repr(${repr})]`, '#[derive(Clone, Copy)]', `pub ${layout.kind} ${name} {`, ...members.map(([member, type]) => `    pub ${member}: ${type},`), '}',
    'const _: () = {',
    `    assert!(size_of::<${name}>() == ${layout.size});`, `    assert!(align_of::<${name}>() == ${layout.align});`,
    ...parts.map((part) => `    assert!(offset_of!(${name}, ${part.name}) == ${part.offset});`),
    '};',
    ...accessors(layout, name, runs), '',
  ];
}

function constants(layout: Layout<unknown>, prefix: string): string[] {
  return layout.fields.flatMap((field) => {
    const type = TYPES[field.element as ScalarName];
    return Object.entries(field.names ?? {}).map(([name, value]) => `pub const ${foreignName(layout, prefix)}_${field.name}_${name}: ${type} = ${value};`);
  });
}

/** Bitfields side by side share their bytes; in a union each has its own. */
function runsOf({ fields, kind }: Layout<unknown>): readonly Run[] {
  const runs: { offset: number; end: number; fields: Field[] }[] = [];
  for (const field of fields) {
    if (!field.bits) continue;
    const first = field.offset * 8 + field.bits.shift;
    const [offset, end] = [Math.floor(first / 8), Math.ceil((first + field.bits.width) / 8)];
    const last = runs.at(-1);
    if (kind === 'struct' && last && offset <= last.end && fields.indexOf(field) === fields.indexOf(last.fields.at(-1)!) + 1) {
      last.end = Math.max(last.end, end);
      last.fields.push(field);
    } else runs.push({ offset, end, fields: [field] });
  }
  return runs.map(({ offset, end, fields: members }, index) => ({ name: `_bits${index}`, offset, size: end - offset, fields: members }));
}

function partsOf(layout: Layout<unknown>, prefix: string, runs: readonly Run[]): readonly Part[] {
  const members = layout.fields.flatMap((field, index): Part[] => (field.bits ? [] : [{
    name: rustMember(field, index), type: typeOf(field, prefix), offset: field.offset, size: field.size, align: naturalAlign(field),
    holdsAligned: typeof field.element !== 'string' && planOf(field.element(), prefix).holdsAligned,
  }]));
  const bits = runs.map(({ name, offset, size }): Part => ({ name, type: `[u8; ${size}]`, offset, size, align: 1, holdsAligned: false }));
  return [...members, ...bits].sort((a, b) => a.offset - b.offset || a.size - b.size);
}

function typeOf({ element, dims }: Field, prefix: string): string {
  const one = typeof element === 'string' ? TYPES[element] : rustName(element(), prefix);
  return dims.reduceRight((inner, count) => `[${inner}; ${count === FLEXIBLE ? 0 : count}]`, one);
}

function structMembers(layout: Layout<unknown>, parts: readonly Part[], packed: boolean): (readonly [string, string])[] {
  const members: (readonly [string, string])[] = [];
  let end = 0;
  let pads = 0;
  const pad = (bytes: number): void => { if (bytes > 0) members.push([`_pad${pads++}`, `[u8; ${bytes}]`]); };
  for (const { name, type, offset, size, align } of parts) {
    if (roundUp(end, packed ? 1 : align) < offset) pad(offset - end);
    members.push([name, type]);
    end = offset + size;
  }
  if (roundUp(end, layout.align) < layout.size) pad(layout.size - end);
  return members;
}

function unionMembers(layout: Layout<unknown>, parts: readonly Part[]): (readonly [string, string])[] {
  const members = parts.map(({ name, type }) => [name, type] as const);
  const largest = Math.max(0, ...parts.map(({ size }) => size));
  return roundUp(largest, layout.align) < layout.size || members.length === 0 ? [...members, ['_size', `[u8; ${layout.size}]`] as const] : members;
}

function accessors(layout: Layout<unknown>, name: string, runs: readonly Run[]): string[] {
  if (runs.length === 0) return [];
  const union = layout.kind === 'union';
  const methods = runs.flatMap((run) => run.fields.flatMap((field) => {
    const type = TYPES[field.element as ScalarName];
    const first = field.offset * 8 + field.bits!.shift - run.offset * 8;
    const member = raw(field.name);
    const place = `self.${run.name}`;
    return [
      `    pub fn ${member}(&self) -> ${type} { get_bits(${union ? `unsafe { &${place} }` : `&${place}`}, ${first}, ${field.bits!.width}) as ${type} }`,
      `    pub fn set_${field.name}(&mut self, value: ${type}) { set_bits(${union ? `unsafe { &mut ${place} }` : `&mut ${place}`}, ${first}, ${field.bits!.width}, value as u64) }`,
    ];
  }));
  return [`impl ${name} {`, ...methods, '}'];
}
