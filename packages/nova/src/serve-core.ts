import { writeFileSync } from 'node:fs';
import { FirmwareFileError, syntheticTypeFile } from '@nova-stack/firmware-files';
import { BOARDS, type BoardName } from '@nova-stack/hw-model/boards';
import { NovaCoreError } from '@nova-stack/nova-core';
import { CoreSocketError, registerCoreServer } from '@nova-stack/nova-core-socket';
import { timeline } from '@nova-stack/trace';

import { createMachine } from './machine.ts';
import { interrupted } from './interrupted.ts';
import type { Output } from './main.ts';
import { optionLines, readArguments, UsageError } from './command-line.ts';
import { ALL_POINTS } from './points.ts';

const DEFAULT_BOARD = 'l40';

const OPTIONS = [
  { name: 'socket', value: 'PATH', text: 'UNIX socket to listen on; at most 107 bytes' },
  { name: 'board', value: 'BOARD', text: `board to model (default: ${DEFAULT_BOARD})` },
  { name: 'types', value: 'FILE', text: 'write the vGPU type file of the firmware to FILE, for clients to submit' },
  { name: 'quiet', text: 'print no timeline, only the line that says it is ready' },
  { name: 'help', text: 'show this help' },
] as const;

function help(): string {
  return ['Usage: nova serve-core --socket PATH [options]', '', 'Boots a modelled GPU and serves its driver to clients in C (nova_core_socket.h) until it is interrupted.', '', ...optionLines(OPTIONS), '', `Boards: ${Object.keys(BOARDS).join(', ')}`, ''].join('\n');
}

/**
 * Boots a board and serves its core driver, then ends both in order: connections, sessions, driver.
 *
 * @param ended - default: SIGINT or SIGTERM
 * @returns the exit status
 * @throws {UsageError} for options that cannot be met
 */
export async function serveCoreDriver(args: readonly string[], output: Output, ended?: Promise<unknown>): Promise<number> {
  const { values: options } = readArguments('serve-core', OPTIONS, args);
  if (options.help) {
    output.out(help());
    return 0;
  }
  const { socket, board = DEFAULT_BOARD, types } = options;
  if (socket === undefined) throw new UsageError('--socket PATH is missing (see nova serve-core --help)');
  if (!Object.hasOwn(BOARDS, board)) throw new UsageError(`unknown board "${board}"; the boards are: ${Object.keys(BOARDS).join(', ')}`);
  const end = ended ?? interrupted();
  const machine = createMachine({ board: board as BoardName, sinks: options.quiet ? [] : [timeline(ALL_POINTS, (line) => { output.out(`${line}\n`); })] });
  let failure: unknown;
  const driver = await registerCoreServer(machine.auxBus, { devices: ['nova-core.nova-drm'], path: () => socket, onFailure: (error) => { failure = error; } });
  try {
    const [device] = machine.pci.find({ baseClass: 0x03 });
    const core = await machine.core.probe(device!);
    try {
      if (failure !== undefined) throw failure as Error;
      if (types !== undefined) writeFileSync(types, syntheticTypeFile({ device: BOARDS[board as BoardName].pci.device, version: core.firmwareVersion }));
      output.out(`ready: ${core.name} on ${socket}\n`);
      await end;
    } finally {
      await core.unbind();
    }
    return 0;
  } catch (error) {
    if (!(error instanceof CoreSocketError || error instanceof NovaCoreError || error instanceof FirmwareFileError)) throw error;
    output.err(`nova: ${error.message}\n`);
    return 1;
  } finally {
    await driver.unregister();
  }
}
