import { describe, expect, test } from 'vitest';

import { CAPABILITIES } from '../capabilities.ts';
import { ERRORS } from '../errors.ts';
import { BASE_V1 } from './base-v1.ts';
import { atMinor } from './at-minor.ts';
import type { Field, Fields } from './fields.ts';
import { HANDSHAKE } from './handshake.ts';
import { INTERFACES, type Interface, type Operation } from './interface.ts';
import { NEWEST } from './newest.ts';
import { VGPU_V1 } from './vgpu-v1.ts';

/** Capabilities and events of an interface have their numbers in a range of its own. */
const RANGES = { base: 0, vgpu: 64, drm: 128 } as const;
const LEAK = /\b(gsp|rpc|rm|chid|gfid|vmmu|run ?list|falcon|wpr|nvkv|gmc|plugin|swizz\w*|[ds]bdf|bar ?[0-3]|push ?buf\w*|doorbell|heap|[35]\d\d\.\d+)\b/i;

const operationsOf = (schema: Interface): (readonly [string, Operation])[] =>
  [...Object.entries(schema.operations), ...Object.values(schema.objects).flatMap(({ operations }) => Object.entries(operations))];
const fieldsOf = (schema: Interface): Fields[] => [
  ...Object.values(schema.records), ...operationsOf(schema).flatMap(([, { in: input = {}, out = {} }]) => [input, out]), ...Object.values(schema.events).map(({ payload }) => payload),
];

function checkField(schema: Pick<Interface, 'records' | 'enums'>, name: string, field: Field): void {
  expect(field.text, name).toMatch(/^[A-Z].*\.$/);
  if (field.kind === 'record') expect(schema.records).toHaveProperty(field.record);
  if (field.kind === 'enum') expect(schema.enums).toHaveProperty([field.enum]);
  if (field.kind === 'list') checkField(schema, name, field.element);
}

describe.each(NEWEST.map((schema) => [`${schema.name} ${schema.major}`, schema] as const))('interface %s', (_, schema) => {
  test('says of every operation, object, event and field what it means', () => {
    for (const [, { text }] of [...operationsOf(schema), ...Object.entries(schema.events), ...Object.entries(schema.objects)]) expect(text).toMatch(/^[A-Z].*\.$/);
    for (const fields of fieldsOf(schema)) for (const [name, field] of Object.entries(fields)) checkField(schema, name, field);
  });

  test('refers to what there is', () => {
    for (const [name, { needs, out = {} }] of operationsOf(schema)) {
      expect(CAPABILITIES, name).toHaveProperty([needs]);
      for (const field of Object.values(out)) if (field.kind === 'object') expect(schema.objects).toHaveProperty(field.object);
    }
    for (const { terminal, payload } of Object.values(schema.events)) if (typeof terminal === 'object') expect(payload).toHaveProperty(terminal.field);
    expect(INTERFACES).toHaveProperty(schema.name);
  });

  test('numbers what has a number once, within its own range; 0 stands for nothing', () => {
    const range = (numbers: readonly number[], least: number): void => {
      expect(new Set(numbers).size).toBe(numbers.length);
      for (const number of numbers) expect(number >= least && number < RANGES[schema.name] + 64, String(number)).toBe(true);
    };
    range(Object.values(schema.events).map(({ code }) => code), Math.max(1, RANGES[schema.name]));
    range(operationsOf(schema).map(([, { needs }]) => CAPABILITIES[needs]).filter((number, at, all) => all.indexOf(number) === at), RANGES[schema.name]);
    for (const values of Object.values(schema.enums)) expect(Math.min(...Object.values(values))).toBeGreaterThan(0);
  });

  test('names nothing of any hardware or firmware', () => {
    // Names are made of words: `memoryTotal` is checked as `memory total`.
    const words = JSON.stringify(schema).replace(/([a-z0-9])([A-Z])/g, '$1 $2').replace(/[-_.]/g, ' ');
    expect(LEAK.exec(words)?.[0]).toBeUndefined();
  });
});

test('the handshake is written down like everything else', () => {
  for (const fields of Object.values(HANDSHAKE.records)) for (const [name, field] of Object.entries(fields)) checkField(HANDSHAKE, name, field);
});

test('errors have one number each, and a category, an errno and a hint', () => {
  const rows = Object.values(ERRORS);
  expect(rows.map(({ number }) => number)).toEqual(rows.map((_, at) => at + 1));
  // What became of the request is unknown after the one, known after the other: callers must be able to tell.
  expect(ERRORS.Timeout.errno).not.toBe(ERRORS.DeviceError.errno);
});

describe('an interface at an earlier minor', () => {
  test('does not have what came later, and is made once', () => {
    expect(atMinor(VGPU_V1, 0).operations).not.toHaveProperty('submitTypes');
    expect(atMinor(VGPU_V1, 1).operations).toEqual(VGPU_V1.operations);
    expect(atMinor(VGPU_V1, 0)).toBe(atMinor(VGPU_V1, 0));
  });

  test('lacks fields and events of later minors too', () => {
    const text = 'A field.';
    const schema: Interface = {
      ...BASE_V1, minor: 2, objects: {}, enums: {},
      records: { One: { a: { kind: 'u8', text }, b: { kind: 'u8', text, since: 2 } } },
      operations: { go: { text, needs: 'device.info', in: { c: { kind: 'u8', text, since: 1 } }, out: { d: { kind: 'u8', text, since: 2 } } } },
      events: { e: { text, code: 9, severity: 'info', since: 2, payload: {} }, f: { text, code: 10, severity: 'info', payload: { g: { kind: 'u8', text, since: 1 } } } },
    };
    const first = atMinor(schema, 1);
    expect(Object.keys(first.records['One']!)).toEqual(['a']);
    expect([Object.keys(first.operations['go']!.in!), Object.keys(first.operations['go']!.out!)]).toEqual([['c'], []]);
    expect(Object.keys(first.events)).toEqual(['f']);
    expect(Object.keys(atMinor(schema, 0).events['f']!.payload)).toEqual([]);
  });
});
