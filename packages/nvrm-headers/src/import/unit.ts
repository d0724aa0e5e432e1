// The one translation unit in which all ABI headers are compiled, and the flags that it is compiled with.
import { join } from 'node:path';

import { read, type Checkout } from './checkout.ts';
import { FIRST_HEADER, MAKEFILE, UVM_FOLDERS } from './headers.ts';
import { PICKED_HEADERS } from './internals.ts';

/** What the facts hold for; the words are in every file of facts. */
export const TARGET: string = 'x86_64-linux-gnu, LP64, little endian, RM build (NVRM defined)';

/** C that gives every header its place, and the flags for it. */
export interface Unit {
  readonly text: string;
  readonly flags: readonly string[];
}

/** A unit that lies in a file. */
export interface CompiledUnit {
  /** For files that only the import needs. */
  readonly folder: string;
  /** Absolute path of the unit's text in it. */
  readonly header: string;
  readonly flags: readonly string[];
}

/** Has clang write debugging information of all types, used or not, to its standard output. */
export const DEBUG_INFO: readonly string[] = ['-g', '-fno-eliminate-unused-debug-types', '-S', '-emit-llvm', '-o', '-'];

/** All versions are read as a checked build, whatever their Makefile says. */
const FIXED_DEFINES: Readonly<Record<string, string>> = { PORT_IS_CHECKED_BUILD: '1' };

/** Has the list of classes include the header of each in place of defining numbers, which would only repeat theirs. */
const CLASSES_BY_HEADER = '#define SDK_ALL_CLASSES_INCLUDE_FULL_HEADER';

/**
 * The RM's headers come first, as its RPC code includes them: what that defines beforehand decides which structures of
 * messages there are. Then the internal headers with things to pick, and every ABI header by its path from the root.
 */
export function unitOf({ root, headers, rpcSource }: Checkout): Unit {
  const lines = [
    ...preamble(read(root, rpcSource)),
    ...PICKED_HEADERS.flatMap((name) => [`#if __has_include("${name}")`, `#include "${name}"`, '#endif']),
    CLASSES_BY_HEADER,
    ...headers.map((path) => `#include "${path}"`),
  ];
  return { text: `${lines.join('\n')}\n`, flags: flagsOf(root) };
}

/** Directives of a source up to its first line of code. */
function preamble(source: string): string[] {
  const lines = source.replace(/\/\/.*|\/\*[\s\S]*?\*\//g, '').split('\n').map((line) => line.trim()).filter((line) => line !== '');
  const code = lines.findIndex((line) => !line.startsWith('#'));
  return code < 0 ? lines : lines.slice(0, code);
}

function flagsOf(root: string): string[] {
  const makefile = read(root, MAKEFILE);
  const base = join(root, MAKEFILE, '..');
  const folders = [...makefile.matchAll(/^CFLAGS \+= -I\s*(\S+)$/gm)]
    .map(([, path]) => path!.replace('$(SRC_COMMON)', '../common'))
    // Folders of other people's libraries are named through further variables; no ABI header needs them.
    .filter((path) => !path.includes('$'))
    .map((path) => join(base, path));
  const defines = [...makefile.matchAll(/^CFLAGS \+= -D(\w+)(?:=(\w*))?$/gm)].map(([, name, value]) => [name!, FIXED_DEFINES[name!] ?? value] as const);
  return [
    // No header of the machine takes part, whatever it is: only those that the compiler brings.
    '-target', 'x86_64-linux-gnu', '-x', 'c', '-std=gnu11', '-ffreestanding', '-nostdlibinc', '-w',
    '-include', join(root, FIRST_HEADER),
    ...folders.flatMap((folder) => ['-I', folder]),
    ...UVM_FOLDERS.flatMap((folder) => ['-I', join(root, folder)]),
    // For the unit itself.
    '-I', root,
    ...defines.map(([name, value]) => `-D${name}${value === undefined ? '' : `=${value}`}`),
  ];
}
