/* eslint-disable @typescript-eslint/no-unsafe-member-access, @typescript-eslint/no-unsafe-assignment, @typescript-eslint/no-explicit-any -- a schema is deep and read-only; the changes here are to any part of it */
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';

import { BASE_V1, DRM_V1, VGPU_V1 } from '../index.ts';
import type { Field } from '../schema/fields.ts';
import type { Interface } from '../schema/interface.ts';
import { changesBetween, checkRelease, stepOf, type Step } from './index.ts';

const text = 'A field.';
const u32: Field = { kind: 'u32', text };
const limited: Field = { kind: 'u32', range: [1, 9], text };

const OLD: Interface = {
  name: 'vgpu', major: 1, minor: 0, open: ['Series'],
  enums: { Series: { Q: 1 }, State: { On: 1, Off: 2 }, Wish: { Fast: 1 } },
  records: { Inner: { a: u32 }, Outer: { inner: { kind: 'record', record: 'Inner', text }, state: { kind: 'enum', enum: 'State', text }, series: { kind: 'enum', enum: 'Series', text } } },
  operations: {
    go: { text, needs: 'vgpu.types.list', in: { a: limited, wish: { kind: 'enum', enum: 'Wish', text }, label: { kind: 'text', length: 8, text } }, out: { b: limited, c: u32 } },
    stop: { text, needs: 'vgpu.types.list', ending: true },
  },
  objects: { thing: { text, operations: { use: { text, needs: 'vgpu.instance.basic' } } } },
  events: { happened: { text, code: 64, severity: 'info', payload: { a: u32 } } },
};

/** A copy that was changed, as somebody would change the source. */
function changed(...changes: readonly ((copy: Mutable) => void)[]): Interface {
  const copy: Mutable = JSON.parse(JSON.stringify(OLD));
  copy.minor = 1;
  for (const change of changes) {
    try {
      change(copy);
    } catch (error) {
      // Another change took away what this one is about.
      if (changes.length === 1) throw error;
    }
  }
  return JSON.parse(JSON.stringify(copy)) as Interface;
}
type Mutable = any;

/** The table of section 8.7 of the design, and what stands between its lines. */
const RULES: readonly (readonly [name: string, step: Step, change: (copy: Mutable) => void])[] = [
  ['nothing', 'none', () => undefined],
  ['another sentence', 'none', (s) => { s.operations.go.text = 'Goes.'; s.operations.go.in.a.text = 'Other.'; }],
  ['an operation with since', 'minor', (s) => { s.operations.more = { text, needs: 'vgpu.types.list', since: 1 }; }],
  ['an operation with since, written first', 'minor', (s) => { s.operations = { more: { text, needs: 'vgpu.types.list', since: 1 }, ...s.operations }; }],
  ['an operation without since', 'major', (s) => { s.operations.more = { text, needs: 'vgpu.types.list' }; }],
  ['an operation of a minor to come', 'major', (s) => { s.operations.more = { text, needs: 'vgpu.types.list', since: 2 }; }],
  ['an operation less', 'major', (s) => { delete s.operations.stop; }],
  ['operations in another order', 'major', (s) => { const { go, stop } = s.operations; s.operations = { stop, go }; }],
  ['another capability', 'major', (s) => { s.operations.go.needs = 'vgpu.instance.basic'; }],
  ['an operation that answers at once', 'major', (s) => { s.operations.go.sync = true; }],
  ['an operation allowed at the end', 'minor', (s) => { s.operations.go.ending = true; }],
  ['an operation forbidden at the end', 'major', (s) => { delete s.operations.stop.ending; }],
  ['an operation of an object', 'minor', (s) => { s.objects.thing.operations.more = { text, needs: 'vgpu.instance.basic', since: 1 }; }],
  ['an operation of an object less', 'major', (s) => { delete s.objects.thing.operations.use; }],
  ['an optional field in', 'minor', (s) => { s.operations.go.in.d = { ...u32, since: 1, optional: true }; }],
  ['a field in that must be there', 'major', (s) => { s.operations.go.in.d = { ...u32, since: 1 }; }],
  ['an optional field in without since', 'major', (s) => { s.operations.go.in.d = { ...u32, optional: true }; }],
  ['a field out', 'minor', (s) => { s.operations.go.out.d = { ...u32, since: 1 }; }],
  ['a field out less', 'major', (s) => { delete s.operations.go.out.c; }],
  ['fields in another order', 'major', (s) => { const { b, c } = s.operations.go.out; s.operations.go.out = { c, b }; }],
  ['something to take', 'major', (s) => { s.operations.stop.in = { a: { ...u32, optional: true, since: 1 } }; }],
  ['something to give', 'major', (s) => { s.operations.stop.out = { a: { ...u32, since: 1 } }; }],
  ['a field of a record', 'minor', (s) => { s.records.Outer.more = { ...u32, since: 1 }; }],
  ['a field of a record that another holds', 'major', (s) => { s.records.Inner.more = { ...u32, since: 1 }; }],
  ['a record, an enumeration, an object that nobody names', 'none', (s) => { s.records.New = { a: u32 }; s.enums.New = { A: 1 }; s.objects.other = { text, operations: {} }; }],
  ['a record less', 'major', (s) => { delete s.records.Outer; }],
  ['another width', 'major', (s) => { s.records.Outer.state = { kind: 'u16', text }; }],
  ['another length out', 'major', (s) => { s.operations.go.out.c = { kind: 'text', length: 8, text }; }],
  ['more text in', 'minor', (s) => { s.operations.go.in.label.length = 16; }],
  ['less text in', 'major', (s) => { s.operations.go.in.label.length = 4; }],
  ['a wider range in', 'minor', (s) => { s.operations.go.in.a.range = [0, 9]; }],
  ['a narrower range in', 'major', (s) => { s.operations.go.in.a.range = [2, 9]; }],
  ['a wider range out', 'major', (s) => { s.operations.go.out.b.range = [1, 10]; }],
  ['a narrower range out', 'minor', (s) => { s.operations.go.out.b.range = [1, 8]; }],
  ['no range in any more', 'minor', (s) => { delete s.operations.go.in.a.range; }],
  ['a range in where there was none', 'major', (s) => { s.operations.go.in.wish = { kind: 'u32', range: [0, 1], text }; }],
  ['a field in that may be left out', 'minor', (s) => { s.operations.go.in.a.optional = true; }],
  ['a field out that may be missing', 'major', (s) => { s.operations.go.out.c.optional = true; }],
  ['an event', 'minor', (s) => { s.events.more = { text, code: 65, severity: 'info', since: 1, payload: {} }; }],
  ['an event less', 'major', (s) => { delete s.events.happened; }],
  ['another number of an event', 'major', (s) => { s.events.happened.code = 66; }],
  ['an event that is never dropped', 'minor', (s) => { s.events.happened.terminal = true; }],
  ['a field of an event', 'minor', (s) => { s.events.happened.payload.more = { ...u32, since: 1 }; }],
  ['a value that only goes in', 'minor', (s) => { s.enums.Wish.Cheap = 2; }],
  ['a value that comes out of an open enumeration', 'minor', (s) => { s.enums.Series.B = 2; }],
  ['a value that comes out', 'major', (s) => { s.enums.State.Gone = 3; }],
  ['a number used twice', 'major', (s) => { s.enums.Series.B = 1; }],
  ['another number of a value', 'major', (s) => { s.enums.State.Off = 3; }],
  ['a value less', 'major', (s) => { delete s.enums.State.Off; }],
  ['an enumeration opened', 'major', (s) => { s.open = ['Series', 'State']; }],
  ['an enumeration closed', 'none', (s) => { s.open = []; }],
];

test.each(RULES)('%s: %s', (_, step, change) => {
  const found = changesBetween(OLD, changed(change));
  expect(stepOf(found), JSON.stringify(found)).toBe(step);
});

test('a change names the place and what it is', () => {
  expect(changesBetween(OLD, changed((s) => { s.operations.go.in.a.range = [2, 9]; }))).toEqual([{ path: 'operations.go.in.a', step: 'major', what: '2 to 9 in place of 1 to 9' }]);
});

describe('a release', () => {
  const frozen = (change: (copy: Mutable) => void): Interface => changed((s) => { s.minor = 0; change(s); });
  test('allows nothing under the same number, additions under the next minor, everything under the next major', () => {
    const wider = (s: Mutable): void => { s.operations.go.in.a.range = [0, 9]; };
    const less = (s: Mutable): void => { delete s.operations.go; };
    expect(checkRelease(OLD, frozen(wider))).toHaveLength(1);
    expect(checkRelease(OLD, changed(wider))).toEqual([]);
    expect(checkRelease(OLD, changed(less))).toHaveLength(1);
    expect(checkRelease(OLD, changed((s) => { less(s); s.major = 2; }))).toEqual([]);
    expect(checkRelease({ ...OLD, minor: 2 }, changed(() => undefined))).toHaveLength(1);
  });
});

describe('of any two schemas', () => {
  const some = fc.subarray(RULES.map(([, , change]) => change)).map((all) => changed(...all, () => undefined));

  test('the same one has no changes', () => {
    fc.assert(fc.property(some, (schema) => { expect(changesBetween(schema, schema).filter(({ what }) => !what.startsWith('comes with minor'))).toEqual([]); }));
  });

  test('what is removed one way needs a major, and is an addition the other way', () => {
    fc.assert(fc.property(some, some, (a, b) => {
      const back = changesBetween(b, a);
      for (const { path, what, step } of changesBetween(a, b)) {
        if (what !== 'removed') continue;
        expect(step).toBe('major');
        expect(back.some((change) => change.path === path && (change.what.startsWith('added') || change.what.startsWith('comes with') || change.what.startsWith('has the number'))), path).toBe(true);
      }
    }));
  });

  test('the contract of today is none of them', () => {
    for (const schema of [BASE_V1, VGPU_V1, DRM_V1]) expect(changesBetween(schema, schema)).toEqual([]);
  });
});
