import { existsSync, readFileSync } from 'node:fs';

import { expect, it } from 'vitest';

import { MODELLED } from './table-fixture.ts';

const read = (path: string): string => readFileSync(new URL(path, import.meta.url), 'utf8');
const rows = read('../../INVARIANTS.md').split('\n').flatMap((line) => {
  const [, number, statement, model, where] = /^\| (\d+) \| (.*?) \| (•?) ?\| (.*) \|$/.exec(line) ?? [];
  return number === undefined ? [] : [{ number: Number(number), statement: statement!, modelled: model === '•', where: where! }];
});

it('lists all 56 in order', () => {
  expect(rows.map(({ number }) => number)).toEqual(Array.from({ length: 56 }, (_one, index) => index + 1));
});

it('marks what the model looks at', () => {
  expect(rows.filter(({ modelled }) => modelled).map(({ number }) => number)).toEqual([...MODELLED]);
});

it.each(rows)('links $number to a test of that name', ({ number, statement, where }) => {
  const link = /\]\((.*?)\)/.exec(where)![1]!;
  expect(existsSync(new URL(`../../${link}`, import.meta.url)), link).toBe(true);
  expect(read(`../../${link}`)).toContain(`it('${number}: ${statement}'`);
});
