import { mkdirSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';

import { binToTlv, CHIPS, compareVersions, FirmwareFileError, firmwareVersions, tlvToBin, type ConvertedFile, type FirmwareSource } from '@nova-stack/firmware-files';

import { optionLines, readArguments, UsageError } from './command-line.ts';
import { firmwareDirectory } from './firmware-dir.ts';
import type { Output } from './main.ts';

const OPTIONS = [
  { name: 'to', value: 'FORM', text: "tlv: containers as Linux's nova-core reads them; bin: files as linux-firmware has them, which nouveau reads" },
  { name: 'chip', value: 'CHIP', text: 'chip whose files are converted, ad102' },
  { name: 'firmware', value: 'DIR', text: 'tree with the files that there are' },
  { name: 'firmware-version', value: 'VERSION', text: 'to tlv: release to convert (default: the newest of the chip)' },
  { name: 'out', value: 'DIR', text: 'tree into which the others are written; made where it is missing' },
  { name: 'help', text: 'show this help' },
] as const;

/** The text of `nova firmware --help`. */
function help(): string {
  return ['Usage: nova firmware --to tlv|bin --chip CHIP --firmware DIR --out DIR [options]', '', "Converts a chip's firmware files from one form to the other.", '', ...optionLines(OPTIONS), ''].join('\n');
}

/** `nova firmware`. @returns the exit status @throws {@link UsageError} */
export async function firmware(args: readonly string[], output: Output): Promise<number> {
  const { values } = readArguments('firmware', OPTIONS, args);
  if (values.help) {
    output.out(help());
    return 0;
  }
  const { to, chip, firmware: directory, out, 'firmware-version': version } = values;
  for (const [name, value] of Object.entries({ to, chip, firmware: directory, out })) {
    if (value === undefined) throw new UsageError(`--${name} is missing (see nova firmware --help)`);
  }
  if (to !== 'tlv' && to !== 'bin') throw new UsageError(`unknown --to "${to!}": expected tlv or bin`);
  if (!Object.hasOwn(CHIPS, chip!)) throw new UsageError(`unknown chip "${chip!}"; the chips are: ${Object.keys(CHIPS).join(', ')}`);
  if (to === 'bin' && version !== undefined) throw new UsageError('--firmware-version goes with --to tlv: a container tells its own');
  const source = await firmwareDirectory(directory!);
  try {
    const files = to === 'bin' ? await tlvToBin({ source, chip: chip! }) : await binToTlv({ source, chip: chip!, version: version ?? await newest(source, chip!) });
    for (const file of files) write(out!, file, output);
    return 0;
  } catch (error) {
    if (!(error instanceof FirmwareFileError)) throw error;
    output.err(`nova: ${error.message}\n`);
    return 1;
  }
}

async function newest(source: FirmwareSource, chip: string): Promise<string> {
  const versions = [...await firmwareVersions(source, chip) ?? []].sort(compareVersions);
  const last = versions.at(-1);
  if (last === undefined) throw new UsageError(`${source.name} has no firmware for ${chip}`);
  return last;
}

function write(directory: string, { path, bytes }: ConvertedFile, output: Output): void {
  const place = join(directory, path);
  try {
    mkdirSync(dirname(place), { recursive: true });
    writeFileSync(place, bytes);
  } catch (error) {
    throw new UsageError(`--out: cannot write ${place}: ${error instanceof Error ? error.message : String(error)}`);
  }
  output.out(`${place}: ${bytes.length} bytes\n`);
}
