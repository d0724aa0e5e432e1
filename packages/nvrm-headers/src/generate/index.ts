import type { Facts } from '../facts/index.ts';
import { namespaceOf } from '../namespace.ts';
import { describeStatus } from '../status/descriptions.ts';
import { catalogueOf } from './items.ts';
import { subjectModules } from './modules.ts';
import { tableModules } from './tables.ts';

export { layoutsOf } from './layouts.ts';
export { subjectOf } from './subjects.ts';

/** A file to be written, below one folder for all. */
export interface GeneratedFile {
  readonly path: string;
  readonly text: string;
}

/**
 * The modules of one or more versions: a folder per version (`r570_144/…`), and `parts/` with what versions share.
 * They import each other, and one of them `@nova-stack/c-layout/compiled`. `note` stands on top of each.
 */
export function* generateModules(versions: readonly Facts[], note: string): Generator<GeneratedFile> {
  const written = new Set<string>();
  const tables = versions.flatMap((facts) => tableModules(facts, describeStatus).map(([path, text]) => [`${namespaceOf(facts.version)}/${path}`, text] as const));
  for (const [path, { js, dts }] of [...subjectModules(catalogueOf(versions)), ...tables]) {
    if (written.has(path)) throw new Error(`two modules are called ${path}`);
    written.add(path);
    yield { path: `${path}.js`, text: `// ${note}\n${js}` };
    yield { path: `${path}.d.ts`, text: `// ${note}\n${dts === '' ? 'export {};\n' : dts}` };
  }
}
