import { readFile } from 'node:fs/promises';
import { expect, it } from 'vitest';

import * as entry from './index.ts';

it('the README\'s first example prints what it says', async () => {
  const readme = await readFile(new URL('../README.md', import.meta.url), 'utf8');
  const example = /```js\n([^]*?)```/.exec(readme)![1]!;
  const lines: string[] = [];
  const print = (...values: readonly unknown[]): void => {
    lines.push(values.map((value) => (typeof value === 'object' ? JSON.stringify(value).replace(/"(\w+)":/g, ' $1: ').replace('}', ' }') : (value as string | number | boolean).toString())).join(' '));
  };
  const body = example.replace(/import (\{.*\}) from '@nova-stack\/firmware-files';/, 'const $1 = entry;');
  const AsyncFunction = (async () => {}).constructor as new (...args: string[]) => (...values: unknown[]) => Promise<void>;
  await new AsyncFunction('entry', 'console', body)(entry, { log: print });
  const squeeze = (text: string): string => text.replaceAll(/\s+/g, '');
  expect(lines.map(squeeze)).toEqual([...example.matchAll(/\/\/ (.*)/g)].map((match) => squeeze(match[1]!)));
});
