// Where facts lie as files: those of the package, and those that a user imported.
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

import { baseOf, readFacts, type Facts } from '../facts/index.ts';
import { UsageError } from './usage-error.ts';

/** Both `src/cli` and a bundle in `dist` lie below the package. */
function packageFolder(from: string = fileURLToPath(import.meta.url)): string {
  const folder = dirname(from);
  return existsSync(join(folder, 'package.json')) ? folder : packageFolder(folder);
}

/** The package's own facts. */
export const FACTS_FOLDER: string = join(packageFolder(), 'facts');

/** The files of a version in `folder`; methods may be missing. */
export function factsFiles(folder: string, version: string): { readonly facts: string; readonly methods: string } {
  return { facts: join(folder, `${version}.jsonl`), methods: join(folder, `${version}.methods.jsonl`) };
}

/** Versions that lie in `folder`, oldest first. */
export function versionsIn(folder: string): string[] {
  const number = (version: string): number[] => version.split('.').map(Number);
  return readdirSync(folder)
    .flatMap((name) => /^([\d.]+)\.jsonl$/.exec(name)?.[1] ?? [])
    .sort((a, b) => number(a).map((part, i) => part - (number(b)[i] ?? -1)).find((difference) => difference !== 0) ?? 0);
}

/** The texts of a version, those that it is a difference from first. */
function textsOf(folder: string, version: string): string[] {
  const { facts, methods } = factsFiles(folder, version);
  if (!existsSync(facts)) throw new UsageError(`no facts of ${version} in ${folder}; there are: ${versionsIn(folder).join(', ') || 'none'}`);
  const text = readFileSync(facts, 'utf8');
  const base = baseOf(text);
  return [...(base === undefined ? [] : textsOf(folder, base)), text, ...(existsSync(methods) ? [readFileSync(methods, 'utf8')] : [])];
}

/** Read once: they are large, and nobody changes them. */
const own = new Map<string, Facts>();

/**
 * The facts of a version: one of this package's, or the path of a `.jsonl` file that an import wrote.
 *
 * @throws UsageError when there are none; FactsError when a file is broken.
 */
export function loadFacts(version: string): Facts {
  if (!version.endsWith('.jsonl')) {
    const known = own.get(version) ?? readFacts(textsOf(FACTS_FOLDER, version));
    own.set(version, known);
    return known;
  }
  if (!existsSync(version)) throw new UsageError(`no file ${version}; a version of this package is one of ${versionsIn(FACTS_FOLDER).join(', ')}`);
  const name = version.slice(Math.max(version.lastIndexOf('/'), version.lastIndexOf('\\')) + 1, -'.jsonl'.length);
  return readFacts(textsOf(dirname(version), name));
}
