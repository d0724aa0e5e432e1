// Compilers as judges: what they make of the emitted records, asked of programs that they compiled, is what the layouts say.
import { execFileSync, spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import fc from 'fast-check';
import { afterAll, describe, expect, test } from 'vitest';

import { aligned, anonymous, array, bits, enumOf, flexible, struct, truth, union } from '../declaration.ts';
import type { Layout } from '../layout.ts';
import { layouts, type AnyLayout } from './declaration-fixture.ts';
import { flatFields, type FlatField } from './flat-fields.ts';
import { cMember, cName, emitC, emitRust, rustMember, rustName } from './index.ts';

const folder = mkdtempSync(join(tmpdir(), 'c-layout-'));
afterAll(() => { rmSync(folder, { recursive: true, force: true }); });

const answers = (program: string, ...args: string[]): boolean => spawnSync(program, args, { stdio: 'ignore' }).status === 0;
const cc = [process.env['CC'] ?? '', 'gcc', 'clang', 'cc'].find((program) => program !== '' && answers(program, '--version'));
const hasRust = answers('rustc', '--version');
if (cc === undefined) console.warn('C as judge is SKIPPED: no C compiler; install gcc or clang, or name one in CC');
if (!hasRust) console.warn('Rust as judge is SKIPPED: no rustc; install it from your distribution or by rustup');

const parts = { low: 'u8', high: 'u16' } as const;
const inner = struct('inner', { a: 'u8', b: 'u64' });
/** Every construct by name, and some that a compiler would place in another way. */
const FIXED: readonly Layout<unknown>[] = [
  struct('scalars', { a: 'u8', b: 'u16', c: 'u32', d: 'u64', e: 's8', f: 's16', g: 's32', h: 's64', i: 'char', j: 'bool', k: 'f32', l: 'f64', m: 'ptr' }),
  struct('mixed', { head: inner, list: array(inner, 3), table: array(array('u16', 2), 3), text: array('char', 5), flag: truth('u8'), flag32: truth('u32'), color: enumOf('u16', { RED: 1, BLUE: 2 }) }),
  struct('packed', { a: 'u8', b: 'u64', c: 'u16', d: inner }, { packed: true }),
  struct('packed_aligned', { a: 'u8', b: 'u32' }, { packed: true, align: 4 }),
  struct('bits', { a: bits('u32', 3), b: bits('u32', 14), c: bits('u32', 20), d: 'u8', e: bits('u8', 2), f: bits('u64', 40) }),
  struct('packed_bits', { a: bits('u32', 30), b: bits('u32', 30), c: 'u8', d: bits('u16', 9) }, { packed: true }),
  struct('over', { a: 'u8', b: aligned('u8', 16), c: aligned('u32', 8) }),
  struct('aligned', { a: 'u8' }, { align: 64 }),
  struct('nameless', { kind: 'u32', $0: anonymous(union('nameless_u', { word: 'u32', bytes: array('u8', 4) })), tail: 'u8' }),
  struct('open', { count: 'u32', parts: flexible(struct('part', parts)) }),
  struct('open_bytes', { count: 'u8', rest: flexible('u8') }),
  struct('keywords', { type: 'u8', class: 'u16', default: 'u32', self: 'u8', fn: 'u8' }),
  union('choice', { a: 'u8', b: inner, c: array('u32', 9) }),
  struct('nothing', {}),
];

/** What a probe prints of a field: offset and size; of a bitfield which bits of the record it sets. */
function expected(layout: AnyLayout, field: FlatField): string {
  if (!field.bits) return `${field.offset} ${field.dims.includes(-1) ? 0 : field.size}`;
  const bytes = new Uint8Array(layout.size);
  const first = field.offset * 8 + field.bits.shift;
  for (let bit = first; bit < first + field.bits.width; bit++) bytes[bit >> 3]! |= 1 << (bit & 7);
  return Buffer.from(bytes).toString('hex');
}

/** A declaration may put an aligned record at an odd place of a packed one; gcc wants to know whether that is meant. */
const PACKED = ['-Wno-packed-not-aligned', '-Wno-packed-bitfield-compat', '-Wno-bitfield-constant-conversion', '-Wno-constant-conversion', '-Wno-gnu-variable-sized-type-not-at-end', '-Wno-unknown-warning-option'] as const;

const lines = (records: readonly Layout<unknown>[]): string[] =>
  records.flatMap((layout) => [`${layout.size} ${layout.align}`, ...flatFields(layout).map((field) => expected(layout as AnyLayout, field))]);

function askC(records: readonly Layout<unknown>[], header: string): string[] {
  const probes = records.map((layout) => {
    const name = cName(layout);
    return [
      `printf("%zu %zu\\n", sizeof(${name}), _Alignof(${name}));`,
      ...flatFields(layout).map((field) => {
        const member = cMember(field.name);
        if (field.bits) return `{ ${name} x; memset(&x, 0, sizeof x); x.${member} = ~(uint64_t)0; dump(&x, sizeof x); }`;
        return `printf("%zu %zu\\n", offsetof(${name}, ${member}), ${field.dims.includes(-1) ? '(size_t)0' : `sizeof(((${name} *)0)->${member})`});`;
      }),
    ].join('\n');
  });
  const dump = 'static void dump(const void *p, size_t n) { for (size_t i = 0; i < n; i++) printf("%02x", ((const unsigned char *)p)[i]); puts(""); }';
  // A header that defines its records can be included twice.
  writeFileSync(join(folder, 'records.h'), header);
  writeFileSync(join(folder, 'probe.c'), `#include "records.h"\n#include "records.h"\n#include <stdio.h>\n#include <string.h>\n${dump}\nint main(void) {\n(void)dump;\n${probes.join('\n')}\nreturn 0;\n}\n`);
  execFileSync(cc!, ['-std=c11', '-O0', '-Wall', '-Wextra', '-Werror', '-Wno-overflow', ...PACKED, '-o', join(folder, 'probe'), join(folder, 'probe.c')], { cwd: folder, stdio: 'pipe' });
  return execFileSync(join(folder, 'probe'), { encoding: 'utf8' }).trimEnd().split('\n');
}

function askRust(records: readonly Layout<unknown>[], module: string): string[] {
  const probes = records.map((layout) => {
    const name = rustName(layout);
    const fields = (of: Layout<unknown>, path: string): string[] => of.fields.flatMap((field, index) => {
      const member = rustMember(field, index);
      if (field.name === '') return fields((field.element as () => Layout<unknown>)(), `${path}${member}.`);
      if (field.bits && path === '') return [`{ let mut x: ${name} = unsafe { core::mem::zeroed() }; x.set_${field.name}(!0); dump(unsafe { core::slice::from_raw_parts(&x as *const _ as *const u8, size_of::<${name}>()) }); }`];
      if (field.bits) return ['println!("-");'];
      return [`println!("{} {}", core::mem::offset_of!(${name}, ${path}${member}), { let u = core::mem::MaybeUninit::<${name}>::uninit(); let p = u.as_ptr(); size_of_pointee(unsafe { &raw const (*p).${path}${member} }) });`];
    });
    return [`println!("{} {}", size_of::<${name}>(), align_of::<${name}>());`, ...fields(layout, '')].join('\n');
  });
  writeFileSync(join(folder, 'records.rs'), module);
  writeFileSync(join(folder, 'probe.rs'), [
    '#![deny(warnings)]', '#![allow(unused_mut, overflowing_literals)]', 'mod records;', '#[allow(unused_imports)] use records::*;', 'use core::mem::{align_of, size_of};',
    '#[allow(dead_code)] fn dump(bytes: &[u8]) { println!("{}", bytes.iter().map(|b| format!("{b:02x}")).collect::<String>()); }',
    '#[allow(dead_code)] fn size_of_pointee<T>(_: *const T) -> usize { size_of::<T>() }',
    'fn main() {', ...probes, '}',
  ].join('\n'));
  execFileSync('rustc', ['--edition', '2021', '-C', 'debuginfo=0', '-o', join(folder, 'probe-rs'), join(folder, 'probe.rs')], { cwd: folder, stdio: 'pipe' });
  return execFileSync(join(folder, 'probe-rs'), { encoding: 'utf8' }).trimEnd().split('\n');
}

/** A sample that is the same in every run. */
const sample = fc.sample(layouts, { numRuns: 120, seed: 1 });

describe.skipIf(cc === undefined)('a C compiler', () => {
  test.each([['every construct', FIXED], ['declarations of any kind', sample]] as const)('lays out %s as they are declared', (_, records) => {
    expect(askC(records, emitC(records))).toEqual(lines(records));
  }, 60_000);

  test('refuses a header of which one number is wrong', () => {
    const header = emitC([FIXED[1]!]).replace('offsetof(struct mixed, text) == ', 'offsetof(struct mixed, text) == 1');
    expect(() => askC([], header)).toThrow(/offsetof\(struct mixed, text\)/);
  });

  test('takes the header as C++ too', () => {
    writeFileSync(join(folder, 'plus.cc'), `${emitC(FIXED)}\nint main() { return 0; }\n`);
    const args = ['-x', 'c++', '-std=gnu++17', '-fsyntax-only', '-Wall', '-Wextra', '-Werror', join(folder, 'plus.cc')];
    const { status, stderr } = spawnSync(cc!, args, { encoding: 'utf8' });
    // A C compiler may come without its C++ half.
    if (/cc1plus|not found|No such file/.test(stderr)) return;
    expect([status, stderr]).toEqual([0, '']);
  });
});

describe.skipIf(!hasRust)('a Rust compiler', () => {
  test.each([['every construct', FIXED], ['declarations of any kind', sample]] as const)('lays out %s as they are declared', (_, records) => {
    expect(askRust(records, emitRust(records))).toEqual(lines(records));
  }, 120_000);

  test('refuses a module of which one number is wrong', () => {
    const module = emitRust([FIXED[1]!]).replace('offset_of!(mixed, text) == ', 'offset_of!(mixed, text) == 1');
    expect(() => askRust([], module)).toThrow(/offset_of!\(mixed, text\)/);
  });
});

describe('the texts', () => {
  test('read like hand-written ones', () => {
    expect(emitC([struct('header', { magic: 'u32', address: 'u64', sizes: array('u32', 2) })], { doc: ({ size }) => [`${size} bytes`] })).toContain([
      '/*', ' * 24 bytes', ' */', 'struct header {', '\tuint32_t magic;', '\tuint64_t address;', '\tuint32_t sizes[2];', '};',
      'LAYOUT_ASSERT(sizeof(struct header) == 24);', 'LAYOUT_ASSERT(LAYOUT_ALIGNOF(struct header) == 8);', 'LAYOUT_ASSERT(offsetof(struct header, magic) == 0);',
    ].join('\n'));
    expect(emitRust([struct('header', { magic: 'u32', address: 'u64' })])).toContain([
      '#[repr(C)]', '#[derive(Clone, Copy)]', 'pub struct header {', '    pub magic: u32,', '    pub address: u64,', '}', 'const _: () = {',
    ].join('\n'));
  });

  test('two records of one name are refused', () => {
    const twins = [struct('a.b', { x: 'u8' }), struct('a_b', { x: 'u8' })];
    expect(() => emitC(twins)).toThrow(/a\.b and a_b would both be called a_b/);
    expect(() => emitRust(twins)).toThrow(RangeError);
  });
});
