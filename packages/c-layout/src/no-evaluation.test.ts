// Pages and hosts forbid code that is made of text at run time; what is published makes none.
import { readdirSync, readFileSync } from 'node:fs';

import { expect, test } from 'vitest';

import { array, struct } from './declaration.ts';
import { emitJavaScript } from './emit/index.ts';

const EVALUATES = /\beval\s*\(|\bFunction\s*\(|\bimport\s*\(/;

test('neither the sources nor what they emit evaluate text', () => {
  const folder = new URL('.', import.meta.url);
  const files = readdirSync(folder, { recursive: true, encoding: 'utf8' }).filter((name) => name.endsWith('.ts') && !/(?:\.test|-fixture)\.ts$/.test(name));
  expect(files.length).toBeGreaterThan(20);
  expect(files.filter((name) => EVALUATES.test(readFileSync(new URL(name, folder), 'utf8')))).toEqual([]);
  const inner = struct('inner', { a: 'u32', b: 'f64' });
  expect(emitJavaScript(struct('outer', { inner, list: array(inner, 2), name: array('char', 4) }), ({ name }) => name)).not.toMatch(EVALUATES);
});
