// What was released stays as it was. Each file of released/ is one version; `vitest run -u` writes the one of a version that has none, and
// nothing changes one that is there.
import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';

import { describe, expect, test } from 'vitest';

import { atMinor, type Interface } from '../index.ts';
import { NEWEST } from '../schema/newest.ts';
import { checkRelease } from './index.ts';
import { SHARED_NUMBERS } from './numbers.ts';

const folder = new URL('../../released/', import.meta.url);
const fileOf = ({ name, major, minor }: Pick<Interface, 'name' | 'major' | 'minor'>): URL => new URL(`${name}-${major}.${minor}.json`, folder);
const parsed = (file: URL): unknown => JSON.parse(readFileSync(file, 'utf8')) as unknown;
const released = readdirSync(folder).filter((name) => name !== 'numbers.json').map((name) => parsed(new URL(name, folder)) as Interface);
/** What `-u` says. */
const updates = (): boolean => (expect.getState() as unknown as { readonly snapshotState: { readonly _updateSnapshot: string } }).snapshotState._updateSnapshot === 'all';

describe.each(NEWEST.map((schema) => [`${schema.name} ${schema.major}.${schema.minor}`, schema] as const))('%s', (_, schema) => {
  test('and every minor before it was released', () => {
    for (let minor = 0; minor <= schema.minor; minor++) {
      const file = fileOf({ ...schema, minor });
      if (!existsSync(file) && updates()) writeFileSync(file, `${JSON.stringify(atMinor(schema, minor), null, 1)}\n`);
      expect(existsSync(file), `${schema.name} ${schema.major}.${minor} has no file in released/: write it with \`vitest run -u\``).toBe(true);
    }
  });

  test('changes nothing that its number does not allow', () => {
    for (const one of released) if (one.name === schema.name) expect(checkRelease(one, schema), `since ${one.name} ${one.major}.${one.minor}`).toEqual([]);
  });
});

test('a file says which version it is', () => {
  for (const one of released) expect(existsSync(fileOf(one))).toBe(true);
});

test('numbers that all share stay, and errors come in categories that there were', () => {
  const file = new URL('numbers.json', folder);
  if (!existsSync(file) && updates()) writeFileSync(file, `${JSON.stringify(SHARED_NUMBERS, null, 1)}\n`);
  const before = parsed(file) as typeof SHARED_NUMBERS;
  for (const [group, numbers] of Object.entries(before)) expect(SHARED_NUMBERS[group]).toMatchObject(numbers);
  const category = (row: number | string): string => String(row).split(' ')[1]!;
  const known = new Set(Object.values(before['errors']!).map(category));
  for (const [name, row] of Object.entries(SHARED_NUMBERS['errors']!)) expect(known.has(category(row)), name).toBe(true);
});
