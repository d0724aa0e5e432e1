import { existsSync } from 'node:fs';
import { join } from 'node:path';

import { FirmwareFileError } from '@nova-stack/firmware-files';
import { CHIPS, type Chip, type ChipName } from '@nova-stack/gpu-regs';
import { BOARDS, type BoardName } from '@nova-stack/hw-model/boards';
import { firmwareDirectory } from '@nova-stack/nova';
import { createMachine, type MachineOptions } from '@nova-stack/nova/machine';
import { NovaCoreError, SUPPORTED_FIRMWARE } from '@nova-stack/nova-core';

import { HOSTING } from '../nova-core-under-test.ts';

/** Every combination that there could be of chip, release, files and way of operation, and what became of it. */

/** How the driver learns of messages. */
export type Mode = 'message' | 'polled';
export const MODES: readonly Mode[] = ['message', 'polled'];

export type Files = 'synthetic' | 'real';

/** A boot to be made. */
export interface Case {
  readonly chip: ChipName;
  readonly board: BoardName | undefined;
  readonly version: string;
  readonly files: Files;
  readonly mode: Mode;
}

/** `boots`, or why not. */
export type Outcome = string;
/** Outcomes by chip, release, files and mode. A release that does not know the chip, and files that nobody has, are not there. */
export type Support = Readonly<Record<string, {
  readonly board: string | null;
  readonly releases: Readonly<Record<string, Readonly<Partial<Record<Files, Readonly<Partial<Record<Mode, Outcome>>>>>>>>;
}>>;

/** Oldest first, as the table has them. */
export const RELEASES: readonly string[] = [...SUPPORTED_FIRMWARE].reverse();

/** 535.113.01 knows no chip that its FSP boots; linux-firmware has no files of 580.105.08. */
const knows = (version: string, { family }: Chip): boolean => version !== '535.113.01' || family.bootChain !== 'fsp';
const published = (version: string): boolean => version !== '580.105.08';

const boardOf = (chip: ChipName): BoardName | undefined => (Object.keys(BOARDS) as BoardName[]).find((name) => BOARDS[name].chip === chip);

/** All cases, by chip. */
export const CASES: readonly Case[] = Object.values(CHIPS).flatMap((chip) =>
  RELEASES.filter((version) => knows(version, chip)).flatMap((version) =>
    (['synthetic', 'real'] as const).filter((files) => files === 'synthetic' || published(version)).flatMap((files) =>
      MODES.map((mode) => ({ chip: chip.name, board: boardOf(chip.name), version, files, mode })))));

/** The first chip of each family stands for it where time is short. */
const first = new Map<string, ChipName>();
for (const { name, family } of Object.values(CHIPS)) if (!first.has(family.name)) first.set(family.name, name);
export const REPRESENTATIVES: ReadonlySet<ChipName> = new Set(first.values());

/** Whether `dir`, a tree like linux-firmware's, has what a case wants. */
export const hasFiles = (dir: string, { chip, version }: Case): boolean => existsSync(join(dir, `nvidia/${chip}/gsp/gsp-${version}.bin`));

/** Boots, unloads and boots again. @throws Error where it boots but does not leave everything as it was. */
export async function judge({ chip, board, version, files, mode }: Case, dir: string | undefined): Promise<Outcome> {
  if (board === undefined) return 'no board';
  let told = 0;
  const sinks = [({ point }: { readonly point: string }): void => { if (point === 'nova-core.interrupts.on') told++; }];
  const options: MachineOptions = { board, version, interrupts: mode, sinks, ...(files === 'real' && { firmware: await firmwareDirectory(dir!) }) };
  let machine;
  try {
    machine = createMachine(options);
  } catch (error) {
    if (error instanceof FirmwareFileError && error.code === 'UNSUPPORTED') return 'no synthetic files';
    throw error;
  }
  const [device] = machine.pci.find({ vendor: 0x10de, baseClass: 0x03 });
  for (let i = 0; i < 2; i++) {
    let core;
    try {
      core = await machine.core.probe(device!);
    } catch (error) {
      if (error instanceof NovaCoreError) return `${error.code} at ${error.step}`;
      throw error;
    }
    if (core.chip !== chip || core.firmwareVersion !== version) throw new Error(`${board} came up as ${core.chip} with ${core.firmwareVersion}`);
    const expected = BOARDS[board].sriov !== undefined && !HOSTING.includes(version) ? 1 : 0;
    if (core.withheld.length !== expected) throw new Error(`${board} with ${version}: ${core.withheld.length} interfaces withheld, not ${expected}`);
    await core.unbind();
    if (device!.dmaInUse().length > 0) throw new Error(`${board} with ${version} leaves DMA memory behind`);
  }
  if ((told > 0) !== (mode === 'message')) throw new Error(`${board} with ${version}: ${told} times told by interrupts, ${mode}`);
  if (machine.auxBus.devices().length > 0) throw new Error(`${board} with ${version} leaves devices behind`);
  return 'boots';
}

/** Puts outcomes into their table; those that are missing are taken from `before`. */
export function tabulate(outcomes: ReadonlyMap<Case, Outcome>, before: Support): Support {
  const table: Record<string, { board: string | null; releases: Record<string, Partial<Record<Files, Partial<Record<Mode, Outcome>>>>> }> = {};
  for (const one of CASES) {
    const { chip, board, version, files, mode } = one;
    const outcome = outcomes.get(one) ?? before[chip]?.releases[version]?.[files]?.[mode];
    if (outcome === undefined) continue;
    const row = (table[chip] ??= { board: board ?? null, releases: {} });
    ((row.releases[version] ??= {})[files] ??= {})[mode] = outcome;
  }
  return table;
}

const cell = (release: Support[string]['releases'][string] | undefined): string => {
  if (release === undefined) return '–';
  const worked = (files: Files): boolean => release[files] !== undefined && Object.values(release[files]).every((outcome) => outcome === 'boots');
  const all = (['real', 'synthetic'] as const).filter(worked).join(', ');
  return all === '' ? 'not yet' : all;
};

/** The table as Markdown. */
export function markdown(support: Support): string {
  const head = ['chip', 'board', ...RELEASES];
  const rows = Object.entries(support).map(([chip, { board, releases }]) =>
    [chip.toUpperCase(), board === null ? '–' : `\`${board}\``, ...RELEASES.map((version) => cell(releases[version]))]);
  const line = (cells: readonly string[]): string => `| ${cells.join(' | ')} |`;
  return [line(head), line(head.map(() => '---')), ...rows.map(line)].join('\n');
}
