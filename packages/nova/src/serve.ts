import { parseArgs } from 'node:util';

import { createGspRm } from '@nova-stack/gsp-rm';
import { createGpu } from '@nova-stack/hw-model';
import { BOARDS, type BoardName } from '@nova-stack/hw-model/boards';
import { createTrace, jsonLines, timeline } from '@nova-stack/trace';
import { serveDevice, VfioUserError } from '@nova-stack/vfio-user';

import { hostTime } from './host-time.ts';
import type { Output } from './main.ts';
import { UsageError } from './options.ts';
import { ALL_POINTS } from './points.ts';
import { openTraceFile } from './trace-file.ts';

const OPTIONS = [
  { name: 'board', value: 'BOARD', text: 'board to model (default: rtx4090)' },
  { name: 'socket', value: 'PATH', text: 'UNIX socket to listen on; at most 107 bytes' },
  { name: 'memory', value: 'FILE', text: "the guest's memory as a file that QEMU shares (default: by messages, which is slower)" },
  { name: 'trace', value: 'FILE', text: 'write every event to FILE as JSON lines' },
  { name: 'quiet', text: 'print no timeline, only the line that says it is ready' },
  { name: 'help', text: 'show this help' },
] as const;

/** The text of `nova serve --help`. */
function serveHelp(): string {
  const rows = OPTIONS.map((option) => `  ${`--${option.name}${'value' in option ? ` ${option.value}` : ''}`.padEnd(15)}  ${option.text}`);
  return ['Usage: nova serve --socket PATH [options]', '', 'Serves a modelled GPU to QEMU (vfio-user-pci) until it is interrupted.', '', ...rows, '', `Boards: ${Object.keys(BOARDS).join(', ')}`, ''].join('\n');
}

interface ServeValues {
  readonly board?: string;
  readonly socket?: string;
  readonly memory?: string;
  readonly trace?: string;
  readonly quiet?: boolean;
  readonly help?: boolean;
}

/** @throws {UsageError} */
function parseServe(args: readonly string[]): ServeValues {
  try {
    return parseArgs({ args: [...args], allowPositionals: false, options: Object.fromEntries(OPTIONS.map((option) => [option.name, { type: 'value' in option ? 'string' : 'boolean' } as const])) }).values;
  } catch (error) {
    const [first = 'bad arguments'] = (error as Error).message.split(/\. |\n/);
    throw new UsageError(`${first} (see nova serve --help)`);
  }
}

/** What QEMU is told; the guest's memory is 2 GiB in the file that the server was given. */
function qemuArguments(socket: string, memory: string | undefined): string {
  const device = `-device '${JSON.stringify({ driver: 'vfio-user-pci', socket: { type: 'unix', path: socket } })}'`;
  return memory === undefined ? device : `-object memory-backend-file,id=ram,size=2G,share=on,mem-path=${memory} -machine q35,memory-backend=ram -m 2G ${device}`;
}

/**
 * Serves a board until SIGINT or SIGTERM, then takes the socket away.
 *
 * @returns the exit status
 * @throws {UsageError} for options that cannot be met
 */
export async function serve(args: readonly string[], output: Output, ended: Promise<unknown> = interrupted()): Promise<number> {
  const options = parseServe(args);
  if (options.help) {
    output.out(serveHelp());
    return 0;
  }
  const { board: name = 'rtx4090', socket, memory } = options;
  if (socket === undefined) throw new UsageError('--socket PATH is missing (see nova serve --help)');
  if (!Object.hasOwn(BOARDS, name)) throw new UsageError(`unknown board "${name}"; the boards are: ${Object.keys(BOARDS).join(', ')}`);
  const file = options.trace === undefined ? undefined : openTraceFile(options.trace);
  const time = hostTime();
  const now = (): number => time.now();
  const shown = options.quiet ? [] : [timeline(ALL_POINTS, (line) => { output.out(`${line}\n`); })];
  const trace = createTrace({ now, sinks: [...shown, ...(file ? [jsonLines((line) => { file.write(line); })] : [])] });
  const device = createGpu({ board: BOARDS[name as BoardName], firmware: createGspRm(), trace });
  try {
    const server = await serveDevice({ device, path: socket, now, trace, name, ...(memory !== undefined && { memoryFile: memory }) });
    output.out(`ready: ${name} (${device.facts.chip}) on ${socket}\nqemu-system-x86_64 … ${qemuArguments(socket, memory)}\n`);
    await ended;
    await server.close();
    return 0;
  } catch (error) {
    if (!(error instanceof VfioUserError)) throw error;
    output.err(`nova: ${error.message}\n`);
    return 1;
  } finally {
    file?.close();
  }
}

/** Until the user, or whoever started this, wants it to end. */
function interrupted(): Promise<unknown> {
  return new Promise((resolve) => { for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, resolve); });
}
