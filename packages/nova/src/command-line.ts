import { parseArgs } from 'node:util';

/** The command line was wrong: one clear line for the user, exit status 2. */
export class UsageError extends Error {
  override readonly name = 'UsageError';
}

/** One option: what `--help` says and what the parser accepts. */
export interface OptionRow {
  readonly name: string;
  /** What its value is called; without one it is a switch. */
  readonly value?: string;
  readonly text: string;
}

/** What was given, by the rows of a command. */
export type ValuesOf<R extends readonly OptionRow[]> = { readonly [O in R[number] as O['name']]?: O extends { readonly value: string } ? string : boolean };

/**
 * Reads the arguments of `nova COMMAND`.
 *
 * @throws {UsageError} for an unknown option or a missing value; for a word that is no option unless `words`
 */
export function readArguments<const R extends readonly OptionRow[]>(command: string, rows: R, args: readonly string[], { words = false }: { readonly words?: boolean } = {}): { readonly values: ValuesOf<R>; readonly words: readonly string[] } {
  try {
    const { values, positionals } = parseArgs({
      args: [...args], allowPositionals: words, options: Object.fromEntries(rows.map(({ name, value }) => [name, { type: value === undefined ? 'boolean' : 'string' } as const])),
    });
    return { values: values as ValuesOf<R>, words: positionals };
  } catch (error) {
    // It explains itself in several sentences; the first one names the option.
    const [first = 'bad arguments'] = (error instanceof Error ? error.message : String(error)).split(/\. |\n/);
    throw new UsageError(`${first} (see nova ${command} --help)`);
  }
}

/** A line of help for each option. */
export function optionLines(rows: readonly OptionRow[]): string[] {
  const left = rows.map(({ name, value }) => `--${name}${value === undefined ? '' : ` ${value}`}`);
  const width = Math.max(...left.map((text) => text.length));
  return rows.map(({ text }, i) => `  ${left[i]!.padEnd(width)}  ${text}`);
}
