// Object-like macros and where they were defined last, as the preprocessor lists them.
import { resolve } from 'node:path';

/** An object-like macro. */
export interface Macro {
  readonly name: string;
  /** What it stands for; may be empty. */
  readonly body: string;
  /** Absolute path of the file with the definition. */
  readonly file: string;
}

/**
 * Reads the output of `clang -E -dD`: the object-like macros that are defined at its end, under their last definition.
 * Paths that are relative count from `folder`.
 */
export function readMacros(preprocessed: string, folder: string): Map<string, Macro> {
  const macros = new Map<string, Macro>();
  let file = '';
  for (const [, marker, name, parameters, body, gone] of preprocessed.matchAll(/^# \d+ "((?:[^"\\]|\\.)*)".*$|^#define (\w+)(\(?)(.*)$|^#undef (\w+)$/gm)) {
    if (marker !== undefined) file = resolve(folder, marker.replace(/\\(.)/g, '$1'));
    else if (name !== undefined && parameters === '') macros.set(name, { name, body: body!.trim(), file });
    else macros.delete(name ?? gone!);
  }
  return macros;
}
