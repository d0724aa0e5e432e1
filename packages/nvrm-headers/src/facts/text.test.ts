import fc from 'fast-check';
import { describe, expect, test } from 'vitest';

import { loadFacts } from '../cli/facts-files.ts';
import { VERSIONS } from '../index.ts';
import { FactsError, readFacts, writeFacts } from './index.ts';
import { apply, delta, formatLines, keyed, type Line } from './lines.ts';

const HEAD = '["version","1.2","a target"]\n';

describe('a text', () => {
  test('tells of a record with every kind of field', () => {
    const facts = readFacts([[
      HEAD, '["file","a.h"]', '["file","b.h",1]', '["type","NvU32","u32"]', '["type","E","u32",null,"E"]', '["type","enum (anonymous)","u32",null,""]', '["type","void *","ptr","void"]',
      '["record","INNER","a.h","u",4,4,[["a",0,"NvU32"]]]',
      '["record","OUTER","b.h","s",20,1,[["one",0,"@INNER"],["rows",4,"@INNER|struct INNER_TAG",[2,-1]],["p",4,"void *"],["low",12,"NvU32",null,[96,3]],["",16,"E"]],{"tag":"outer","aliases":["O2"],"packed":true}]',
      '["enum","E_A","E","a.h","u32",[["E_A",0],["E_B","18446744073709551615"]]]',
      '["constants","a.h",{"ONE":1,"ALL":"18446744073709551615"}]', '["ranges","a.h",{"BITS":"3:1"}]', '["methods","src/class/clb0b5.h",{"M":4}]',
    ].join('\n')]);
    expect(facts.version).toBe('1.2');
    expect(facts.files.get('b.h')).toEqual({ path: 'b.h', picked: true });
    expect(facts.records.get('OUTER')).toEqual({
      name: 'OUTER', file: 'b.h', kind: 'struct', size: 20, align: 1, tag: 'outer', aliases: ['O2'], packed: true, tagOnly: false, anonymous: false,
      fields: [
        { name: 'one', offset: 0, type: 'INNER', kind: 'record', ref: 'INNER', dims: [] },
        { name: 'rows', offset: 4, type: 'struct INNER_TAG', kind: 'record', ref: 'INNER', dims: [2, -1] },
        { name: 'p', offset: 4, type: 'void *', kind: 'ptr', dims: [] },
        { name: 'low', offset: 12, type: 'NvU32', kind: 'u32', dims: [], bits: { first: 96, width: 3 } },
        { name: '', offset: 16, type: 'E', kind: 'u32', dims: [] },
      ],
    });
    expect([...facts.scalars.values()]).toEqual([{ kind: 'u32' }, { kind: 'u32', enum: 'E' }, { kind: 'u32', enum: null }, { kind: 'ptr', to: 'void' }]);
    expect(facts.enums.get('E_A')!.values).toEqual([['E_A', 0], ['E_B', 2n ** 64n - 1n]]);
    expect(facts.constants.get('a.h')!.get('ALL')).toBe(2n ** 64n - 1n);
    expect(facts.constants.get('src/class/clb0b5.h')!.get('M')).toBe(4);
    expect(readFacts([writeFacts(facts).facts, writeFacts(facts).methods])).toEqual(facts);
  });

  test.each([
    ['', 'no line says of which version'],
    ['{', 'line 1: no JSON'],
    [`${HEAD}["record"]`, 'line 2: expected ["what", "name", …], got ["record"]'],
    [`${HEAD}["-","record","GONE"]`, 'takes away record GONE, which is not there'],
    [`${HEAD}["record","R","a.h","s",4,4,[["f",0,"NvU32"]]]`, 'no line tells of the type "NvU32"'],
    [`${HEAD}["record","R","a.h","s",4,4,7]`, 'record R: '],
    [`${HEAD}["constants","a.h",{"X":"many"}]`, 'constants a.h: '],
    [`${HEAD}["constants","a.h"]`, 'constants a.h: '],
  ])('that is broken is refused: %s', (text, message) => {
    expect(() => readFacts([text])).toThrow(FactsError);
    expect(() => readFacts([text])).toThrow(message);
  });

  test('of any kind gives facts or a FactsError', () => {
    const rows = fc.array(fc.tuple(fc.constantFrom('record', 'typedef', 'enum', 'command', 'class', 'function', 'constants', 'ranges', 'status', 'type', 'file', '-'), fc.oneof(fc.string(), fc.constant('A')), fc.anything().filter((value) => value !== undefined)));
    fc.assert(fc.property(rows, (lines) => {
      const text = HEAD + lines.map((line) => JSON.stringify(line, (_, value: unknown) => (typeof value === 'bigint' ? String(value) : value)) + '\n').join('');
      try {
        readFacts([text]);
      } catch (error) {
        expect(error).toBeInstanceOf(FactsError);
      }
    }));
  });
});

describe('a difference', () => {
  const names = fc.dictionary(fc.constantFrom('a', 'b', 'c'), fc.nat(3), { noNullPrototype: true });
  const line = fc.oneof(
    fc.tuple(fc.constant('record'), fc.constantFrom('R', 'S', 'T'), fc.nat(3)),
    fc.tuple(fc.constantFrom('constants', 'methods'), fc.constantFrom('x.h', 'y.h'), names),
  ) as fc.Arbitrary<Line>;
  const lines = fc.array(line).map(keyed);

  test('on top of what it was made from gives what it was made for', () => {
    fc.assert(fc.property(lines, lines, (from, to) => {
      const made = apply(new Map(from), formatLines(delta(from, to)));
      expect(new Map([...made].sort())).toEqual(new Map([...to].sort()));
    }));
  });

  test('of the same is empty', () => {
    fc.assert(fc.property(lines, (same) => {
      expect([...delta(same, same)]).toEqual([]);
    }));
  });
});

test.each(VERSIONS)('%s is written and read without loss, alone and as a difference', (version) => {
  const facts = loadFacts(version);
  const other = loadFacts(VERSIONS[(VERSIONS.indexOf(version) + 1) % VERSIONS.length]!);
  const [whole, base, difference] = [writeFacts(facts), writeFacts(other), writeFacts(facts, other)];
  const same = (a: unknown, b: unknown): boolean => JSON.stringify(plain(a)) === JSON.stringify(plain(b));
  for (const texts of [[whole.facts, whole.methods], [base.facts, base.methods, difference.facts, difference.methods]]) {
    const read = readFacts(texts);
    for (const [name, table] of Object.entries(facts)) expect(same(read[name as keyof typeof read], table), name).toBe(true);
  }
  expect(difference.facts.length).toBeLessThan(whole.facts.length * 0.6);
}, 60_000);

/** Maps as rows sorted by key, big numbers as text: for a comparison of many thousand entries at once. */
function plain(value: unknown): unknown {
  if (value instanceof Map) return [...(value as Map<string, unknown>)].sort(([a], [b]) => (a < b ? -1 : 1)).map(([key, each]) => [key, plain(each)]);
  return typeof value === 'bigint' ? `${value}n` : typeof value === 'object' && value !== null ? JSON.parse(JSON.stringify(value, (_, each: unknown) => (typeof each === 'bigint' ? `${each}n` : each))) : value;
}
