import { expect, test } from 'vitest';

interface Vite {
  glob(pattern: string, options: { readonly eager: true; readonly query: string; readonly import: string }): Record<string, string>;
}

const ROOT = '../generated/r570_144/';
const texts = (import.meta as unknown as Vite).glob('../generated/r570_144/**/*.js', { eager: true, query: '?raw', import: 'default' });

/** The modules that importing one loads, itself included. */
function loadedWith(name: string): Set<string> {
  const seen = new Set<string>();
  const visit = (file: string): void => {
    if (seen.has(file)) return;
    seen.add(file);
    for (const [, to] of texts[file]!.matchAll(/ from "(\.[^"]+)"/g)) visit(new URL(to!, `file:///a/b/${file.slice(3)}`).pathname.replace('/a/b/', '../'));
  };
  visit(`${ROOT}${name}.js`);
  return new Set([...seen].map((file) => file.slice(ROOT.length, -3)));
}

const bytes = (modules: Iterable<string>): number => [...modules].reduce((sum, name) => sum + texts[`${ROOT}${name}.js`]!.length, 0);

test('a subject of its own loads nothing else', () => {
  for (const name of ['ctrl2080gsp', 'gsp_fw_wpr_meta', 'msgq_priv', 'status', 'rpc', 'classes', 'rpc/gsp_rm_control_v03_00']) expect([...loadedWith(name)]).toEqual([name]);
});

test('a subject that needs records of others loads those, not the others', () => {
  const loaded = loadedWith('gsp_static_config');
  expect(loaded).toContain('shared/ctrl2080gpu');
  expect(loaded).not.toContain('ctrl2080gpu');
  expect(bytes(loaded)).toBeLessThan(150_000);
});

test('the header of every RPC does not load every RPC', () => {
  expect(bytes(loadedWith('rpc/message_header_v03_00'))).toBeLessThan(20_000);
});

test('what one import loads stays below 300 KB, but for the union of all RPCs, the registry and the internal controls', () => {
  const large = Object.keys(texts).map((file) => file.slice(ROOT.length, -3)).filter((name) => bytes(loadedWith(name)) > 300_000);
  expect(large.sort()).toEqual(['ctrl2080internal', 'registry', 'rpc/generic_union']);
});
