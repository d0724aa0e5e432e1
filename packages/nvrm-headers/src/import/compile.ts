// What clang says of a checkout.
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';

import { readAlignments } from './alignments.ts';
import type { Checkout } from './checkout.ts';
import { firstErrors, type Clang } from './clang.ts';
import { evaluate, type Constants } from './constants.ts';
import { readDebugInfo } from './debug-info.ts';
import { ImportError } from './errors.ts';
import { isPicked, PICKED_MACROS, PICKED_TYPES } from './internals.ts';
import { readMacros, type Macro } from './macros.ts';
import { shapesOf, type Shapes } from './shapes.ts';
import { DEBUG_INFO, unitOf, type CompiledUnit } from './unit.ts';

export interface Compiled {
  readonly shapes: Shapes;
  /** Macros of the ABI headers, and those picked of others. */
  readonly macros: readonly Macro[];
  readonly constants: Constants;
}

/** @throws ImportError `clang-failed` when the headers do not compile. */
export async function compile(checkout: Checkout, clang: Clang, folder: string, progress: (line: string) => void): Promise<Compiled> {
  const { text, flags } = unitOf(checkout);
  const unit: CompiledUnit = { folder, header: join(folder, 'headers.h'), flags };
  writeFileSync(unit.header, text);
  await check(checkout, clang, unit, text);

  const abi = new Set(checkout.headers.map((path) => join(checkout.root, path)));
  progress(`reading records, types and enumerations of ${checkout.headers.length} headers`);
  const info = readDebugInfo(await clang.run([...flags, ...DEBUG_INFO, unit.header]));
  const alignmentOf = readAlignments(await clang.run([...flags, '-fsyntax-only', '-Xclang', '-fdump-record-layouts-complete', unit.header]));
  const shapes = shapesOf(info, alignmentOf, { isAbi: (path) => abi.has(path), isPicked: (name) => isPicked(PICKED_TYPES, name) });

  const all = readMacros(await clang.run([...flags, '-E', '-dD', unit.header]), folder);
  const macros = [...all.values()].filter(({ name, file }) => abi.has(file) || isPicked(PICKED_MACROS, name));
  progress(`evaluating ${macros.length} macros, 5 to 15 seconds`);
  return { shapes, macros, constants: await evaluate(clang, unit, macros) };
}

/** Says which header does not compile, and how to see it again after the unit is gone. */
async function check({ root, headers }: Checkout, clang: Clang, { header, flags }: CompiledUnit, text: string): Promise<void> {
  const args = [...flags, '-fsyntax-only'];
  const { status, err } = await clang.attempt([...args, header]);
  if (status === 0) return;
  // The line of the unit that the first error comes from: of an include, or the error's own.
  const line = Number(new RegExp(`${header.replace(/[\\^$.*+?()[\]{}|]/g, '\\$&')}:(\\d+)[:,]`).exec(err)?.[1] ?? 0);
  const lines = text.split('\n').slice(0, line);
  const included = /^#include "(.*)"$/.exec(lines.at(-1) ?? '')?.[1] ?? '';
  const path = headers.includes(included) ? join(root, included) : undefined;
  // Alone if it fails alone, else after all that comes before it.
  const alone = path !== undefined && (await clang.attempt([...args, path])).status !== 0;
  const again = [clang.program, ...args, alone ? path : '-'].map(shellWord).join(' ');
  throw new ImportError('clang-failed', [
    'clang does not compile the headers:', `  ${firstErrors(err) || `it ended with ${status ?? 'a signal'}`}`,
    'to see it again:', `  ${again}${alone ? '' : ` <<'END'\n${lines.join('\n')}\nEND`}`,
  ].join('\n'));
}

const shellWord = (word: string): string => (/^[\w@%+=:,./-]+$/.test(word) ? word : `'${word.replaceAll("'", "'\\''")}'`);
