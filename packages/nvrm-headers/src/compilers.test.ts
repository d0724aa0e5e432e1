// All records of all versions, emitted as C and as Rust, and what compilers make of them: no sample.
import { execFileSync, spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import type { Layout } from '@nova-stack/c-layout';
import { cMember, cName, emitC, emitRust } from '@nova-stack/c-layout/emit';
import { afterAll, describe, expect, test } from 'vitest';

import { loadFacts } from './cli/facts-files.ts';
import type { Facts, FieldFact } from './facts/index.ts';
import { layoutsOf } from './generate/index.ts';
import { VERSIONS } from './index.ts';

const folder = mkdtempSync(join(tmpdir(), 'nvrm-headers-'));
afterAll(() => { rmSync(folder, { recursive: true, force: true }); });

const answers = (program: string): boolean => spawnSync(program, ['--version'], { stdio: 'ignore' }).status === 0;
const cc = [process.env['CC'] ?? '', 'gcc', 'clang', 'cc'].find((program) => program !== '' && answers(program));
const hasRust = answers('rustc');
if (cc === undefined) console.warn('C as judge of all records is SKIPPED: no C compiler; install gcc or clang, or name one in CC');
if (!hasRust) console.warn('Rust as judge of all records is SKIPPED: no rustc; install it from your distribution or by rustup');

/** The named fields that C can be asked about: all but bitfields; those of nameless members through their parent. */
function askable(facts: Facts, name: string, base: number = 0): (readonly [field: FieldFact, offset: number])[] {
  return facts.records.get(name)!.fields.flatMap((field) => {
    if (field.bits) return [];
    return field.name === '' ? askable(facts, field.ref!, base + field.offset) : [[field, base + field.offset] as const];
  });
}

const SIZES: Readonly<Record<string, number>> = { u8: 1, u16: 2, u32: 4, u64: 8, s8: 1, s16: 2, s32: 4, s64: 8, char: 1, bool: 1, f32: 4, f64: 8, ptr: 8, fnptr: 8 };
const sizeOf = (facts: Facts, { kind, ref, dims }: FieldFact): number => dims.reduce((size, count) => size * Math.max(count, 0), ref === undefined ? SIZES[kind]! : facts.records.get(ref)!.size);

describe.skipIf(cc === undefined)('a C compiler agrees with the facts', () => {
  test.each(VERSIONS)('on the size, alignment and every field of all records of %s', (version) => {
    const facts = loadFacts(version);
    const layouts = layoutsOf(facts);
    // A record inside a nameless member has no name in C; its fields are asked for through its parent.
    const named = [...facts.records.values()].filter(({ name }) => !/\.\$\d+$/.test(name));
    const rows = named.flatMap(({ name }) => {
      const type = cName(layouts.get(name)!);
      return [`{ sizeof(${type}), _Alignof(${type}) }`, ...askable(facts, name).map(([field]) => {
        const member = cMember(field.name);
        return `{ offsetof(${type}, ${member}), ${field.dims.includes(-1) ? '0' : `sizeof(((${type} *)0)->${member})`} }`;
      })];
    });
    const file = join(folder, `c${version}`);
    writeFileSync(`${file}.c`, `${emitC(layouts.values())}\n#include <stdio.h>\nstatic const size_t rows[][2] = {\n${rows.join(',\n')}\n};\nint main(void) { for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) printf("%zu %zu\\n", rows[i][0], rows[i][1]); return 0; }\n`);
    execFileSync(cc!, ['-std=c11', '-O0', '-Wall', '-Wextra', '-Werror', '-o', file, `${file}.c`], { stdio: 'pipe' });
    const told = execFileSync(file, { encoding: 'utf8', maxBuffer: 1 << 24 }).trimEnd().split('\n');
    const expected = named.flatMap(({ name, size, align }) => [`${size} ${align}`, ...askable(facts, name).map(([field, offset]) => `${offset} ${sizeOf(facts, field)}`)]);
    expect(told.length).toBe(expected.length);
    expect(told.filter((line, i) => line !== expected[i])).toEqual([]);
  }, 60_000);
});

describe.skipIf(!hasRust)('a Rust compiler agrees with the facts', () => {
  test.each(VERSIONS)('on the size, alignment and every field of all records of %s', (version) => {
    const facts = loadFacts(version);
    const layouts: readonly Layout<unknown>[] = [...layoutsOf(facts).values()];
    const module = emitRust(layouts);
    // It asserts each of them when it is compiled; a compiler that lays anything out in another way refuses it.
    const asserted = (module.match(/assert!\(offset_of!/g) ?? []).length;
    const bitfields = [...facts.records.values()].flatMap(({ fields }) => fields).filter(({ bits }) => bits).length;
    const fields = [...facts.records.values()].reduce((sum, record) => sum + record.fields.length, 0);
    // The bitfields of a version's one record of them lie in one run of bytes.
    expect(asserted).toBe(fields - bitfields + 1);
    const file = join(folder, `rust${version}.rs`);
    writeFileSync(file, `#![no_std]\n#![deny(warnings)]\n${module}`);
    execFileSync('rustc', ['--edition', '2021', '--crate-type', 'lib', '--emit', 'metadata', '--out-dir', folder, '--crate-name', `r${version.replaceAll('.', '_')}`, file], { stdio: 'pipe' });
  }, 120_000);

  test('refuses a module of which one number is wrong', () => {
    const layout = layoutsOf(loadFacts('570.144')).get('GspFwWprMeta')!;
    const file = join(folder, 'wrong.rs');
    writeFileSync(file, `#![no_std]\n${emitRust([layout]).replace('offset_of!(GspFwWprMeta, sizeOfRadix3Elf) == ', '$&1')}`);
    const { status, stderr } = spawnSync('rustc', ['--crate-type', 'lib', '--emit', 'metadata', '--out-dir', folder, file], { encoding: 'utf8' });
    expect(status).not.toBe(0);
    expect(stderr).toContain('sizeOfRadix3Elf');
  });
});
