import fc from 'fast-check';
import { describe, expect, test } from 'vitest';

import { loadFacts } from '../cli/facts-files.ts';
import type { Facts, FieldFact, RecordFact } from '../facts/index.ts';
import { VERSIONS } from '../index.ts';
import { diffFacts, diffText, gspClient, isEmpty, type AbiDiff, type FieldChange, type HeaderDiff, type TableDiff } from './index.ts';

const [r535, r570, r580] = VERSIONS.map(loadFacts) as [Facts, Facts, Facts];

/** All that a difference tells, a line each; `mirrored` as the difference the other way round would. */
function told({ records, tables, reused, constants, headers }: AbiDiff, mirrored: boolean = false): string[] {
  const [plus, minus] = mirrored ? ['-', '+'] : ['+', '-'];
  const way = (from: string | number, to: string | number): string => (mirrored ? `${to} -> ${from}` : `${from} -> ${to}`);
  const field = (change: FieldChange): string => {
    if (change.kind === 'added' || change.kind === 'removed') return `${change.kind === 'added' ? plus : minus}${change.field.name}`;
    return `${change.kind} ${way(`${change.from.name}@${change.from.offset}`, `${change.to.name}@${change.to.offset}`)}`;
  };
  const table = (name: string, { added, removed, changed }: TableDiff | HeaderDiff): string[] => [
    ...added.map((each) => `${name} ${plus}${each}`), ...removed.map((each) => `${name} ${minus}${each}`),
    ...changed.map((each) => `${name} ${each.name}: ${each.properties.map(({ property, from, to }) => `${property} ${way(from, to)}`).join(', ')}`),
  ];
  return [
    ...records.added.map((each) => `records ${plus}${each}`), ...records.removed.map((each) => `records ${minus}${each}`),
    ...records.changed.map(({ name, danger, from, to, fields, because }) => [`records ${name} ${danger} ${way(from.size, to.size)}:`, ...fields.map(field).sort(), ...[...because].sort()].join(' ')),
    ...Object.entries(tables).flatMap(([name, each]) => table(name, each)),
    ...reused.map(({ table: name, number, from, to }) => `reused ${name} ${number} ${way(from.join(), to.join())}`),
    ...constants.flatMap((header) => table('constants', header)),
    ...headers.map(({ from, to, records: names }) => `headers ${way(from, to)} ${[...names].sort().join()}`),
  ].sort();
}

const ALL = { constants: true, headers: true } as const;

test('of a version with itself it is empty', () => {
  for (const facts of [r535, r570, r580]) {
    const diff = diffFacts(facts, facts, ALL);
    expect([isEmpty(diff), told(diff)]).toEqual([true, []]);
    expect(diffText(diff)).toContain('Nothing changed.');
  }
});

test.each([['535.113.01 and 570.144', r535, r570], ['570.144 and 580.105.08', r570, r580]] as const)('%s: both ways it is the same, mirrored', (_, a, b) => {
  const [there, back] = [diffFacts(a, b, { headers: true }), diffFacts(b, a, { headers: true })];
  expect(told(back, true)).toEqual(told(there));
});

/** What a GSP client uses of 570.144: to be changed in many ways, quickly. */
const base = ((): Facts => {
  const part = gspClient(r570);
  const of = <T>(table: ReadonlyMap<string, T>, wanted: ReadonlySet<string>): ReadonlyMap<string, T> => new Map([...table].filter(([name]) => wanted.has(name)));
  return {
    ...r570, records: of(r570.records, part.records), typedefs: of(r570.typedefs, part.typedefs), commands: of(r570.commands, part.commands),
    constants: of(r570.constants, part.headers), ranges: of(r570.ranges, part.headers), enums: new Map([...r570.enums].filter(([, { file }]) => part.headers.has(file))),
  };
})();

/** Changes `base`, and expects the difference to tell of that alone, either way. */
function expectOnly(changed: Partial<Facts>, lines: readonly string[], options?: typeof ALL): void {
  const facts = { ...base, ...changed };
  expect(told(diffFacts(base, facts, options))).toEqual([...lines].sort());
  expect(told(diffFacts(facts, base, options), true)).toEqual([...lines].sort());
}

describe('a record', () => {
  // Those that nothing else is made of, so that a change of one is a change of one.
  const used = new Set([...base.records.values()].flatMap(({ fields }) => fields.map(({ ref }) => ref)));
  const alone = [...base.records.values()].filter(({ name, kind, fields, anonymous }) => kind === 'struct' && !anonymous && !used.has(name) && fields.length > 2 && fields.every(({ name: field, bits }) => field !== '' && !bits));
  const withRecord = (record: RecordFact): Partial<Facts> => ({ records: new Map(base.records).set(record.name, record) });
  const withField = (record: RecordFact, index: number, ...fields: readonly FieldFact[]): RecordFact => ({ ...record, fields: record.fields.toSpliced(index, 1, ...fields) });
  const AFAR = 1 << 20;

  const CHANGES: Readonly<Record<string, (record: RecordFact, index: number, field: FieldFact) => readonly [changed: RecordFact, line: string]>> = {
    moved: (record, index, field) => [withField(record, index, { ...field, offset: field.offset + AFAR }), `same-size ${record.size} -> ${record.size}: moved ${field.name}@${field.offset} -> ${field.name}@${field.offset + AFAR}`],
    renamed: (record, index, field) => [withField(record, index, { ...field, name: 'other name' }), `renamed ${record.size} -> ${record.size}: renamed ${field.name}@${field.offset} -> other name@${field.offset}`],
    removed: (record, index, field) => [withField(record, index), `in-place ${record.size} -> ${record.size}: -${field.name}`],
    added: (record, index, field) => [withField(record, index, field, { ...field, name: 'new', offset: AFAR }), `in-place ${record.size} -> ${record.size}: +new`],
    replaced: (record, index, field) => [withField(record, index, { name: 'new', type: 'unsigned char', kind: 'u8', dims: [3], offset: field.offset }), `same-size ${record.size} -> ${record.size}: +new -${field.name}`],
    retyped: (record, index, field) => [withField(record, index, { ...field, dims: [...field.dims, 7] }), `same-size ${record.size} -> ${record.size}: retyped ${field.name}@${field.offset} -> ${field.name}@${field.offset}`],
    resized: (record) => [{ ...record, size: record.size + 8 }, `resized ${record.size} -> ${record.size + 8}:`],
    realigned: (record) => [{ ...record, align: 16 }, `same-size ${record.size} -> ${record.size}:`],
  };

  test.each(Object.keys(CHANGES))('of which something is %s', (what) => {
    fc.assert(fc.property(fc.constantFrom(...alone), fc.nat(), (record, pick) => {
      const index = pick % record.fields.length;
      const field = record.fields[index]!;
      // In the place of nothing, nothing can be replaced.
      fc.pre(!(what === 'replaced' && field.dims.some((count) => count < 1)));
      const [changed, line] = CHANGES[what]!(record, index, field);
      expectOnly(withRecord(changed), [`records ${record.name} ${line}`]);
    }), { numRuns: 40 });
  });

  test('that is inside of others is their reason', () => {
    const inner = base.records.get('GSP_SR_INIT_ARGUMENTS')!;
    expectOnly(withRecord(withField(inner, 0, { ...inner.fields[0]!, kind: 's32' })), [
      'records GSP_SR_INIT_ARGUMENTS same-size 12 -> 12: retyped oldLevel@0 -> oldLevel@0',
      'records GSP_ARGUMENTS_CACHED nested 72 -> 72: GSP_SR_INIT_ARGUMENTS',
    ]);
  });

  test('that another header has changes nothing but that', () => {
    fc.assert(fc.property(fc.constantFrom(...alone), (record) => {
      expectOnly(withRecord({ ...record, file: 'elsewhere.h' }), []);
      const { headers } = diffFacts(base, { ...base, ...withRecord({ ...record, file: 'elsewhere.h' }) }, { headers: true });
      expect(headers).toEqual([{ from: record.file, to: 'elsewhere.h', records: [record.name] }]);
    }), { numRuns: 5 });
  });
});

/** Tables whose entries have a number, and how it is written. */
const NUMBERED = {
  commands: (entry: { id: number }, id: number) => ({ ...entry, id }),
  classes: (entry: { id: number }, id: number) => ({ ...entry, id }),
  functions: (entry: { value: number }, value: number) => ({ ...entry, value }),
  events: (entry: { value: number }, value: number) => ({ ...entry, value }),
  escapes: (entry: { nr: number }, nr: number) => ({ ...entry, nr }),
  uvm: (entry: { nr: number }, nr: number) => ({ ...entry, nr }),
  status: (_: number, value: number) => value,
} as const;

describe.each(Object.keys(NUMBERED) as (keyof typeof NUMBERED)[])('an entry of %s', (name) => {
  const table = base[name] as ReadonlyMap<string, unknown>;
  const write = NUMBERED[name] as (entry: unknown, number: number) => unknown;
  const numberOf = (entry: unknown): number => (typeof entry === 'number' ? entry : Number(Object.entries(entry as object).find(([key]) => ['id', 'value', 'nr'].includes(key))![1]));
  const holders = new Map<number, number>();
  for (const entry of table.values()) holders.set(numberOf(entry), (holders.get(numberOf(entry)) ?? 0) + 1);
  // Those that are alone with their number, bounds of tables aside.
  const entries = [...table].filter(([key, entry]) => holders.get(numberOf(entry)) === 1 && !key.includes('_NUM_'));
  const replaced = (...pairs: readonly (readonly [string, unknown])[]): Partial<Facts> => ({ [name]: new Map([...table, ...pairs]) });
  const hex = (value: number): string => `0x${value.toString(16)}`;
  const FREE = 0x7ffffff0;

  test('with another number, removed, added', () => {
    fc.assert(fc.property(fc.constantFrom(...entries), ([key, entry]) => {
      expectOnly(replaced([key, write(entry, FREE)]), [`${name} ${key}: number ${hex(numberOf(entry))} -> ${hex(FREE)}`]);
      expectOnly({ [name]: new Map([...table].filter(([other]) => other !== key)) }, [`${name} -${key}`]);
      expectOnly(replaced(['NEW', write(entry, FREE)]), [`${name} +NEW`]);
    }), { numRuns: 30 });
  });

  test('that changed its number with another one: either number stands for something else', () => {
    fc.assert(fc.property(fc.shuffledSubarray(entries, { minLength: 2, maxLength: 2 }), (pair) => {
      const [[a, one], [b, two]] = pair as [[string, unknown], [string, unknown]];
      const [first, second] = [numberOf(one), numberOf(two)];
      expectOnly(replaced([a, write(one, second)], [b, write(two, first)]), [
        `${name} ${a}: number ${hex(first)} -> ${hex(second)}`, `${name} ${b}: number ${hex(second)} -> ${hex(first)}`,
        `reused ${name} ${first} ${a} -> ${b}`, `reused ${name} ${second} ${b} -> ${a}`,
      ]);
    }), { numRuns: 30 });
  });
});

test('parameters, rights and bodies are told by their names', () => {
  const [command] = [...base.commands.values()].filter(({ params }) => params !== undefined);
  const { params = '', ...bare } = command!;
  expectOnly({ commands: new Map(base.commands).set(bare.name, bare) }, [`commands ${bare.name}: params ${params} -> none`]);
  expectOnly({ commands: new Map(base.commands).set(bare.name, { ...command!, right: 0x77 }) }, [`commands ${bare.name}: right ${command!.right === undefined ? 'none' : `0x${command!.right.toString(16)}`} -> 0x77`]);
  const free = base.functions.get('NV_VGPU_MSG_FUNCTION_FREE')!;
  expectOnly({ functions: new Map(base.functions).set(free.name, { ...free, current: 'rpc_free_v99_00' }) }, ['functions NV_VGPU_MSG_FUNCTION_FREE: body rpc_free_v03_00 -> rpc_free_v99_00']);
});

test('an enumerator, a typedef and a constant are told, each in its table', () => {
  const [first, engines] = [...base.enums].find(([, { name }]) => name === 'RM_ENGINE_TYPE')!;
  const values = engines.values.map(([name, value]) => [name, name === 'RM_ENGINE_TYPE_SEC2' ? 0x99 : value] as const);
  expectOnly({ enums: new Map(base.enums).set(first, { ...engines, values }) }, ['enumerators RM_ENGINE_TYPE_SEC2: number 0x31 -> 0x99']);
  const typedef = base.typedefs.get('rpc_free_v')!;
  expectOnly({ typedefs: new Map(base.typedefs).set('rpc_free_v', { ...typedef, ref: 'rpc_free_v99_00' }) }, ['typedefs rpc_free_v: type rpc_free_v03_00 -> rpc_free_v99_00']);
  const [path, table] = [...base.constants].find(([each]) => each.endsWith('/gsp_fw_wpr_meta.h'))!;
  expectOnly({ constants: new Map(base.constants).set(path, new Map(table).set('GSP_FW_WPR_META_REVISION', 2)) }, ['constants GSP_FW_WPR_META_REVISION: number 0x1 -> 0x2'], ALL);
});
