import { FLEXIBLE, type Field } from '../field.ts';
import type { Layout } from '../layout.ts';
import type { ScalarName } from '../scalars.ts';
import { flatFields } from './flat-fields.ts';
import { distinct, foreignName, inOrder, naturalAlign, roundUp } from './order.ts';

export interface EmitCOptions {
  /** Name of the include guard; default `NOVA_LAYOUTS_H`. */
  readonly guard?: string;
  /** Put in front of every record's name. */
  readonly prefix?: string;
  /** Lines of the comment above a record. */
  readonly doc?: (layout: Layout<unknown>) => readonly string[];
}

const TYPES: Readonly<Record<ScalarName, string>> = {
  u8: 'uint8_t', u16: 'uint16_t', u32: 'uint32_t', u64: 'uint64_t', s8: 'int8_t', s16: 'int16_t', s32: 'int32_t', s64: 'int64_t',
  char: 'char', bool: 'bool', f32: 'float', f64: 'double', ptr: 'uint64_t',
};

/** Words that no member may be called, in C11 or C++17. */
const RESERVED: ReadonlySet<string> = new Set((
  'alignas alignof and and_eq asm auto bitand bitor bool break case catch char class compl const constexpr const_cast continue decltype default delete do double '
  + 'dynamic_cast else enum explicit export extern false float for friend goto if inline int long mutable namespace new noexcept not not_eq nullptr operator or or_eq '
  + 'private protected public register reinterpret_cast restrict return short signed sizeof static static_assert static_cast struct switch template this thread_local '
  + 'throw true try typedef typeid typename union unsigned using virtual void volatile wchar_t while xor xor_eq'
).split(' '));

/**
 * A C header with the records of `layouts` and what they are made of, in the order in which C needs them: C11 with GNU
 * attributes, as gcc and clang take it, for x86-64 and AArch64 (little endian, LP64). Padding that C would not make by
 * itself is written out. A compiler that lays a record out in another way refuses the header: size, alignment and the
 * offset of every named member that is no bitfield are asserted. Pointers are `uint64_t`, truth values integers of
 * their size; an enumeration's names are macros, for hostile bytes may hold any number. Bitfields are C's, whose order
 * both ABIs fix, but offsets of bitfields cannot be asserted.
 *
 * @throws RangeError when two records would have the same name
 */
export function emitC(layouts: Iterable<Layout<unknown>>, { guard = 'NOVA_LAYOUTS_H', prefix = '', doc = () => [] }: EmitCOptions = {}): string {
  const all = inOrder(layouts);
  distinct(all, prefix);
  return [
    `#ifndef ${guard}`, `#define ${guard}`, '', '#include <stdbool.h>', '#include <stddef.h>', '#include <stdint.h>', '',
    '#ifdef __cplusplus', '#define LAYOUT_ASSERT(what) static_assert(what, #what)', '#define LAYOUT_ALIGNOF(type) alignof(type)', '#else',
    '#define LAYOUT_ASSERT(what) _Static_assert(what, #what)', '#define LAYOUT_ALIGNOF(type) _Alignof(type)', '#endif', '',
    ...all.filter((layout) => !isInline(layout, all)).flatMap((layout) => record(layout, prefix, doc(layout))),
    '#undef LAYOUT_ASSERT', '#undef LAYOUT_ALIGNOF', '', '#endif', '',
  ].join('\n');
}

/** Nameless members are written inside their parents, where nobody else names their record. */
function isInline(layout: Layout<unknown>, all: readonly Layout<unknown>[]): boolean {
  const uses = all.flatMap(({ fields }) => fields).filter(({ element }) => typeof element !== 'string' && element() === layout);
  return uses.length > 0 && uses.every(({ name }) => name === '');
}

/** How C calls a record. */
export const cName = (layout: Layout<unknown>, prefix: string = ''): string => `${layout.kind} ${foreignName(layout, prefix)}`;

/** How C calls a member. */
export const cMember = (name: string): string => (RESERVED.has(name) ? `${name}_` : name.replace(/[^A-Za-z0-9_]/g, '_').replace(/^(?=\d)/, '_'));

function record(layout: Layout<unknown>, prefix: string, doc: readonly string[]): string[] {
  const name = cName(layout, prefix);
  const offsets = flatFields(layout).filter(({ bits }) => bits === undefined);
  return [
    ...(doc.length === 0 ? [] : ['/*', ...doc.map((line) => ` * ${line}`), ' */']),
    ...names(layout, prefix),
    `${name} {`, ...body(layout, prefix, '\t'), `}${attributes(layout)};`,
    `LAYOUT_ASSERT(sizeof(${name}) == ${layout.size});`,
    `LAYOUT_ASSERT(LAYOUT_ALIGNOF(${name}) == ${layout.align});`,
    ...offsets.map((field) => `LAYOUT_ASSERT(offsetof(${name}, ${cMember(field.name)}) == ${field.offset});`),
    '',
  ];
}

/** Macros for the names of enumerations. */
function names(layout: Layout<unknown>, prefix: string): string[] {
  return layout.fields.flatMap((field) => Object.entries(field.names ?? {}).map(([name, value]) => `#define ${foreignName(layout, prefix)}_${cMember(field.name)}_${name} ${value}`));
}

/** Whether some member, or the record itself, is less aligned than C would have it. */
function isPacked({ fields, align, size }: Layout<unknown>): boolean {
  return fields.some((field) => naturalAlign(field) > align || (field.bits ? crosses(field) : field.offset % naturalAlign(field) !== 0)) || size % align !== 0;
}

const crosses = (field: Field): boolean => {
  const unit = field.size * 8;
  const first = field.offset * 8 + field.bits!.shift;
  return Math.floor(first / unit) !== Math.floor((first + field.bits!.width - 1) / unit);
};

function attributes(layout: Layout<unknown>): string {
  const packed = isPacked(layout);
  const natural = packed ? 1 : Math.max(1, ...layout.fields.map(naturalAlign));
  const list = [...(packed ? ['packed'] : []), ...(layout.align > natural ? [`aligned(${layout.align})`] : [])];
  return list.length === 0 ? '' : ` __attribute__((${list.join(', ')}))`;
}

/** The members, and the padding that C would not make. */
function body(layout: Layout<unknown>, prefix: string, indent: string): string[] {
  const packed = isPacked(layout);
  const lines: string[] = [];
  let pads = 0;
  const pad = (bytes: number): void => { if (bytes > 0) lines.push(`${indent}uint8_t _pad${pads++}[${bytes}];`); };
  /** The first bit that C has not given away. */
  let bit = 0;
  for (const field of layout.fields) {
    if (layout.kind === 'union') bit = 0;
    if (field.bits) {
      const first = field.offset * 8 + field.bits.shift;
      const unit = field.size * 8;
      const next = !packed && Math.floor(bit / unit) !== Math.floor((bit + field.bits.width - 1) / unit) ? roundUp(bit, unit) : bit;
      if (first > next) {
        // Whole bytes first, then bits of the field's own unit.
        pad(Math.floor(first / 8) - Math.ceil(bit / 8) > 0 && Math.floor(bit / unit) !== Math.floor(first / unit) ? Math.floor(first / unit) * field.size - Math.ceil(bit / 8) : 0);
        const start = Math.floor(bit / unit) === Math.floor(first / unit) ? bit : Math.floor(first / unit) * unit;
        if (first > start) lines.push(`${indent}${TYPES[field.element as ScalarName]} : ${first - start};`);
      }
      lines.push(`${indent}${TYPES[field.element as ScalarName]} ${cMember(field.name)} : ${field.bits.width};`);
      bit = first + field.bits.width;
      continue;
    }
    const natural = roundUp(Math.ceil(bit / 8), packed ? 1 : naturalAlign(field));
    if (field.offset > natural) pad(field.offset - Math.ceil(bit / 8));
    lines.push(...member(field, layout, prefix, indent));
    bit = (field.offset + field.size) * 8;
  }
  const natural = packed ? 1 : Math.max(1, ...layout.fields.map(naturalAlign));
  const end = layout.kind === 'union' ? Math.max(0, ...layout.fields.map(({ size, bits }) => (bits ? Math.ceil((bits.shift + bits.width) / 8) : size))) : Math.ceil(bit / 8);
  if (roundUp(end, Math.max(natural, layout.align)) < layout.size) {
    if (layout.kind === 'union') lines.push(`${indent}uint8_t _size[${layout.size}];`);
    else pad(layout.size - end);
  }
  // A record without members has a size in C++.
  if (lines.length === 0) lines.push(`${indent}uint8_t _nothing[0];`);
  return lines;
}

function member(field: Field, parent: Layout<unknown>, prefix: string, indent: string): string[] {
  const { element, dims, name } = field;
  if (name === '') {
    const inner = (element as () => Layout<unknown>)();
    return [`${indent}${inner.kind} {`, ...body(inner, prefix, `${indent}\t`), `${indent}}${attributes(inner)};`];
  }
  const type = typeof element === 'string' ? TYPES[element] : cName(element(), prefix);
  // A flexible array must be last, in a struct, and not alone; elsewhere one of no elements says the same.
  const open = parent.kind === 'struct' && parent.fields.length > 1 && parent.fields.at(-1) === field && dims.length === 1;
  const lengths = dims.map((count) => `[${count === FLEXIBLE ? (open ? '' : '0') : count}]`).join('');
  return [`${indent}${type} ${cMember(name)}${lengths};`];
}
