import { BOARDS, type Board, type BoardName } from '@nova-stack/hw-model/boards';

import { optionLines, readArguments, UsageError, type ValuesOf } from './command-line.ts';
import { parseSize } from './size.ts';

/** What `nova serve` was asked to do. */
export interface ServeOptions {
  /** For messages; the board of this name may have been given other sizes. */
  readonly name: BoardName;
  readonly board: Board;
  readonly socket: string;
  /** The client's memory as it passes it, or by messages only. */
  readonly dma: 'fd' | 'messages';
  /** The client's memory as a file with a name; undefined: reached as `dma` says. */
  readonly memory: string | undefined;
  readonly trace: string | undefined;
  /** File for the messages between the client's driver and the firmware. */
  readonly record: string | undefined;
  /** File for a list of the registers that the client touched. */
  readonly registers: string | undefined;
  readonly quiet: boolean;
}

const DEFAULT_BOARD = 'rtx4090';

const OPTIONS = [
  { name: 'board', value: 'BOARD', text: `board to model (default: ${DEFAULT_BOARD})` },
  { name: 'chip', value: 'CHIP', text: 'instead of a board: the first one with this chip' },
  { name: 'socket', value: 'PATH', text: 'UNIX socket to listen on; at most 107 bytes' },
  { name: 'vram', value: 'SIZE', text: "video memory, e.g. 8G (default: the board's)" },
  { name: 'bar1', value: 'SIZE', text: "BAR1, a power of two, e.g. 256M (default: the board's)" },
  { name: 'dma', value: 'HOW', text: "fd: the guest's memory as QEMU passes it, by messages where it passes none (default); messages: by those only, which is slower" },
  { name: 'memory', value: 'FILE', text: "the guest's memory as a file with a name, for hosts on which file descriptors cannot be had" },
  { name: 'trace', value: 'FILE', text: 'write every event to FILE as JSON lines' },
  { name: 'record', value: 'FILE', text: 'record every message between driver and firmware in FILE, for nova trace' },
  { name: 'registers', value: 'FILE', text: 'write at the end which registers were touched: address, reads, writes, name' },
  { name: 'quiet', text: 'print no timeline, only the line that says it is ready' },
  { name: 'help', text: 'show this help' },
] as const;

const boardNames = Object.keys(BOARDS) as readonly BoardName[];
const chips: ReadonlySet<Board['chip']> = new Set(boardNames.map((name) => BOARDS[name].chip));

/** The text of `nova serve --help`. */
export function serveHelp(): string {
  return [
    'Usage: nova serve [--board BOARD | --chip CHIP] --socket PATH [options]', '',
    'Serves a modelled GPU to QEMU (vfio-user-pci), or to any other client of vfio-user, until it is interrupted.', '',
    ...optionLines(OPTIONS), '', `Boards: ${boardNames.join(', ')}`, `Chips: ${[...chips].join(', ')}`, '',
  ].join('\n');
}

/**
 * Reads the options of `nova serve`.
 *
 * @returns undefined where help is wanted
 * @throws {@link UsageError}
 */
export function parseServeOptions(args: readonly string[]): ServeOptions | undefined {
  const { values } = readArguments('serve', OPTIONS, args);
  if (values.help) return undefined;
  const { socket, dma = 'fd', memory, trace, record, registers, quiet = false } = values;
  if (socket === undefined) throw new UsageError('--socket PATH is missing (see nova serve --help)');
  if (dma !== 'fd' && dma !== 'messages') throw new UsageError(`unknown --dma "${dma}": expected fd or messages`);
  const name = boardOf(values);
  const board = {
    ...BOARDS[name],
    ...(values.vram !== undefined && { vramSize: parseSize('--vram', values.vram) }),
    ...(values.bar1 !== undefined && { bar1Size: parseSize('--bar1', values.bar1) }),
  };
  return { name, board, socket, dma, memory, trace, record, registers, quiet };
}

type Values = ValuesOf<typeof OPTIONS>;

function boardOf({ board, chip }: Values): BoardName {
  if (chip === undefined) {
    const name = boardNames.find((each) => each === (board ?? DEFAULT_BOARD));
    if (name === undefined) throw new UsageError(`unknown board "${board}"; the boards are: ${boardNames.join(', ')}`);
    return name;
  }
  if (board !== undefined) throw new UsageError('--board and --chip cannot go together: a board has its chip');
  const name = boardNames.find((each) => BOARDS[each].chip === chip);
  if (name === undefined) throw new UsageError(`no board with chip "${chip}"; the chips are: ${[...chips].join(', ')}`);
  return name;
}
