import { FLEXIBLE, anonymous, array, bits, flexible, struct, union, type Field, type FieldType, type Layout, type NestedType } from '@nova-stack/c-layout';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';

import { readFacts } from '../scripts/facts.mjs';
import { layoutsOf } from '../scripts/layouts.mjs';

interface Vite {
  glob<T>(pattern: string, options: { readonly eager: true; readonly query?: string; readonly import?: string }): Record<string, T>;
}
type Values = Record<string, unknown>;

const texts = (import.meta as unknown as Vite).glob<string>('../facts/*.jsonl', { eager: true, query: '?raw', import: 'default' });
const modules = (import.meta as unknown as Vite).glob<Record<string, unknown>>('../generated/r570_144/**/*.js', { eager: true });

const facts = readFacts(texts['../facts/570.144.jsonl']!);
const interpreted = layoutsOf(facts) as Map<string, Layout<Values>>;
const generated = new Map<string, Layout<Values>>();
for (const module of Object.values(modules)) {
  for (const value of Object.values(module)) {
    if (typeof value === 'object' && value !== null && 'decode' in value) generated.set((value as Layout<Values>).name, value as Layout<Values>);
  }
}

const elementName = ({ element }: Field): string => (typeof element === 'string' ? element : element().name);

describe('the records of 570.144', () => {
  test('are all there, with the size, alignment and kind that a C compiler gave them', () => {
    expect(facts.records.size).toBe(2909);
    expect(generated.size).toBe(2909);
    for (const { name, size, align, kind } of facts.records.values()) {
      const { size: ours, align: ourAlign, kind: ourKind } = generated.get(name)!;
      expect([ours, ourAlign, ourKind], name).toEqual([size, align, kind]);
    }
  });

  test('have every field where the compiler put it, in the modules and in the interpreter', () => {
    let compared = 0;
    for (const { name, fields } of facts.records.values()) {
      for (const layout of [generated.get(name)!, interpreted.get(name)!]) {
        const offsets: Readonly<Record<string, number>> = layout.offsets;
        expect(layout.fields.map((field) => field.name), name).toEqual(fields.map((field) => field.name));
        for (const [i, fact] of fields.entries()) {
          const field = layout.fields[i]!;
          const first = field.bits ? field.offset * 8 + field.bits.shift : field.offset;
          expect([first, field.bits?.width, field.dims], `${name}.${fact.name}`).toEqual([fact.bits?.first ?? fact.offset, fact.bits?.width, fact.dims]);
          // An array of unions without a length is bytes in the modules, so that they need not load the unions.
          if (fact.ref !== undefined && fact.dims[0] !== FLEXIBLE) expect(elementName(field), `${name}.${fact.name}`).toBe(fact.ref);
          if (fact.name !== '' && !fact.bits) expect(offsets[fact.name], `${name}.${fact.name}`).toBe(fact.offset);
          compared++;
        }
      }
    }
    expect(compared).toBe(2 * 12_128);
  });

  test('come out at the same places when only the types of their fields are declared', () => {
    const declared = new Map<string, Layout<unknown>>();
    const declare = (name: string): Layout<unknown> => {
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
    const differing = [...facts.records.values()].filter(({ name, size, align, fields }) => {
      const layout = declare(name);
      return layout.size !== size || layout.align !== align || layout.fields.some((field, i) => !field.bits && field.offset !== fields[i]!.offset);
    });
    expect(differing.map(({ name }) => name)).toEqual([]);
  });
});

describe('generated and interpreted records', () => {
  const names = [...facts.records.keys()].filter((name) => facts.records.get(name)!.size > 0);
  const small = names.filter((name) => facts.records.get(name)!.size <= 0x1000);

  /** Bytes that are a value and nothing else: whatever is read as a truth value is 0 or 1. */
  const canonical = (size: number, seed: number): Uint8Array => Uint8Array.from({ length: size }, (_, i) => (Math.imul(i + seed, 2654435761) >>> 16) & 1);

  test('each read and write the same', () => {
    for (const name of names) {
      const [ours, theirs] = [generated.get(name)!, interpreted.get(name)!];
      if (ours.size > 0x4000) continue;
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
    const odd = fc.constantFrom<unknown>(undefined, null, -1, 0.5, 256, 65_536, 2 ** 32, 7n, -1n, 2n ** 64n, true, [], {}, new Uint8Array(5000));
    fc.assert(fc.property(fc.constantFrom(...small), fc.uint8Array({ minLength: 8, maxLength: 64 }), fc.nat(7), fc.nat(), odd, (name, seed, at, pick, bad) => {
      const [ours, theirs] = [generated.get(name)!, interpreted.get(name)!];
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
    }), { numRuns: 500 });
  });

  test('NvBool is a boolean under any of its names', () => {
    expect(generated.get('NV2080_CTRL_CMD_FB_GET_FB_REGION_FB_REGION_INFO')!.read(new Uint8Array(48))['blackList']).toEqual(Array.from({ length: 17 }, () => false));
  });
});
