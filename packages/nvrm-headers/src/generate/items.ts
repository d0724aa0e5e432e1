// What the modules export, item by item, with what makes two versions' items the same.
import { placed, type Field, type Layout } from '@nova-stack/c-layout';
import { elementOf, nestedIn } from '@nova-stack/c-layout/emit';

import type { Facts } from '../facts/index.ts';
import { layoutsOf } from './layouts.ts';
import { subjectsOf } from './subjects.ts';

/** One export of a subject. Items of two versions that have one identity are one item. */
export interface Item {
  readonly subject: string;
  readonly name: string;
  readonly path: string;
  readonly what:
    | { readonly kind: 'record'; readonly layout: Layout<unknown> }
    | { readonly kind: 'alias'; readonly target: Item }
    | { readonly kind: 'constant'; readonly value: number | bigint; readonly doc: string | undefined }
    | { readonly kind: 'range'; readonly range: string };
  /** The records that it is made of. */
  readonly needs: readonly Item[];
  /** The versions that have it, in the order in which they were given. */
  readonly versions: string[];
}

/** Every version's items; a subject's in the order of its module. */
export type Catalogue = ReadonlyMap<string, ReadonlyMap<string, readonly Item[]>>;

/** The items of all `versions`, each once however many versions have it. */
export function catalogueOf(versions: readonly Facts[]): Catalogue {
  const known = new Map<string, { readonly item: Item; readonly id: number }>();
  const ids = new Map<Item, number>();
  const intern = (identity: unknown, version: string, make: () => Omit<Item, 'versions'>): Item => {
    const key = JSON.stringify(identity);
    let found = known.get(key);
    if (found === undefined) {
      known.set(key, (found = { item: { ...make(), versions: [] }, id: known.size }));
      ids.set(found.item, found.id);
    }
    const { item } = found;
    if (item.versions.at(-1) !== version) item.versions.push(version);
    return item;
  };

  return new Map(versions.map((facts) => [facts.version, itemsOf(facts, intern, ids)]));
}

type Intern = (identity: unknown, version: string, make: () => Omit<Item, 'versions'>) => Item;

function itemsOf(facts: Facts, intern: Intern, ids: ReadonlyMap<Item, number>): Map<string, readonly Item[]> {
  const layouts = layoutsOf(facts);
  const subjects = subjectsOf(facts);
  const homes = new Map([...subjects].flatMap(([subject, { records, path }]) => records.map((name) => [name, { subject, path }] as const)));
  const docs = docsOf(facts);
  const records = new Map<Layout<unknown>, Item>();

  const record = (layout: Layout<unknown>): Item => {
    const found = records.get(layout);
    if (found) return found;
    const { subject, path } = homes.get(layout.name)!;
    const shown = nestedIn(layout).size > MANY ? opaque(layout) : layout;
    const needs = [...nestedIn(shown)].map(record);
    const { name, kind, size, align } = shown;
    const rows = shown.fields.map((field) => {
      const element = elementOf(field);
      return [field.name, field.offset, typeof element === 'string' ? element : ids.get(record(element)), field.dims, field.bits, field.truth];
    });
    const item = intern(['record', subject, path, name, kind, size, align, rows], facts.version, () => ({ subject, name, path, what: { kind: 'record', layout: shown }, needs }));
    records.set(layout, item);
    return item;
  };

  return new Map([...subjects].map(([subject, { path, constants, ranges, records: names, aliases }]) => {
    const add = (identity: readonly unknown[], name: string, what: Item['what'], needs: readonly Item[] = []): Item => intern([what.kind, subject, path, name, ...identity], facts.version, () => ({ subject, name, path, what, needs }));
    return [subject, [
      ...[...constants].map(([name, value]) => add([String(value), typeof value, docs.get(name)], name, { kind: 'constant', value, doc: docs.get(name) })),
      ...[...ranges].map(([name, range]) => add([range], name, { kind: 'range', range })),
      ...names.map((name) => record(layouts.get(name)!)),
      ...[...aliases].map(([name, to]) => {
        const target = record(layouts.get(to)!);
        return add([ids.get(target)], name, { kind: 'alias', target }, [target]);
      }),
    ]];
  }));
}

/** Records with members of more records than this are collections of what belongs elsewhere: the union of all RPCs. */
const MANY = 64;

/** The same record with bytes for what it is made of, so that loading it does not load every RPC there is. */
function opaque({ name, kind, size, align, fields }: Layout<unknown>): Layout<unknown> {
  const bytes = fields.map((field): Field => (typeof field.element === 'string' || field.name === '' ? field : { ...field, element: 'u8', dims: [field.size] }));
  return placed({ name, kind, size, align, fields: () => bytes });
}

/** What is said about the constants that are commands, classes and ioctls. */
function docsOf(facts: Facts): Map<string, string> {
  const takes = (params: string | undefined, record: string | undefined = params): string => {
    if (params === undefined || record === undefined) return '';
    const size = facts.records.get(record)?.size;
    return `; parameters ${params}${size === undefined ? '' : `, ${size} bytes`}`;
  };
  const said = new Map<string, string>();
  for (const { name, id, params, record, flags } of facts.commands.values()) {
    said.set(name, `Control 0x${id.toString(16)}${takes(params, record)}${flags === undefined ? '' : `; flags 0x${flags.toString(16)}`}.`);
  }
  for (const { name, id, params, record } of facts.classes.values()) said.set(name, `Class 0x${id.toString(16)}${takes(params, record)}.`);
  for (const { name, nr, params } of [...facts.escapes.values(), ...facts.uvm.values()]) said.set(name, `ioctl ${nr}${takes(params)}.`);
  return said;
}
