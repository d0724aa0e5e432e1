import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

import type { Facts } from '../facts/index.ts';
import { generateModules } from '../generate/index.ts';
import { FACTS_FOLDER, loadFacts, versionsIn } from './facts-files.ts';
import type { Command } from './options.ts';

/** Writes the modules of `versions` into a new folder `out`. */
export function writeModules(out: string, versions: readonly Facts[], note: string): number {
  let count = 0;
  const made = new Set<string>();
  for (const { path, text } of generateModules(versions, note)) {
    const file = join(out, path);
    const folder = dirname(file);
    if (!made.has(folder)) mkdirSync(folder, { recursive: true });
    made.add(folder);
    writeFileSync(file, text);
    count++;
  }
  return count;
}

/**
 * Does nothing while neither the facts nor the code that makes modules of them has changed. Written aside and moved at
 * the end: whoever reads meanwhile finds the old modules whole.
 */
export const generateCommand: Command = {
  name: 'generate',
  usage: '[--out DIR]',
  summary: "make the modules of this package's facts (part of its build)",
  options: [{ name: 'out', value: 'DIR', text: 'where the modules go (default: generated)' }],
  run({ values }) {
    const out = values.get('out') ?? 'generated';
    const stamp = join(out, '.stamp');
    const wanted = digest();
    if (existsSync(stamp) && readFileSync(stamp, 'utf8') === wanted) return 0;
    const fresh = `${out}.new`;
    rmSync(fresh, { recursive: true, force: true });
    writeModules(fresh, versionsIn(FACTS_FOLDER).map(loadFacts), 'Generated from facts/ by `npm run generate`; not committed, not to be edited.');
    writeFileSync(join(fresh, '.stamp'), wanted);
    rmSync(out, { recursive: true, force: true });
    renameSync(fresh, out);
    return 0;
  },
};

/** Of everything that the modules follow from: the facts, this package's code and c-layout's. */
function digest(): string {
  const code = (file: string): string[] => {
    const folder = dirname(file);
    return readdirSync(folder, { recursive: true, encoding: 'utf8' }).filter((name) => name.endsWith('.js')).sort().map((name) => join(folder, name));
  };
  const facts = readdirSync(FACTS_FOLDER).sort().map((name) => join(FACTS_FOLDER, name));
  const hash = createHash('sha256');
  for (const file of [...facts, ...code(fileURLToPath(import.meta.url)), ...code(fileURLToPath(import.meta.resolve('@nova-stack/c-layout')))]) {
    hash.update(`${basename(file)}\0`).update(readFileSync(file));
  }
  return hash.digest('hex');
}
