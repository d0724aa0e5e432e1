import { parseArgs } from 'node:util';

import { UsageError } from './usage-error.ts';

/** A row of `--help`, and what the parser accepts. */
export interface Option {
  readonly name: string;
  /** What stands for the value in the help; a flag has none. */
  readonly value?: string;
  readonly text: string;
}

export interface Given {
  readonly flags: ReadonlySet<string>;
  readonly values: ReadonlyMap<string, string>;
  readonly positionals: readonly string[];
}

/** One command of the command line. */
export interface Command {
  readonly name: string;
  /** What follows the name in the usage line. */
  readonly usage: string;
  readonly summary: string;
  readonly options: readonly Option[];
  /** Lines under the options. */
  readonly notes?: readonly string[];
  /** Tells the exit status. */
  run(given: Given, output: Output): number | Promise<number>;
}

/** Where a command writes; a test passes its own. */
export interface Output {
  out(text: string): void;
  err(text: string): void;
}

const HELP: Option = { name: 'help', text: 'show this help' };

/** @throws UsageError for an option that there is not, or one without its value. */
export function parse({ options }: Command, args: readonly string[]): Given {
  try {
    const { values, positionals } = parseArgs({
      args: [...args],
      allowPositionals: true,
      options: Object.fromEntries([...options, HELP].map(({ name, value }) => [name, { type: value === undefined ? 'boolean' : 'string' } as const])),
    });
    const given = Object.entries(values);
    return {
      flags: new Set(given.filter(([, value]) => value === true).map(([name]) => name)),
      values: new Map(given.filter((entry): entry is [string, string] => typeof entry[1] === 'string')),
      positionals,
    };
  } catch (error) {
    throw new UsageError((error as Error).message);
  }
}

/** The value of an option that a command cannot do without. @throws UsageError */
export function required({ values }: Given, { name, value = 'VALUE' }: Pick<Option, 'name' | 'value'>): string {
  const given = values.get(name);
  if (given === undefined || given === '') throw new UsageError(`--${name} ${value} is missing`);
  return given;
}

/** The text of `nvrm-headers COMMAND --help`. */
export function help({ name, usage, summary, options, notes = [] }: Command): string {
  const rows = [...options, HELP].map((option) => [`--${option.name}${option.value === undefined ? '' : ` ${option.value}`}`, option.text] as const);
  const width = Math.max(...rows.map(([left]) => left.length));
  return [
    `Usage: nvrm-headers ${name} ${usage}`, '', summary, '',
    ...rows.map(([left, text]) => `  ${left.padEnd(width)}  ${text}`),
    ...(notes.length > 0 ? ['', ...notes] : []), '',
  ].join('\n');
}
