// For tests: declarations of any kind.
import fc from 'fast-check';

import { aligned, anonymous, array, bits, enumOf, flexible, struct, truth, union, type FieldType } from '../declaration.ts';
import type { Layout } from '../layout.ts';
import { SCALARS, type ScalarName } from '../scalars.ts';

export type AnyLayout = Layout<Record<string, unknown>>;

/** Every record has a name of its own. */
let made = 0;
const fresh = (kind: string): string => `${kind}${made++}`;

const OPEN = union('open', { a: 'u16' });
const scalars = fc.constantFrom(...(Object.keys(SCALARS) as ScalarName[]));
const declarations = fc.letrec<{ layout: AnyLayout; type: FieldType }>((tie) => ({
  type: fc.oneof({ maxDepth: 3, withCrossShrink: true },
    { arbitrary: scalars, weight: 6 },
    { arbitrary: fc.constantFrom<FieldType>(truth('u8'), truth('u32'), enumOf('u16', { A: 1, B: 2 })), weight: 2 },
    { arbitrary: fc.tuple(fc.constantFrom('u8', 'u16', 'u32', 'u64' as const), fc.integer({ min: 1, max: 8 })).map(([unit, width]): FieldType => bits(unit, width)), weight: 2 },
    { arbitrary: fc.tuple(scalars, fc.integer({ min: 0, max: 12 })).map(([of, n]): FieldType => array(of, n)), weight: 3 },
    { arbitrary: fc.tuple(tie('layout'), fc.integer({ min: 0, max: 3 })).map(([of, n]): FieldType => array(of, n)), weight: 1 },
    { arbitrary: fc.tuple(scalars, fc.nat(3), fc.nat(3)).map(([of, n, m]): FieldType => array(array(of, n), m)), weight: 1 },
    { arbitrary: fc.tuple(scalars, fc.constantFrom(1, 4, 16)).map(([of, to]): FieldType => aligned(of, to)), weight: 1 },
    { arbitrary: tie('layout'), weight: 3 },
  ),
  layout: fc.record({
    types: fc.array(tie('type'), { minLength: 1, maxLength: 6 }),
    isUnion: fc.boolean(), packed: fc.boolean(), end: fc.constantFrom<FieldType | undefined>(undefined, undefined, flexible('u8'), flexible('u32'), flexible(OPEN)),
    nameless: fc.boolean(),
  }).map(({ types, isUnion, packed, end, nameless }): AnyLayout => {
    const fields: Record<string, FieldType> = Object.fromEntries(types.map((type, i) => [`f${i}`, type]));
    if (nameless) fields['$'] = anonymous(union(fresh('nameless'), { n0: 'u32', n1: array('u16', 2), n2: truth('u8') }));
    if (isUnion && !packed) return union(fresh('some'), fields);
    if (end !== undefined) fields['end'] = end;
    return struct(fresh('any'), fields, { packed });
  }),
}));

export const layouts: fc.Arbitrary<AnyLayout> = declarations.layout;
