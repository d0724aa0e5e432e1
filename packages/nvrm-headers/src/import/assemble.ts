// Puts what clang says and what only text says together: files as numbers, everything in a fixed order.
import { existsSync, readdirSync } from 'node:fs';
import { join, relative } from 'node:path';

import type { Imported, ImportedEnum, ImportedRecord, ImportedRpc } from '../facts/imported.ts';
import { read, type Checkout } from './checkout.ts';
import { CLASS_LIST, classesOf, RESOURCE_LISTS } from './classes.ts';
import { commandsOf, EXPORT_TABLES, readExportedCommands, type ExportedCommand } from './commands.ts';
import type { Compiled } from './compile.ts';
import { countsOf } from './counts.ts';
import { ImportError } from './errors.ts';
import type { TextFile } from './every-row.ts';
import { Files } from './files.ts';
import { ESCAPE_SOURCES, escapesOf, uvmIoctlsOf } from './ioctls.ts';
import { messagesOf } from './messages.ts';
import { exact } from './numbers.ts';
import type { Shapes } from './shapes.ts';
import { typeMacrosOf } from './type-macros.ts';
import { TARGET } from './unit.ts';

/** @throws ImportError `unknown-shape` when a text lacks what is read from it. */
export function assemble({ root, headers, version }: Checkout, { macros, constants, shapes }: Compiled): Imported {
  const abi = new Set(headers);
  const files = new Files(headers);
  const fromRoot = (path: string): string => relative(root, path).replaceAll('\\', '/');
  const inOrder = macros.map((macro) => ({ ...macro, path: fromRoot(macro.file) })).sort((a, b) => compare(a.path, b.path) || compare(a.name, b.name));
  const valued = <T>(all: ReadonlyMap<string, T>): Valued<T>[] =>
    inOrder.filter(({ name }) => all.has(name)).map(({ name, path }) => ({ name, path, file: files.number(path), value: all.get(name)! }));

  // Files that are not taken whole get their numbers here: of enumerations, then of records, then of macros.
  const enums = [...shapes.enums].sort((a, b) => compare(a.place.file, b.place.file) || a.place.line - b.place.line)
    .map(({ place, values, ...rest }): ImportedEnum => ({ ...rest, file: files.number(fromRoot(place.file)), values }));
  const records = [...shapes.records]
    .map(([name, { place, fields, ...rest }]): [string, ImportedRecord] => [name, { ...rest, file: files.number(fromRoot(place.file)), fields }]);
  const values = valued(constants.values);
  const ranges = valued(constants.ranges);

  const known = values.filter(({ path }) => abi.has(path));
  const sources = {
    values: new Map(known.map(({ name, value }) => [name, value])),
    recordOf: (name: string) => recordBehind(shapes, name),
    isType: (name: string) => shapes.records.has(name) || shapes.typedefs.has(name) || enums.some((each) => each.name === name),
  };
  const filesIn = (part: string): TextFile[] => headers.filter((path) => path.includes(part)).map((path) => ({ path, text: read(root, path) }));
  const messages = (prefix: string): ImportedRpc[] => messagesOf({ ...shapes, enums }, prefix);

  const facts: Omit<Imported, 'counts'> = {
    schema: 1, version, target: TARGET,
    files: files.paths,
    records: Object.fromEntries(records), typedefs: Object.fromEntries(shapes.typedefs), enums,
    commands: commandsOf({ ...sources, headers: filesIn('/ctrl/'), exported: exportedIn(root) }),
    classes: classesOf({ ...sources, macros: known, headers: filesIn('/class/').map(({ text }) => text), list: readFirst(root, [CLASS_LIST]).text, resources: readFirst(root, RESOURCE_LISTS) }),
    rpc: { functions: messages('NV_VGPU_MSG_FUNCTION_'), events: messages('NV_VGPU_MSG_EVENT_') },
    escapes: escapesOf(sources, ESCAPE_SOURCES.filter((path) => existsSync(join(root, path))).map((path) => read(root, path))),
    uvm: uvmIoctlsOf(sources),
    status: statusOf(enums),
    macros: byFile(values.map(({ name, file, value }) => ({ name, file, value: exact(value) }))),
    ranges: byFile(ranges.map(({ name, file, value }) => ({ name, file, value: value.join(':') }))),
    typeMacros: Object.fromEntries(typeMacrosOf(inOrder.filter(({ path }) => abi.has(path)), sources.isType)),
  };
  const { schema, version: _, target, ...rest } = facts;
  return { schema, version, target, counts: countsOf(facts, headers.length), ...rest };
}

interface Valued<T> {
  readonly name: string;
  readonly path: string;
  readonly file: number;
  readonly value: T;
}

const compare = (a: string, b: string): number => (a < b ? -1 : a > b ? 1 : 0);

/** The record that a name is or that a typedef of that name stands for. */
function recordBehind({ records, typedefs }: Shapes, name: string): string | undefined {
  const ref = records.has(name) ? name : typedefs.get(name)?.ref;
  return ref !== undefined && records.has(ref) ? ref : undefined;
}

function exportedIn(root: string): ExportedCommand[] {
  const { folder, suffix } = EXPORT_TABLES;
  return readdirSync(join(root, folder)).filter((name) => name.endsWith(suffix)).sort().map((name) => `${folder}/${name}`).flatMap((path) => readExportedCommands({ path, text: read(root, path) }));
}

function readFirst(root: string, paths: readonly string[]): TextFile {
  const found = paths.find((path) => existsSync(join(root, path)));
  if (found === undefined) throw new ImportError('unknown-shape', `the checkout has no ${paths.join(' and no ')}; it may be incomplete, or newer than this importer`);
  return { path: found, text: read(root, found) };
}

/** The enumeration that begins with success. */
function statusOf(enums: readonly ImportedEnum[]): Imported['status'] {
  const found = enums.find(({ values }) => values.some(([name]) => name === 'NV_OK'));
  if (found === undefined) throw new ImportError('unknown-shape', 'no enumeration has NV_OK: the status codes have moved');
  return found.values.map(([name, value]) => ({ name, value: Number(value) }));
}

function byFile<T>(all: readonly { readonly name: string; readonly file: number; readonly value: T }[]): Record<string, Record<string, T>> {
  const found = new Map<number, [name: string, value: T][]>();
  for (const { name, file, value } of all) {
    const entries = found.get(file) ?? [];
    entries.push([name, value]);
    found.set(file, entries);
  }
  return Object.fromEntries([...found].map(([file, entries]) => [file, Object.fromEntries(entries)]));
}
