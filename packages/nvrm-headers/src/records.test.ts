// Every record of every version against what a C compiler said of it, and the generated modules against the interpreter.
import { FLEXIBLE, anonymous, array, bits, flexible, struct, union, type Field, type FieldType, type Layout, type NestedType } from '@nova-stack/c-layout';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';

import { loadFacts } from './cli/facts-files.ts';
import type { Facts, FieldFact, RecordFact } from './facts/index.ts';
import { layoutsOf } from './generate/index.ts';
import { namespaceOf, VERSIONS } from './index.ts';

interface Vite {
  glob<T>(pattern: string | readonly string[], options: { readonly eager: true }): Record<string, T>;
}
type Values = Record<string, unknown>;
type AnyLayout = Layout<Values>;

const files = Object.entries((import.meta as unknown as Vite).glob<Record<string, unknown>>(['../generated/r*/**/*.js', '!**/methods/*'], { eager: true }));

const facts = new Map(VERSIONS.map((version) => [version, loadFacts(version)] as const));
const generated = new Map(VERSIONS.map((version) => [version, recordsIn(version)] as const));

/** The records that the modules of a version export, by their names in C. */
function recordsIn(version: string): Map<string, AnyLayout> {
  const exported = files.filter(([path]) => path.startsWith(`../generated/${namespaceOf(version)}/`)).flatMap(([, module]) => Object.values(module));
  const isLayout = (value: unknown): value is AnyLayout => typeof value === 'object' && value !== null && 'decode' in value;
  return new Map(exported.filter(isLayout).map((layout) => [layout.name, layout]));
}

/** Where a field lies, its first bit for a bitfield. */
const placeOf = ({ name, offset, dims, bits: field }: Field): unknown[] => [name, field ? offset * 8 + field.shift : offset, field?.width, dims];
const factOf = ({ name, offset, dims, bits: field }: FieldFact): unknown[] => [name, field?.first ?? offset, field?.width, dims];
const elementName = ({ element }: Field): string => (typeof element === 'string' ? element : element().name);

/** The same record from the types of its fields alone: the rules of the ABI must place them where the compiler did. */
function declaredOf(facts: Facts): (name: string) => Layout<unknown> {
  const declared = new Map<string, Layout<unknown>>();
  return function declare(name: string): Layout<unknown> {
    const known = declared.get(name);
    if (known) return known;
    const fact = facts.records.get(name)!;
    const fields = Object.fromEntries(fact.fields.map(({ name: field, kind, ref, dims, bits: bitfield }, i): [string, FieldType] => {
      const scalar = kind === 'fnptr' ? 'ptr' : kind;
      const one: FieldType = ref === undefined ? (scalar as FieldType) : (declare(ref));
      if (bitfield) return [field, bits(scalar as 'u32', bitfield.width)];
      if (field === '') return [`$${i}`, anonymous(one as NestedType)];
      return [field, dims.reduceRight<FieldType>((inner, count) => (count === FLEXIBLE ? flexible(inner) : array(inner, count)), one)];
    }));
    const { packed, align } = fact;
    const layout = (fact.kind === 'union' ? union : struct)(name, fields, { packed, ...(packed && { align }) });
    declared.set(name, layout);
    return layout;
  };
}

/** As the compiler counted them in each version's headers; a version that was just imported has its row in what the importer said. */
const COUNTS: Readonly<Record<string, { readonly records: number; readonly fields: number }>> = {
  '535.113.01': { records: 2104, fields: 8438 },
  '570.144': { records: 2909, fields: 12_128 },
  '580.105.08': { records: 3186, fields: 13_074 },
};

describe.each(VERSIONS)('the records of %s', (version) => {
  const known = facts.get(version)!;
  const records = [...known.records.values()];
  const interpreted = layoutsOf(known) as Map<string, AnyLayout>;
  const modules = generated.get(version)!;

  test('are all there, with the size, alignment and kind that a C compiler gave them', () => {
    expect(records.length).toBe(COUNTS[version]?.records ?? known.records.size);
    expect(modules.size).toBe(records.length);
    const differing = records.filter(({ name, size, align, kind }) => [modules.get(name)!, interpreted.get(name)!].some((layout) => layout.size !== size || layout.align !== align || layout.kind !== kind));
    expect(differing.map(({ name }) => name)).toEqual([]);
  });

  test('have every field where the compiler put it, in the modules and in the interpreter', () => {
    let compared = 0;
    for (const { name, fields } of records) {
      const told = fields.map(factOf);
      for (const layout of [modules.get(name)!, interpreted.get(name)!]) {
        // The union of all RPCs would load them all; in the modules its members are bytes.
        const isCollection = name === 'rpc_generic_union' && layout === modules.get(name);
        expect(layout.fields.map(placeOf).map((row) => (isCollection ? row.slice(0, 2) : row)), name).toEqual(isCollection ? told.map((row) => row.slice(0, 2)) : told);
        const offsets: Readonly<Record<string, number>> = layout.offsets;
        for (const [i, fact] of fields.entries()) {
          // An array of unions without a length is bytes in the modules, so that they need not load the unions.
          if (fact.ref !== undefined && fact.dims[0] !== FLEXIBLE && !isCollection && elementName(layout.fields[i]!) !== fact.ref) expect.fail(`${name}.${fact.name} is no ${fact.ref}`);
          if (fact.name !== '' && !fact.bits && offsets[fact.name] !== fact.offset) expect.fail(`${name}.offsets.${fact.name} is not ${fact.offset}`);
          compared++;
        }
      }
    }
    expect(compared).toBe(2 * (COUNTS[version]?.fields ?? records.reduce((sum, { fields }) => sum + fields.length, 0)));
  });

  test('come out at the same places when only the types of their fields are declared', () => {
    const declare = declaredOf(known);
    const differing = records.filter(({ name, size, align, fields }) => {
      const layout = declare(name);
      return layout.size !== size || layout.align !== align || layout.fields.some((field, i) => !field.bits && field.offset !== fields[i]!.offset);
    });
    expect(differing.map(({ name }) => name)).toEqual([]);
  });

  const names = records.filter(({ size }) => size > 0).map(({ name }) => name);

  /** Bytes that are a value and nothing else: whatever is read as a truth value is 0 or 1. */
  const canonical = (size: number, seed: number): Uint8Array => Uint8Array.from({ length: size }, (_, i) => (Math.imul(i + seed, 2654435761) >>> 16) & 1);

  test('read and write the same in the modules and in the interpreter', () => {
    for (const name of names) {
      const [ours, theirs] = [modules.get(name)!, interpreted.get(name)!];
      if (ours.size > 0x1000 || name === 'rpc_generic_union') continue;
      const bytes = canonical(ours.size + 3, ours.size);
      const value = ours.read(bytes, 3);
      expect(value, name).toEqual(theirs.read(bytes, 3));
      for (const layout of [ours, theirs]) {
        const copy = bytes.slice();
        layout.encode(new DataView(copy.buffer), 3, value);
        expect(Buffer.compare(copy, bytes), name).toBe(0);
      }
    }
  });

  test('agree on any bytes at any place, and on what is refused', () => {
    const small = names.filter((name) => known.records.get(name)!.size <= 0x1000);
    const odd = fc.constantFrom<unknown>(undefined, null, -1, 0.5, 256, 65_536, 2 ** 32, 7n, -1n, 2n ** 64n, true, [], {}, new Uint8Array(5000));
    fc.assert(fc.property(fc.constantFrom(...small), fc.uint8Array({ minLength: 8, maxLength: 64 }), fc.nat(7), fc.nat(), odd, (name, seed, at, pick, bad) => {
      const [ours, theirs] = [modules.get(name)!, interpreted.get(name)!];
      const bytes = Uint8Array.from({ length: ours.size + at }, (_, i) => seed[i % seed.length]! ^ (i >> 3));
      const view = new DataView(bytes.buffer);
      const value = ours.decode(view, at);
      expect(value).toEqual(theirs.decode(view, at));
      expect(() => ours.decode(view, at + 1)).toThrow(expect.objectContaining({ code: 'SHORT' }));

      const keys = Object.keys(value);
      const key = keys[pick % keys.length]!;
      const results = [ours, theirs].map((layout) => {
        const copy = bytes.slice();
        try {
          layout.encode(new DataView(copy.buffer), at, { ...value, [key]: bad });
        } catch (error) {
          expect(copy).toEqual(bytes);
          return `${(error as { code: string }).code} ${(error as Error).message}`;
        }
        return copy;
      });
      expect(results[0]).toEqual(results[1]);
    }), { numRuns: 200 });
  });

  test('NvBool is a boolean under any of its names', () => {
    const info = modules.get('NV2080_CTRL_CMD_FB_GET_FB_REGION_FB_REGION_INFO')!;
    const { blackList } = info.read(new Uint8Array(info.size)) as { readonly blackList: readonly unknown[] };
    expect(new Set(blackList)).toEqual(new Set([false]));
  });
});

test.each([['535.113.01', '570.144'], ['570.144', '580.105.08']] as const)('records that %s and %s have alike exist once', (from, to) => {
  const others = generated.get(to)!;
  const shared = [...generated.get(from)!].filter(([name, layout]) => others.get(name) === layout).map(([name]) => name);
  expect(shared.sort()).toEqual(alike(facts.get(from)!, facts.get(to)!).sort());
});

/** The records of one version that are in another in the same header, with the same fields all the way down. */
function alike(a: Facts, b: Facts): string[] {
  const known = new Map<string, boolean>();
  const plain = ({ file, kind, size, align, fields }: RecordFact): string => JSON.stringify([file, kind, size, align, fields.map(({ name, offset, kind: of, ref, dims, bits: at }) => [name, offset, of === 'fnptr' ? 'ptr' : of, ref, dims, at])]);
  // An array of unions without a length is bytes in the modules.
  const open = ({ dims, ref }: FieldFact): boolean => dims[0] === FLEXIBLE && a.records.get(ref!)?.kind === 'union';
  const same = (name: string): boolean => {
    let answer = known.get(name);
    if (answer === undefined) {
      const [x, y] = [a.records.get(name), b.records.get(name)];
      answer = x !== undefined && y !== undefined && plain(x) === plain(y) && x.fields.every((field) => field.ref === undefined || open(field) || same(field.ref));
      known.set(name, answer);
    }
    return answer;
  };
  return [...a.records.keys()].filter(same);
}
