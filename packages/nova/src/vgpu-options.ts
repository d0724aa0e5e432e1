import { homedir } from 'node:os';
import { join } from 'node:path';

import { BOARDS } from '@nova-stack/hw-model/boards';

import { optionLines, readArguments, UsageError } from './command-line.ts';

export const VGPU_COMMANDS = [
  { name: 'types', word: undefined, text: 'list the types that the board has, and how many of each can be had' },
  { name: 'list', word: undefined, text: 'list what was created and not destroyed' },
  { name: 'create', word: 'TYPE', text: 'create a virtual GPU, e.g. L40-8Q' },
  { name: 'destroy', word: 'UUID', text: 'destroy one' },
  { name: 'serve', word: 'WHAT=SOCKET ...', text: 'run virtual GPUs and serve each to QEMU on a UNIX socket until interrupted; WHAT is a UUID, or a TYPE to have one meanwhile' },
] as const;

const OPTIONS = [
  { name: 'store', value: 'DIR', text: 'folder that remembers them (default: nova-stack/vgpu in the user\'s state folder)' },
  { name: 'board', value: 'BOARD', text: 'board to model (default: l40)' },
  { name: 'uuid', value: 'UUID', text: 'with create: its name (default: a random one)' },
  { name: 'vf', value: 'N', text: 'with create: its virtual function (default: the first that is free)' },
  { name: 'json', text: 'print JSON' },
  { name: 'quiet', text: 'with serve: print no timeline, only the lines that say what is ready' },
  { name: 'help', text: 'show this help' },
] as const;

export interface VgpuOptions {
  readonly command: (typeof VGPU_COMMANDS)[number]['name'];
  readonly word: string | undefined;
  readonly store: string;
  readonly board: string;
  readonly uuid: string | undefined;
  readonly vf: number | undefined;
  readonly json: boolean;
  /** What is served where: UUIDs or types, and sockets. */
  readonly served: readonly ServedName[];
  readonly quiet: boolean;
}

export interface ServedName {
  /** A UUID, or a type. */
  readonly what: string;
  readonly socket: string;
}

export function vgpuHelp(): string {
  const left = VGPU_COMMANDS.map(({ name, word }) => (word === undefined ? name : `${name} ${word}`));
  const width = Math.max(...left.map(({ length }) => length));
  return [
    'Usage: nova vgpu COMMAND [options]', '', 'Virtual GPUs by name, on a modelled board that boots for each command. What was created is there until it is destroyed.', '',
    ...VGPU_COMMANDS.map(({ text }, i) => `  ${left[i]!.padEnd(width)}  ${text}`), '', ...optionLines(OPTIONS), '', `Boards: ${Object.keys(BOARDS).join(', ')}`, '',
  ].join('\n');
}

/**
 * @returns undefined where help was asked for
 * @throws {UsageError}
 */
export function parseVgpuOptions(args: readonly string[]): VgpuOptions | undefined {
  const { values, words } = readArguments('vgpu', OPTIONS, args, { words: true });
  const [name, word, ...more] = words;
  if (values.help) return undefined;
  const command = VGPU_COMMANDS.find((one) => one.name === name);
  if (!command) throw new UsageError(`${name === undefined ? 'a command is missing' : `unknown command "${name}"`}; the commands of nova vgpu are: ${VGPU_COMMANDS.map((one) => one.name).join(', ')}`);
  if (command.word !== undefined && word === undefined) throw new UsageError(`nova vgpu ${command.name} wants a ${command.word}`);
  const served = command.name === 'serve' ? words.slice(1).map(servedName) : [];
  const twice = served.find(({ socket }, i) => served.findIndex((one) => one.socket === socket) < i);
  if (twice) throw new UsageError(`two virtual GPUs cannot be served on ${twice.socket}`);
  const extra = command.word === undefined ? word : command.name === 'serve' ? undefined : more[0];
  if (extra !== undefined) throw new UsageError(`nova vgpu ${command.name} does not take "${extra}"`);
  const board = values.board ?? 'l40';
  if (!Object.hasOwn(BOARDS, board)) throw new UsageError(`unknown board "${board}"; the boards are: ${Object.keys(BOARDS).join(', ')}`);
  if (command.name !== 'serve' && values.quiet) throw new UsageError('--quiet goes with nova vgpu serve');
  if (command.name !== 'create' && (values.uuid !== undefined || values.vf !== undefined)) throw new UsageError('--uuid and --vf go with nova vgpu create');
  return {
    command: command.name, word, board, uuid: values.uuid, vf: values.vf === undefined ? undefined : index(values.vf), json: values.json ?? false, served, quiet: values.quiet ?? false,
    store: values.store ?? join(process.env['XDG_STATE_HOME'] ?? join(homedir(), '.local', 'state'), 'nova-stack', 'vgpu'),
  };
}

function index(text: string): number {
  const value = Number(text);
  if (!/^\d{1,5}$/.test(text) || value > 0xffff) throw new UsageError(`--vf wants a number from 0 to 65535, not "${text}"`);
  return value;
}

function servedName(text: string): ServedName {
  const at = text.indexOf('=');
  if (at < 1 || at === text.length - 1) throw new UsageError(`nova vgpu serve wants WHAT=SOCKET, such as L40-8Q=/tmp/guest.sock, not "${text}"`);
  return { what: text.slice(0, at), socket: text.slice(at + 1) };
}
