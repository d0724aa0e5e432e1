import { readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';

const SRC = join(dirname(fileURLToPath(import.meta.url)), '..');

/** Packages that an entry point imports as values, through all of its files. */
function packagesOf(entry: string): Set<string> {
  const seen = new Set<string>();
  const packages = new Set<string>();
  const visit = (file: string): void => {
    if (seen.has(file)) return;
    seen.add(file);
    const source = readFileSync(join(SRC, file), 'utf8').replace(/^(?:import|export) type [^;]*;/gm, '');
    for (const [, specifier] of source.matchAll(/(?:from|import\()\s*(?:\/\*.*?\*\/\s*)?['"`]([^'"`]+)['"`]/g)) {
      if (specifier!.startsWith('.')) visit(join(dirname(file), specifier!));
      else packages.add(specifier!.split('/').slice(0, 2).join('/'));
    }
  };
  visit(entry);
  expect(seen.size).toBeGreaterThan(5);
  return packages;
}

test('only decoding loads tables of releases', () => {
  expect(packagesOf('decode/index.ts')).toContain('@nova-stack/nvrm-headers');
  for (const entry of ['index.ts', 'trace/index.ts']) expect(packagesOf(entry)).not.toContain('@nova-stack/nvrm-headers');
});
