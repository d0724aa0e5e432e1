import { createGspRm } from '@nova-stack/gsp-rm';
import { createGpu, HwModelError, type Gpu, type GpuOptions } from '@nova-stack/hw-model';
import { createTrace, jsonLines, timeline } from '@nova-stack/trace';
import { serveDevice, VfioUserError } from '@nova-stack/vfio-user';

import { touchedLines, watchRegisters } from './access-record.ts';
import { hostTime } from './host-time.ts';
import { interrupted } from './interrupted.ts';
import type { Output } from './main.ts';
import { UsageError } from './command-line.ts';
import { openLinesFile, openOutputFile } from './output-file.ts';
import { ALL_POINTS } from './points.ts';
import { Recording } from './recording.ts';
import { parseServeOptions, serveHelp } from './serve-options.ts';

/** What QEMU is told; the guest's memory is 2 GiB, in the file that the server was given or in one that QEMU passes. */
function qemuArguments(socket: string, memory: string | undefined, passed: boolean): string {
  const device = `-device '${JSON.stringify({ driver: 'vfio-user-pci', socket: { type: 'unix', path: socket } })}'`;
  const backend = memory !== undefined ? `memory-backend-file,id=ram,size=2G,share=on,mem-path=${memory}` : passed ? 'memory-backend-memfd,id=ram,size=2G,share=on' : undefined;
  return backend === undefined ? device : `-object ${backend} -machine q35,memory-backend=ram -m 2G ${device}`;
}

/**
 * Serves a board until it is told to end, then takes the socket away.
 *
 * @param ended - default: SIGINT or SIGTERM
 * @returns the exit status
 * @throws {UsageError} for options that cannot be met
 */
export async function serve(args: readonly string[], output: Output, ended?: Promise<unknown>): Promise<number> {
  const options = parseServeOptions(args);
  if (options === undefined) {
    output.out(serveHelp());
    return 0;
  }
  const { name, board, socket, dma, memory } = options;
  const file = options.trace === undefined ? undefined : openLinesFile('--trace', options.trace);
  const registers = options.registers === undefined ? undefined : openOutputFile('--registers', options.registers);
  const record = options.record === undefined ? undefined : new Recording(options.record);
  const time = hostTime();
  const now = (): number => time.now();
  const shown = options.quiet ? [] : [timeline(ALL_POINTS, (line) => { output.out(`${line}\n`); })];
  const trace = createTrace({ now, sinks: [...shown, ...(file ? [jsonLines((line) => { file.write(line); })] : [])] });
  try {
    const device = gpuOf({ board, firmware: createGspRm(record && { tap: record.tap(time) }), trace });
    const watched = registers === undefined ? undefined : watchRegisters(board.chip, device);
    const end = ended ?? interrupted();
    const server = await serveDevice({ device: watched?.device ?? device, path: socket, dma, now, trace, name, ...(memory !== undefined && { memoryFile: memory }) });
    output.out(`ready: ${name} (${device.facts.chip}) on ${socket}\nqemu-system-x86_64 … ${qemuArguments(socket, memory, dma === 'fd' && server.missing === undefined)}\n`);
    // The timeline says it otherwise.
    if (options.quiet && server.missing !== undefined) output.out(`file descriptors are not taken: ${server.missing}\n`);
    await end;
    await server.close();
    if (watched) registers?.write(touchedLines(watched.touched()));
    if (record?.failure === undefined) return 0;
    output.err(`nova: --record: ${options.record!} ends early: ${record.failure instanceof Error ? record.failure.message : 'it could not be written'}\n`);
    return 1;
  } catch (error) {
    if (!(error instanceof VfioUserError)) throw error;
    output.err(`nova: ${error.message}\n`);
    return 1;
  } finally {
    file?.close();
    registers?.close();
    record?.close();
  }
}

/** @throws {@link UsageError} for sizes that the board cannot have */
function gpuOf(options: GpuOptions): Gpu {
  try {
    return createGpu(options);
  } catch (error) {
    if (error instanceof HwModelError && error.code === 'BAD_BOARD') throw new UsageError(error.message);
    throw error;
  }
}
