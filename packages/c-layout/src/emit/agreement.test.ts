// The interpreter says what a declaration means; what is generated must do the same with any bytes and any value.
import { runInThisContext } from 'node:vm';

import fc from 'fast-check';
import { expect, test } from 'vitest';

import * as runtime from '../compiled.ts';
import { array, struct } from '../declaration.ts';
import { LayoutError } from '../errors.ts';
import { layouts, type AnyLayout } from './declaration-fixture.ts';
import { RUNTIME } from './javascript.ts';
import { twinsBy } from './twin-fixture.ts';

const generate = twinsBy(runInThisContext);

/** The value or the refusal of what `act` does. */
function outcome(act: () => unknown): unknown {
  try {
    return { value: act() };
  } catch (error) {
    if (!(error instanceof LayoutError)) throw error;
    return { code: error.code, path: error.path, message: error.message };
  }
}

const cases = fc.record({ layout: layouts, at: fc.nat(9), shared: fc.boolean(), seed: fc.uint8Array({ minLength: 16, maxLength: 16 }) });

function place({ layout, at, shared, seed }: { layout: AnyLayout; at: number; shared: boolean; seed: Uint8Array }): Uint8Array {
  const size = at + layout.size + 5;
  const bytes = new Uint8Array(shared ? new SharedArrayBuffer(size) : new ArrayBuffer(size));
  bytes.forEach((_, i) => { bytes[i] = (seed[i % 16]! * (i + 1)) ^ (i >> 4); });
  return bytes;
}

const copyOf = (bytes: Uint8Array): { bytes: Uint8Array; view: DataView } => {
  const copy = bytes.slice();
  return { bytes: copy, view: new DataView(copy.buffer) };
};

test('both give the same layout and read the same value', () => {
  fc.assert(fc.property(cases, (one) => {
    const { layout, at } = one;
    const twin = generate(layout);
    const view = new DataView(place(one).buffer);
    expect([twin.name, twin.kind, twin.size, twin.align, twin.offsets]).toEqual([layout.name, layout.kind, layout.size, layout.align, layout.offsets]);
    const plain = ({ name, offset, size, dims, bits, truth }: (typeof layout.fields)[number]): unknown => ({ name, offset, size, dims, bits, truth });
    expect(twin.fields.map(plain)).toEqual(layout.fields.map(plain));
    expect(twin.decode(view, at)).toEqual(layout.decode(view, at));
    expect(outcome(() => twin.decode(view, at + 6))).toEqual(outcome(() => layout.decode(view, at + 6)));
  }), { numRuns: 300 });
});

test('both write the same bytes, refuse the same values in the same words, and write nothing then', () => {
  const odd = fc.constantFrom<unknown>(undefined, null, true, 0, -1, 0.5, 255, 256, 65_536, 2 ** 32, NaN, 3n, -1n, 2n ** 64n, 'text', [], [1], {}, new Uint8Array(2), new Uint8Array(99));
  fc.assert(fc.property(cases, fc.nat(), odd, (one, pick, value) => {
    const { layout, at } = one;
    const twin = generate(layout);
    const bytes = place(one);
    const good = layout.decode(new DataView(bytes.buffer), at);
    const names = Object.keys(good);
    for (const given of [good, { ...good, [names[pick % names.length]!]: value }]) {
      const [a, b] = [copyOf(bytes), copyOf(bytes)];
      const [did, twinDid] = [outcome(() => layout.encode(a.view, at, given)), outcome(() => twin.encode(b.view, at, given))];
      expect(twinDid).toEqual(did);
      expect(b.bytes).toEqual(a.bytes);
      if (!('value' in (did as object))) expect(a.bytes).toEqual(bytes.slice());
      else if (given === good) expect(layout.decode(a.view, at)).toEqual(good);
      expect(twin.validate(given)).toEqual(layout.validate(given));
      expect(outcome(() => twin.create(given))).toEqual(outcome(() => layout.create(given)));
    }
    expect(outcome(() => twin.encode(new DataView(new ArrayBuffer(layout.size)), 1, good))).toMatchObject({ code: 'SHORT' });
  }), { numRuns: 300 });
});

test('both show the same in place', () => {
  const values = fc.constantFrom<unknown>(undefined, true, 0, -1, 7, 256, 65_536, 2 ** 32, 3n, 2n ** 64n, [1], [], new Uint8Array(1));
  fc.assert(fc.property(cases, values, (one, value) => {
    const { layout, at } = one;
    const twin = generate(layout);
    const [a, b] = [copyOf(place(one)), copyOf(place(one))];
    const [ours, theirs] = [layout.view(a.view, at) as Record<string, unknown>, twin.view(b.view, at) as Record<string, unknown>];
    const unwrap = (seen: unknown): unknown => {
      if (seen instanceof Uint8Array || typeof seen !== 'object' || seen === null) return seen;
      return Symbol.iterator in seen ? [...(seen as Iterable<unknown>)].map(unwrap) : 'record';
    };
    for (const name of Object.keys(layout.offsets)) {
      expect(unwrap(theirs[name]), name).toEqual(unwrap(ours[name]));
      expect(outcome(() => { theirs[name] = value; })).toEqual(outcome(() => { ours[name] = value; }));
      expect(b.bytes).toEqual(a.bytes);
    }
  }), { numRuns: 300 });
});

test('the emitter knows what the runtime offers', () => {
  expect([...RUNTIME].sort()).toEqual(Object.keys(runtime).sort());
});

test('a field may be called like something of the runtime', () => {
  const names = ['u32', 't1', 't8', 'bytes', 'Window', 'isObj', 'v', 'a', 'x', 'l0', 'decode', 'constructor', 'toString'] as const;
  const layout = struct('names', Object.fromEntries(names.map((name) => [name, 'u8'])));
  const twin = generate(layout);
  const view = new DataView(Uint8Array.from(names, (_, i) => i).buffer);
  expect(Object.entries(twin.decode(view))).toEqual(names.map((name, i) => [name, i]));
});

test('a value whose own code writes records is written as it then is', () => {
  const inner = struct('inner', { a: 'u32', name: array('u8', 4) });
  const layout = struct('outer', { first: 'u32', inner, rest: array(inner, 3) });
  const twin = generate(layout);
  const [bytes, aside] = [new Uint8Array(layout.size), new Uint8Array(layout.size)];
  const other = layout.decode(new DataView(new Uint8Array(layout.size).fill(0xee).buffer));
  const one = { a: 1, name: Uint8Array.of(1, 2, 3, 4) };
  const value = {
    first: 7,
    get inner() {
      twin.encode(new DataView(aside.buffer), 0, other);
      return one;
    },
    rest: [one, one, one],
  };
  twin.encode(new DataView(bytes.buffer), 0, value);
  expect(bytes).toEqual(layout.create(value));
  expect(aside).toEqual(new Uint8Array(layout.size).fill(0xee));
});

test('a value that is refused at its end has written nothing, and leaves nothing for the next', () => {
  const inner = struct('inner', { a: 'u32', b: 'u8' });
  const layout = struct('outer', { inner, gap: 'u8', list: array('u32', 20), last: 'u16' });
  const twin = generate(layout);
  const bytes = new Uint8Array(layout.size).fill(0xaa);
  const view = new DataView(bytes.buffer);
  const good = { inner: { a: 1, b: 2 }, gap: 3, list: Array.from({ length: 20 }, (_, i) => i), last: 4 };
  expect(outcome(() => { twin.encode(view, 0, { ...good, last: 0x1_0000 }); })).toMatchObject({ code: 'RANGE', path: 'outer.last' });
  expect(outcome(() => { twin.encode(view, 0, { ...good, get last(): number { throw new LayoutError('KIND', 'mine', 'thrown by the value'); } }); })).toMatchObject({ path: 'mine' });
  expect(bytes).toEqual(new Uint8Array(layout.size).fill(0xaa));
  twin.encode(view, 0, good);
  const expected = new Uint8Array(layout.size).fill(0xaa);
  layout.encode(new DataView(expected.buffer), 0, good);
  expect(bytes).toEqual(expected);
});

test('no place is taken for another', () => {
  const layout = struct('small', { a: 'u32', b: 'u32' });
  const twin = generate(layout);
  const bytes = new Uint8Array(16);
  for (const at of [-1, -8, 9, 16, NaN, undefined as unknown as number, 2 ** 53]) {
    const [ours, theirs] = [layout, twin].map((each) => outcome(() => { each.encode(new DataView(bytes.buffer), at, { a: 1, b: 2 }); }));
    expect(theirs).toEqual(ours);
    expect(ours).toMatchObject({ code: 'SHORT' });
  }
  expect(bytes).toEqual(new Uint8Array(16));
});
