import { syntheticTypeFile } from '@nova-stack/firmware-files';
import { BOARDS, type BoardName } from '@nova-stack/hw-model/boards';
import { NovaCoreError } from '@nova-stack/nova-core';
import { ContractError } from '@nova-stack/nova-core-api';
import { formatBytes, timeline } from '@nova-stack/trace';
import { VfioUserError } from '@nova-stack/vfio-user';
import { createVgpuDriver, VgpuError, type VgpuManager } from '@nova-stack/vgpu';
import { createProvisioner, type GpuType, type Provisioned, type Provisioner } from '@nova-stack/vgpu/provisioning';

import { VgpuVfioError } from '@nova-stack/vgpu-vfio';

import { openAssignmentFiles } from './assignment-files.ts';
import { JobError } from './job-error.ts';
import { createMachine, type Machine } from './machine.ts';
import type { Output } from './main.ts';
import { interrupted } from './interrupted.ts';
import { ALL_POINTS } from './points.ts';
import { serveVgpus } from './vgpu-serve.ts';
import { table } from './text-table.ts';
import { parseVgpuOptions, vgpuHelp, type VgpuOptions } from './vgpu-options.ts';

/**
 * `nova vgpu`: virtual GPUs by name. Each call is a host that starts: a modelled board boots, what the store has is assigned again, the
 * command is done, and everything goes down; the store stays.
 *
 * @param ended - ends `nova vgpu serve`; default: SIGINT or SIGTERM
 * @returns the exit status: 0, or 1 when the command was not done or a virtual GPU could not be put back
 * @throws {UsageError} for arguments that cannot be met
 */
export async function vgpu(args: readonly string[], output: Output, ended?: Promise<unknown>): Promise<number> {
  const options = parseVgpuOptions(args);
  if (options === undefined) {
    output.out(vgpuHelp());
    return 0;
  }
  try {
    return await onHost(options, output, async (provisioner, host) => {
      if (options.command === 'serve') return serveVgpus(options, { provisioner, ...host }, output, ended ?? interrupted());
      const { rows, status } = await DO[options.command](provisioner, options);
      output.out(options.json ? `${JSON.stringify(rows, (_, value: unknown) => (value instanceof Error ? value.message : value))}\n` : text(options, rows));
      return status;
    });
  } catch (error) {
    if (!KNOWN.some((kind) => error instanceof kind)) throw error;
    output.err(`nova: ${(error as Error).message}\n`);
    return 1;
  }
}

/** Errors that a user is told of in one line. */
const KNOWN = [JobError, VgpuError, VgpuVfioError, VfioUserError, ContractError, NovaCoreError] as const;

/** The host that a command runs on, while it is up. */
export type Host = Pick<Machine, 'pci' | 'clock' | 'trace'> & { readonly manager: VgpuManager };

async function onHost(options: VgpuOptions, output: Output, work: (provisioner: Provisioner, host: Host) => Promise<number>): Promise<number> {
  const store = await openAssignmentFiles(options.store);
  try {
    const shown = options.command === 'serve' && !options.quiet ? [timeline(ALL_POINTS, (line) => { output.out(`${line}\n`); })] : [];
    const machine = createMachine({ board: options.board as BoardName, sinks: shown });
    const driver = await createVgpuDriver({ bus: machine.auxBus });
    const [device] = machine.pci.find({ baseClass: 0x03 });
    const core = await machine.core.probe(device!);
    try {
      const [manager] = driver.managers;
      const obstacle = manager ? manager.obstacle : 'the board has no virtual functions';
      if (!manager || obstacle !== undefined) throw new JobError(`--board ${options.board} cannot host virtual GPUs: ${obstacle!}`);
      await manager.submitTypes(syntheticTypeFile({ device: BOARDS[options.board as BoardName].pci.device, version: core.firmwareVersion }), 'the type file of this release');
      const provisioner = await createProvisioner({ driver, store });
      await provisioner.restore();
      return await work(provisioner, { ...machine, manager });
    } finally {
      await core.unbind();
      await driver.unregister();
    }
  } finally {
    await store.close();
  }
}

interface Done {
  readonly rows: readonly (Provisioned | GpuType)[];
  readonly status: number;
}

/** What could not be put back is a failure, whatever else was asked for. */
const placed = (rows: readonly Provisioned[]): number => (rows.some(({ state }) => state === 'Unplaced') ? 1 : 0);

const DO: Readonly<Record<Exclude<VgpuOptions['command'], 'serve'>, (provisioner: Provisioner, options: VgpuOptions) => Promise<Done> | Done>> = {
  types: (provisioner) => ({ rows: provisioner.supported(), status: 0 }),
  list: (provisioner) => {
    const rows = provisioner.list();
    return { rows, status: placed(rows) };
  },
  create: async (provisioner, { word, uuid, vf }) => ({ rows: [await provisioner.create({ type: word!, ...(uuid !== undefined && { uuid }), ...(vf !== undefined && { vf }) })], status: 0 }),
  destroy: async (provisioner, { word }) => {
    await provisioner.destroy(word!);
    return { rows: provisioner.list(), status: 0 };
  },
};

/** Columns of a command's table: heading, and what stands there. */
const TYPE_COLUMNS: readonly (readonly [string, (type: GpuType) => string])[] = [
  ['TYPE', ({ name }) => name], ['ID', ({ typeId }) => String(typeId)], ['MEMORY', ({ guestMemory }) => formatBytes(guestMemory)],
  ['HEADS', ({ heads, maxX, maxY }) => `${heads} x ${maxX}x${maxY}`], ['MOST', ({ maxInstances }) => String(maxInstances)], ['CREATABLE', ({ creatable }) => String(creatable)],
];
const VGPU_COLUMNS: readonly (readonly [string, (one: Provisioned) => string])[] = [
  ['UUID', ({ uuid }) => uuid], ['GPU', ({ gpu }) => gpu], ['VF', ({ vf }) => String(vf ?? '-')], ['TYPE', ({ type }) => type],
  ['STATE', ({ state, problem }) => (problem ? `${state}: ${problem.message}` : state)],
];

function text({ command }: VgpuOptions, rows: Done['rows']): string {
  return command === 'types' ? table(TYPE_COLUMNS, rows as readonly GpuType[]) : table(VGPU_COLUMNS, rows as readonly Provisioned[]);
}
