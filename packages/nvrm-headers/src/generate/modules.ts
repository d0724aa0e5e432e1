import { emitDeclarations, emitJavaScript, identifier, runtimeImport } from '@nova-stack/c-layout/emit';

import { namespaceOf } from '../namespace.ts';
import type { Catalogue, Item } from './items.ts';
import { bits, constant, join, type ModuleText } from './module-text.ts';
import { placesOf } from './places.ts';

/**
 * What of c-layout the others need. Node resolves what is imported once more for every module that imports it, and the
 * way through a package's exports is long: a tenth of what a large subject takes.
 */
const RUNTIME = 'parts/runtime';

/** The modules of all subjects of all versions, by their paths without extension. */
export function* subjectModules(catalogue: Catalogue): Generator<readonly [path: string, text: ModuleText]> {
  const places = placesOf(catalogue);
  const modules = new Map<string, Item[]>();
  for (const [item, place] of places) {
    const found = modules.get(place);
    if (found) found.push(item);
    else modules.set(place, [item]);
  }
  const written = new Set<string>();
  for (const [version, subjects] of catalogue) {
    for (const [subject, items] of subjects) {
      const path = `${namespaceOf(version)}/${subject}`;
      written.add(path);
      const others = [...new Set(items.map((item) => places.get(item)!))].filter((place) => place !== path).sort();
      yield [path, moduleText(path, modules.get(path) ?? [], places, others)];
      unique(path, items);
    }
  }
  yield [RUNTIME, { js: 'export * from "@nova-stack/c-layout/compiled";\n', dts: '' }];
  for (const [path, items] of modules) if (!written.has(path)) yield [path, moduleText(path, items, places, [])];
}

function moduleText(path: string, items: readonly Item[], places: ReadonlyMap<Item, string>, passedOn: readonly string[]): ModuleText {
  const from = (place: string): string => JSON.stringify(`${relative(path, place)}.js`);
  const onward = passedOn.map((place) => `export * from ${from(place)};\n`).join('');
  const { js, dts } = join(items.map(itemText));

  const imports = new Map<string, Set<string>>();
  for (const need of items.flatMap(({ needs }) => needs)) {
    const place = places.get(need)!;
    if (place !== path) imports.set(place, (imports.get(place) ?? new Set()).add(identifier(need.name)));
  }
  const imported = (keyword: string): string => [...imports].sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([place, names]) => `${keyword} { ${[...names].sort().join(', ')} } from ${from(place)};\n`).join('');
  const types = ['Layout', 'UnionBytes'].filter((type) => new RegExp(`\\b${type}<`).test(dts));
  return {
    js: runtimeImport(js, `${relative(path, RUNTIME)}.js`) + imported('import') + onward + js,
    dts: (types.length === 0 ? '' : `import type { ${types.join(', ')} } from "@nova-stack/c-layout";\n`) + imported('import type') + onward + dts,
  };
}

function itemText({ name, path, what, versions }: Item): ModuleText {
  switch (what.kind) {
    case 'constant': return constant(name, what.value, what.doc);
    case 'range': return bits(name, what.range);
    case 'alias': {
      const [alias, target] = [identifier(name), identifier(what.target.name)];
      return { js: `export const ${alias} = ${target};\n`, dts: `export type ${alias} = ${target};\nexport declare const ${alias}: typeof ${target};\n` };
    }
    case 'record': {
      const nameOf = (layout: { readonly name: string }): string => identifier(layout.name);
      return { js: emitJavaScript(what.layout, nameOf), dts: emitDeclarations(what.layout, nameOf, [`${what.layout.size} bytes, open-gpu-kernel-modules ${versions.join(', ')}: ${path}`]) };
    }
  }
}

/** The way from one module to another. */
function relative(from: string, to: string): string {
  const [here, there] = [from.split('/').slice(0, -1), to.split('/')];
  while (here.length > 0 && there.length > 1 && here[0] === there[0]) {
    here.shift();
    there.shift();
  }
  return `${'../'.repeat(here.length) || './'}${there.join('/')}`;
}

/** Two things of one name would make a module that no engine loads. */
function unique(path: string, items: readonly Item[]): void {
  const seen = new Set<string>();
  for (const { name } of items) {
    const exported = identifier(name);
    if (seen.has(exported)) throw new Error(`${path} exports ${exported} twice`);
    seen.add(exported);
  }
}
