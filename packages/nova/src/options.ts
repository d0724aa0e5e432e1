import { SYNTHETIC_VERSIONS } from '@nova-stack/firmware-files';

import { optionLines, readArguments, UsageError } from './command-line.ts';

/** Options of `nova boot`. */
export interface BootOptions {
  /** Board to model; undefined with {@link device}. */
  readonly board: string | undefined;
  /** UNIX socket of a vfio-user server whose GPU is booted, instead of one that is modelled here. */
  readonly device: string | undefined;
  /** Whether register writes need not be waited for; false is for servers made with libvfio-user. */
  readonly postedWrites: boolean;
  /** Directory of a linux-firmware tree, or undefined for the synthetic pack. */
  readonly firmware: string | undefined;
  /** Firmware version; undefined for the usual one of the synthetic pack, or the newest of the directory. */
  readonly firmwareVersion: string | undefined;
  /** Compare the firmware files with the known releases before they are used. */
  readonly verify: boolean;
  /** Name of the vGPU type to open, e.g. `L40-4Q`; undefined lets the job choose one, `none` opens none. */
  readonly vgpu: string | undefined;
  /** File for the trace as JSON lines. */
  readonly trace: string | undefined;
  /** File for the messages between driver and firmware. */
  readonly record: string | undefined;
  /** File for a crash report: of the moment in which something failed, or of the GPU before it is unloaded. */
  readonly crashReport: string | undefined;
  readonly seed: number;
  readonly help: boolean;
}

/** One row per option: what `--help` says and what the parser accepts. */
const BOOT_OPTIONS = [
  { name: 'board', value: 'BOARD', text: 'board to model (default: l40)' },
  { name: 'device', value: 'SOCKET', text: 'boot the GPU that a vfio-user server (nova serve) has on this UNIX socket, in real time' },
  { name: 'wait-for-writes', text: 'with --device: wait for the answer to each register write; for servers made with libvfio-user' },
  { name: 'firmware', value: 'DIR', text: 'boot the real files of a linux-firmware tree instead of the synthetic pack' },
  { name: 'firmware-version', value: 'V', text: 'firmware to boot (default: 570.144, or the newest in DIR that the driver speaks)' },
  { name: 'verify', text: 'compare every firmware file with the known releases (SHA-256) first' },
  { name: 'vgpu', value: 'TYPE', text: 'vGPU type to open, e.g. L40-4Q; "none" opens none (default: the first that fits)' },
  { name: 'trace', value: 'FILE', text: 'write every event of the run to FILE as JSON lines' },
  { name: 'record', value: 'FILE', text: 'record every message between driver and firmware in FILE, for nova trace' },
  { name: 'crash-report', value: 'FILE', text: 'collect registers, queues, messages and logs in FILE when a step fails, else before the GPU is unloaded; for nova crash' },
  { name: 'seed', value: 'N', text: 'seed of the run, 0 to 4294967295; the same seed gives the same run (default: 1)' },
  { name: 'help', text: 'show this help' },
] as const;

/** The text of `nova boot --help`. */
export function bootHelp(boards: readonly string[]): string {
  return [
    'Usage: nova boot [options]',
    '',
    'Boots a GPU, modelled here or served by another process, attaches nova-drm and vgpu, opens and closes a vGPU, and unloads again.',
    '',
    ...optionLines(BOOT_OPTIONS),
    '',
    `Boards: ${boards.join(', ')}`,
    `Firmware: ${SYNTHETIC_VERSIONS.join(', ')}`,
    '',
  ].join('\n');
}

/**
 * Reads the options of `nova boot`.
 *
 * @throws {UsageError} on an unknown option, a missing value or a value out of range.
 */
export function parseBootOptions(args: readonly string[]): BootOptions {
  const { values } = readArguments('boot', BOOT_OPTIONS, args);
  if (values.device !== undefined && values.board !== undefined) throw new UsageError('--board says what to model, --device takes a GPU that is there: give one of them (see nova boot --help)');
  if (values.device === undefined && values['wait-for-writes'] !== undefined) throw new UsageError('--wait-for-writes is about a GPU in another process: give --device too (see nova boot --help)');
  return {
    board: values.board ?? (values.device === undefined ? 'l40' : undefined),
    device: values.device,
    postedWrites: values['wait-for-writes'] !== true,
    firmware: values.firmware,
    firmwareVersion: values['firmware-version'],
    verify: values.verify ?? false,
    vgpu: values.vgpu,
    trace: values.trace,
    record: values.record,
    crashReport: values['crash-report'],
    seed: parseSeed(values.seed),
    help: values.help ?? false,
  };
}

function parseSeed(text: string | undefined): number {
  if (text === undefined) return 1;
  const seed = Number(text);
  if (!/^\d+$/.test(text) || seed > 0xffffffff) {
    throw new UsageError(`--seed wants a whole number from 0 to 4294967295, not "${text}"`);
  }
  return seed;
}
