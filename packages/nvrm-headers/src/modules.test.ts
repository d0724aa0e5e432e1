// What importing one module costs, read off the texts of all modules.
import { readdirSync, readFileSync } from 'node:fs';
import { dirname, join, posix } from 'node:path';
import { fileURLToPath } from 'node:url';

import { expect, test } from 'vitest';

const ROOT = fileURLToPath(new URL('../generated', import.meta.url));
const names = readdirSync(ROOT, { recursive: true, encoding: 'utf8' }).filter((file) => file.endsWith('.js')).map((file) => file.slice(0, -3));

const read = new Map<string, { readonly size: number; readonly imports: readonly string[] }>();
function moduleOf(name: string): { readonly size: number; readonly imports: readonly string[] } {
  let found = read.get(name);
  if (found === undefined) {
    const text = readFileSync(join(ROOT, `${name}.js`), 'utf8');
    const imports = [...text.matchAll(/ from "(\.[^"]+)\.js"/g)].map(([, to]) => posix.join(dirname(name), to!));
    read.set(name, (found = { size: text.length, imports }));
  }
  return found;
}

/** The modules that importing one loads, itself included. */
function loadedWith(name: string): Set<string> {
  const seen = new Set<string>();
  const visit = (next: string): void => {
    if (seen.has(next)) return;
    seen.add(next);
    moduleOf(next).imports.forEach(visit);
  };
  visit(name);
  return seen;
}

const bytes = (modules: Iterable<string>): number => [...modules].reduce((sum, name) => sum + moduleOf(name).size, 0);

test('a module loads none of another version, and of other subjects only what it is made of', () => {
  const foreign = names.filter((name) => /^r(?!.*\/rpc\/)/.test(name)).flatMap((name) => {
    const [version, ...subject] = name.split('/');
    return [...loadedWith(name)].filter((other) => {
      const [folder, ...rest] = other.split('/');
      if (other === 'parts/runtime') return false;
      if (folder !== 'parts') return folder !== version;
      const [versions, ...part] = rest;
      return !versions!.split('-').includes(version!) || (part.join('/') !== subject.join('/') && /^(ctrl2080internal|ctrl2080nvlink|ctrl2080gpu)$/.test(part.join('/')));
    }).map((other) => `${name} loads ${other}`);
  });
  expect(foreign).toEqual([]);
});

test('a subject that needs records of others loads those, not the others', () => {
  const loaded = [...loadedWith('r570_144/gsp_static_config')];
  expect(loaded.filter((name) => name.endsWith('/ctrl2080gpu.apart'))).not.toEqual([]);
  expect(loaded.filter((name) => name.endsWith('/ctrl2080gpu'))).toEqual([]);
  expect(bytes(loaded)).toBeLessThan(150_000);
});

test('the header of every RPC does not load every RPC', () => {
  for (const version of ['r535_113_01', 'r570_144', 'r580_105_08']) expect(bytes(loadedWith(`${version}/rpc/message_header_v03_00`)), version).toBeLessThan(20_000);
});

test('what one import loads stays below 300 KB', () => {
  const large = names.filter((name) => name.startsWith('r') && bytes(loadedWith(name)) > 300_000);
  expect(large.sort()).toEqual([]);
});
