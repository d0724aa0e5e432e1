import { createHash } from 'node:crypto';
import { performance } from 'node:perf_hooks';

import { FirmwareFileError, firmwareKinds, firmwarePath, firmwareVersions, verifiedSource, type FirmwareSource } from '@nova-stack/firmware-files';
import { BOARDS, type Board, type BoardName } from '@nova-stack/hw-model/boards';
import { NovaCoreError, SUPPORTED_FIRMWARE, type CoreDevice } from '@nova-stack/nova-core';
import { ContractError } from '@nova-stack/nova-core-api';
import { createNovaDrm } from '@nova-stack/nova-drm';
import type { PciDevice } from '@nova-stack/pci';
import { formatBytes, jsonLines, timeline } from '@nova-stack/trace';
import { createVgpuDriver, VgpuError } from '@nova-stack/vgpu';

import { useDrm, useVgpu, type VgpuSummary } from './clients.ts';
import { firmwareDirectory } from './firmware-dir.ts';
import { JobError } from './job-error.ts';
import { createMachine, type Machine } from './machine.ts';
import type { Output } from './main.ts';
import { UsageError, type BootOptions } from './options.ts';
import { ALL_POINTS } from './points.ts';
import { openTraceFile, type TraceFile } from './trace-file.ts';

/**
 * The main job: a GPU boots, two clients attach and work, a vGPU comes and goes, everything is unloaded, and the
 * same GPU boots once more.
 *
 * @returns the exit status: 0, or 1 when a step failed
 * @throws {UsageError} for options that cannot be met
 */
export async function boot(options: BootOptions, output: Output): Promise<number> {
  const board = boardNamed(options.board);
  const traceFile = options.trace === undefined ? undefined : openTraceFile(options.trace);
  const stop = onInterrupt(traceFile);
  const started = performance.now();
  try {
    const firmware = await firmwareOf(options, board);
    const machine = createMachine({
      board: options.board as BoardName,
      seed: options.seed,
      ...(firmware && { firmware }),
      ...(options.firmwareVersion !== undefined && { version: options.firmwareVersion }),
      sinks: [timeline(ALL_POINTS, (line) => { output.out(`${line}\n`); }), ...(traceFile ? [jsonLines((line) => { traceFile.write(line); })] : [])],
    });
    const summary = await run(machine, board, options);
    output.out(`\n${describe(summary)}  took          ${formatMilliseconds(performance.now() - started)} for ${formatMilliseconds(machine.clock.now() / 1e6)} of virtual time\n`);
    return 0;
  } catch (error) {
    if (error instanceof UsageError) throw error;
    output.err(`nova: ${explain(error)}\n`);
    return 1;
  } finally {
    stop();
    traceFile?.close();
  }
}

interface Summary {
  readonly device: PciDevice;
  readonly board: Board;
  readonly core: CoreDevice;
  readonly memory: { readonly total: number; readonly usable: number };
  readonly vgpu: VgpuSummary | undefined;
  readonly resident: number;
}

async function run(machine: Machine, board: Board, options: BootOptions): Promise<Summary> {
  const { auxBus, trace } = machine;
  const [device] = machine.pci.find({ vendor: board.pci.vendor, baseClass: 0x03 });
  if (!device) throw new JobError('there is no GPU on the bus');
  const drm = await createNovaDrm({ bus: auxBus, onDevice: (one) => { trace.event('nova-drm.attached', { device: one.device, name: one.name }); } });
  const vgpu = await createVgpuDriver({ bus: auxBus, onManager: (one) => { trace.event('vgpu.attached', { device: one.device }); } });

  const core = await machine.core.probe(device);
  const [graphics] = drm.devices;
  const [manager] = vgpu.managers;
  if (!graphics) throw new JobError(`nova-drm did not attach to ${device.name}`);
  await useDrm(graphics, trace, machine.clock.random.fork('pattern').bytes(5000));
  let opened: VgpuSummary | undefined;
  if (manager && options.vgpu !== 'none') opened = await useVgpu(manager, { device: board.pci.device, version: core.firmwareVersion, trace, owner: machine.clock.random.fork('owner').bytes(16) }, options.vgpu);
  else if (!manager && options.vgpu !== undefined && options.vgpu !== 'none') {
    throw core.withheld[0] ?? new JobError(`--vgpu ${options.vgpu}: board ${options.board} cannot host virtual GPUs`);
  }
  const memory = graphics.memory();
  const resident = machine.gpu.residentVram();
  await core.unbind();

  // What was left behind would show now.
  const again = await machine.core.probe(device);
  await again.unbind();
  await vgpu.unregister();
  await drm.unregister();
  const left = device.dmaInUse();
  if (left.length > 0) throw new JobError(`${left.length} DMA mappings were left: ${left.map(({ label }) => label).join(', ')}`);
  return { device, board, core, memory, vgpu: opened, resident };
}

function describe({ device, board, core, memory, vgpu, resident }: Summary): string {
  const rows: readonly (readonly [string, string])[] = [
    ['GPU', `${core.name} at ${device.name} (${core.chip}, ${formatBytes(board.vramSize)})`],
    ['firmware', `${core.firmwareVersion}, VBIOS ${core.vbiosVersion ?? 'without a version'}`],
    ['memory', `${formatBytes(memory.usable)} of ${formatBytes(memory.total)} for clients; the model holds ${formatBytes(resident)}`],
    ['clients', core.published.join(', ')],
    ['vGPU', vgpu ? `${vgpu.type} on virtual function ${vgpu.vf}, ${formatBytes(vgpu.memory)}: opened, reset, closed` : ['none', ...core.withheld.map(({ message }) => message)].join('; ')],
    ['second boot', 'done, everything released'],
  ];
  return rows.map(([name, text]) => `  ${name.padEnd(12)}  ${text}\n`).join('');
}

function boardNamed(name: string): Board {
  if (!Object.hasOwn(BOARDS, name)) throw new UsageError(`unknown board "${name}"; the boards are: ${Object.keys(BOARDS).join(', ')}`);
  return BOARDS[name as BoardName];
}

/** The files to boot, checked first where the user wants that; undefined for the synthetic pack. */
async function firmwareOf({ firmware, firmwareVersion, verify }: BootOptions, board: Board): Promise<FirmwareSource | undefined> {
  if (firmwareVersion !== undefined && !SUPPORTED_FIRMWARE.includes(firmwareVersion)) {
    throw new UsageError(`--firmware-version: the driver does not speak "${firmwareVersion}"; it speaks ${SUPPORTED_FIRMWARE.join(', ')}`);
  }
  if (firmware === undefined) {
    if (verify) throw new UsageError('--verify checks the files of --firmware DIR; the synthetic pack is no release');
    return undefined;
  }
  const source = await firmwareDirectory(firmware);
  if (!verify) return source;
  const verified = verifiedSource(source, (bytes) => createHash('sha256').update(bytes).digest('hex'));
  const there = await firmwareVersions(source, board.chip) ?? [];
  const version = firmwareVersion ?? SUPPORTED_FIRMWARE.find((each) => there.includes(each));
  // Without one there is nothing to check: the driver will say what it misses.
  for (const kind of version === undefined ? [] : firmwareKinds(board.chip)) {
    await verified.read(firmwarePath({ chip: board.chip, kind, version: version! })).catch((error: unknown) => {
      throw new JobError(`--verify: ${explain(error)}`);
    });
  }
  return source;
}

/** Ctrl-C ends the run, but the trace is complete up to that moment. */
function onInterrupt(traceFile: TraceFile | undefined): () => void {
  const listener = (): void => {
    traceFile?.close();
    process.exit(130);
  };
  process.once('SIGINT', listener);
  return () => void process.removeListener('SIGINT', listener);
}

/** One line that says what happened; a driver's error with what lies behind it. */
function explain(error: unknown): string {
  if (error instanceof ContractError) return `${error.code}: ${error.message}${error.supportId === undefined ? '' : ` (support id ${error.supportId})`}`;
  if (error instanceof NovaCoreError) return error.cause instanceof Error ? `${error.message} (${error.cause.message})` : error.message;
  if (error instanceof JobError || error instanceof FirmwareFileError || error instanceof VgpuError) return error.message;
  return error instanceof Error ? (error.stack ?? error.message) : String(error);
}

const formatMilliseconds = (value: number): string => `${value.toFixed(value < 10 ? 1 : 0)} ms`;
