import type { DiffOptions, Filter, FormatOptions } from '@nova-stack/gsp-rpc/decode';

import { optionLines, readArguments, UsageError } from './command-line.ts';

/** What `nova trace` was asked to do. */
export interface TraceOptions {
  readonly file: string;
  /** A second recording to compare the first with. */
  readonly diff: string | undefined;
  readonly ignore: NonNullable<DiffOptions['ignore']>;
  /** The file is an image of the shared memory. */
  readonly dump: boolean;
  /** Firmware of a dump, where its messages do not give it away. */
  readonly release: string | undefined;
  readonly filter: Filter;
  readonly fields: NonNullable<FormatOptions['fields']>;
  readonly json: boolean;
}

const IGNORABLE = ['addresses', 'handles'] as const;
const FIELDS = ['set', 'all', 'none'] as const;

const OPTIONS = [
  { name: 'direction', value: 'WAY', text: 'command (to the firmware) or status (from it)' },
  { name: 'function', value: 'NAME', text: 'only functions of this name or number; a part of the name is enough' },
  { name: 'event', value: 'NAME', text: 'only events of this name or number; "any" for all of them' },
  { name: 'command', value: 'NAME', text: 'only controls of this name or number' },
  { name: 'class', value: 'NAME', text: 'only allocations of this class' },
  { name: 'handle', value: 'N', text: 'only messages with this handle anywhere in them' },
  { name: 'failed', text: 'only what came back with an error' },
  { name: 'unknown', text: 'only messages of which something is not explained' },
  { name: 'fields', value: 'WHICH', text: 'set (those that are not zero, the default), all, or none' },
  { name: 'json', text: 'as JSON lines, one per message' },
  { name: 'diff', value: 'FILE', text: 'compare with another recording, call by call; status 1 when they differ' },
  { name: 'ignore', value: 'LIST', text: `with --diff: ${IGNORABLE.join(', ')}` },
  { name: 'dump', text: 'the file is an image of the shared memory, as a debugger saved it' },
  { name: 'release', value: 'V', text: 'firmware of a dump, e.g. 570.144 (default: what its messages give away)' },
  { name: 'help', text: 'show this help' },
] as const;

/** The text of `nova trace --help`. */
export function traceHelp(): string {
  return [
    'Usage: nova trace FILE [options]', '', 'Reads what nova boot --record or nova serve --record wrote: every message between a driver and the firmware.', '', ...optionLines(OPTIONS), '',
  ].join('\n');
}

/**
 * Reads the options of `nova trace`.
 *
 * @returns undefined where help is wanted
 * @throws {@link UsageError}
 */
export function parseTraceOptions(args: readonly string[]): TraceOptions | undefined {
  const { values, words } = readArguments('trace', OPTIONS, args, { words: true });
  if (values.help) return undefined;
  const [file, ...more] = words;
  if (file === undefined || more.length > 0) throw new UsageError('nova trace takes one FILE (see nova trace --help)');
  if (values.dump && values.diff !== undefined) throw new UsageError('--dump and --diff cannot go together: a dump is one moment');
  const { direction, function: fn, event, command, class: kind, failed, unknown } = values;
  return {
    file, diff: values.diff, dump: values.dump ?? false, release: values.release, json: values.json ?? false,
    ignore: (values.ignore?.split(',') ?? []).map((one) => oneOf('--ignore', one.trim(), IGNORABLE)),
    fields: oneOf('--fields', values.fields ?? 'set', FIELDS),
    filter: {
      ...(direction !== undefined && { direction: oneOf('--direction', direction, ['command', 'status'] as const) }),
      ...(fn !== undefined && { function: nameOrNumber(fn) }),
      ...(event !== undefined && { event: event === 'any' ? true : nameOrNumber(event) }),
      ...(command !== undefined && { command: nameOrNumber(command) }),
      ...(kind !== undefined && { class: nameOrNumber(kind) }),
      ...(values.handle !== undefined && { handle: number('--handle', values.handle) }),
      ...(failed && { failed }),
      ...(unknown && { unknown }),
    },
  };
}

function oneOf<T extends string>(option: string, value: string, known: readonly T[]): T {
  const found = known.find((one) => one === value);
  if (found === undefined) throw new UsageError(`${option} wants ${known.join(', ')}, not "${value}"`);
  return found;
}

const nameOrNumber = (text: string): string | number => (/^(?:0x[0-9a-f]+|\d+)$/i.test(text) ? Number(text) : text);

function number(option: string, text: string): number {
  const value = nameOrNumber(text);
  if (typeof value !== 'number' || value > 0xffffffff) throw new UsageError(`${option} wants a number of 32 bits, such as 0xc1d00001, not "${text}"`);
  return value;
}
