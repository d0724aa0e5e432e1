import { createHash } from 'node:crypto';
import { performance } from 'node:perf_hooks';

import type { AuxBus } from '@nova-stack/aux-bus';
import { FirmwareFileError, firmwareKinds, firmwarePath, firmwareVersions, verifiedSource, type FirmwareSource } from '@nova-stack/firmware-files';
import { BOARDS, type Board, type BoardName } from '@nova-stack/hw-model/boards';
import { NovaCoreError, SUPPORTED_FIRMWARE, type CoreDevice, type NovaCore } from '@nova-stack/nova-core';
import { ContractError } from '@nova-stack/nova-core-api';
import { createNovaDrm } from '@nova-stack/nova-drm';
import { HEADER, type PciDevice } from '@nova-stack/pci';
import { createRandom, type Clock } from '@nova-stack/timebase';
import { formatBytes, jsonLines, timeline, type Trace, type TraceSink } from '@nova-stack/trace';
import { VfioUserError } from '@nova-stack/vfio-user/client';
import { createVgpuDriver, VgpuError } from '@nova-stack/vgpu';

import { crashReportTo } from './crash-file.ts';
import { useDrm, useVgpu, type VgpuSummary } from './clients.ts';
import { firmwareDirectory } from './firmware-dir.ts';
import { JobError } from './job-error.ts';
import { createMachine } from './machine.ts';
import type { Output } from './main.ts';
import { UsageError } from './command-line.ts';
import type { BootOptions } from './options.ts';
import { ALL_POINTS } from './points.ts';
import { Recording } from './recording.ts';
import { connectMachine } from './remote-machine.ts';
import { openLinesFile } from './output-file.ts';

/**
 * The main job: a GPU boots, two clients attach and work, a vGPU comes and goes, everything is unloaded, and the
 * same GPU boots once more.
 *
 * @returns the exit status: 0, or 1 when a step failed
 * @throws {UsageError} for options that cannot be met
 */
export async function boot(options: BootOptions, output: Output): Promise<number> {
  const traceFile = options.trace === undefined ? undefined : openLinesFile('--trace', options.trace);
  const record = options.record === undefined ? undefined : new Recording(options.record);
  const files = [traceFile, record].filter((file) => file !== undefined);
  const stop = onInterrupt(files);
  const started = performance.now();
  let place: Place | undefined;
  try {
    const sinks = [timeline(ALL_POINTS, (line) => { output.out(`${line}\n`); }), ...(traceFile ? [jsonLines((line) => { traceFile.write(line); })] : [])];
    place = await placeOf(options, sinks, record);
    const summary = await run(place, options);
    if (record?.failure !== undefined) throw new JobError(`--record: ${options.record!} ends early: ${explain(record.failure)}`);
    const took = formatMilliseconds(performance.now() - started);
    output.out(`\n${describe(place, summary)}  took          ${took}${place.virtualTime ? ` for ${formatMilliseconds(place.clock.now() / 1e6)} of virtual time` : ''}\n`);
    return 0;
  } catch (error) {
    if (error instanceof UsageError) throw error;
    output.err(`nova: ${explain(error)}\n`);
    return 1;
  } finally {
    await place?.close();
    stop();
    for (const file of files) file.close();
  }
}

/** Where the job is done: a GPU, and a driver for it. */
interface Place {
  readonly clock: Clock;
  readonly trace: Trace;
  readonly auxBus: AuxBus;
  readonly core: NovaCore;
  readonly device: PciDevice;
  readonly virtualTime: boolean;
  /** What is known of a GPU that is modelled here. */
  readonly model: { readonly vram: number; resident(): number } | undefined;
  close(): Promise<void>;
}

async function placeOf(options: BootOptions, sinks: readonly TraceSink[], record: Recording | undefined): Promise<Place> {
  const common = {
    sinks,
    ...(options.firmwareVersion !== undefined && { version: options.firmwareVersion }),
    ...(record && { tap: (clock: Clock) => record.tap(clock) }),
  };
  if (options.device !== undefined) {
    const firmware = await firmwareOf(options, undefined);
    const { remote, ...machine } = await connectMachine({ socket: options.device, postedWrites: options.postedWrites, ...common, ...(firmware && { firmware }) });
    return { ...machine, device: remote.device, virtualTime: false, model: undefined, close: () => remote.close() };
  }
  const name = options.board ?? '';
  if (!Object.hasOwn(BOARDS, name)) throw new UsageError(`unknown board "${name}"; the boards are: ${Object.keys(BOARDS).join(', ')}`);
  const board: Board = BOARDS[name as BoardName];
  const firmware = await firmwareOf(options, board.chip);
  const { clock, trace, auxBus, core, pci, gpu } = createMachine({
    board: name as BoardName, seed: options.seed, ...common, ...(firmware && { firmware }),
  });
  const [device] = pci.find({ vendor: board.pci.vendor, baseClass: 0x03 });
  if (!device) throw new JobError('there is no GPU on the bus');
  return { clock, trace, auxBus, core, device, virtualTime: true, model: { vram: board.vramSize, resident: () => gpu.residentVram() }, close: () => Promise.resolve() };
}

interface Summary {
  readonly core: CoreDevice;
  readonly memory: { readonly total: number; readonly usable: number };
  readonly vgpu: VgpuSummary | undefined;
  readonly resident: number | undefined;
}

async function run({ auxBus, trace, device, core: driver, model }: Place, options: BootOptions): Promise<Summary> {
  const random = createRandom(options.seed);
  const drm = await createNovaDrm({ bus: auxBus, onDevice: (one) => { trace.event('nova-drm.attached', { device: one.device, name: one.name }); } });
  const vgpu = await createVgpuDriver({ bus: auxBus, onManager: (one) => { trace.event('vgpu.attached', { device: one.device }); } });

  const core = await driver.probe(device);
  const keep = crashReportTo(options.crashReport, core);
  const used = await keep(async () => {
    const [graphics] = drm.devices;
    const [manager] = vgpu.managers;
    if (!graphics) throw new JobError(`nova-drm did not attach to ${device.name}`);
    await useDrm(graphics, trace, random.fork('pattern').bytes(5000));
    let opened: VgpuSummary | undefined;
    if (manager && options.vgpu !== 'none') opened = await useVgpu(manager, { device: device.readConfig(HEADER.device, 2), version: core.firmwareVersion, trace, owner: random.fork('owner').bytes(16) }, options.vgpu);
    else if (!manager && options.vgpu !== undefined && options.vgpu !== 'none') {
      throw core.withheld[0] ?? new JobError(`--vgpu ${options.vgpu}: ${options.board === undefined ? core.name : `board ${options.board}`} cannot host virtual GPUs`);
    }
    return { memory: graphics.memory(), opened };
  });
  const resident = model?.resident();
  await core.unbind();

  // What was left behind would show now.
  const again = await driver.probe(device);
  await again.unbind();
  await vgpu.unregister();
  await drm.unregister();
  const left = device.dmaInUse();
  if (left.length > 0) throw new JobError(`${left.length} DMA mappings were left: ${left.map(({ label }) => label).join(', ')}`);
  return { core, memory: used.memory, vgpu: used.opened, resident };
}

function describe({ device, model }: Place, { core, memory, vgpu, resident }: Summary): string {
  const rows: readonly (readonly [string, string])[] = [
    ['GPU', `${core.name} at ${device.name} (${model ? `${core.chip}, ${formatBytes(model.vram)}` : core.chip})`],
    ['firmware', `${core.firmwareVersion}, VBIOS ${core.vbiosVersion ?? 'without a version'}`],
    ['memory', `${formatBytes(memory.usable)} of ${formatBytes(memory.total)} for clients${resident === undefined ? '' : `; the model holds ${formatBytes(resident)}`}`],
    ['clients', core.published.join(', ')],
    ['vGPU', vgpu ? `${vgpu.type} on virtual function ${vgpu.vf}, ${formatBytes(vgpu.memory)}: opened, reset, closed` : ['none', ...core.withheld.map(({ message }) => message)].join('; ')],
    ['second boot', 'done, everything released'],
  ];
  return rows.map(([name, text]) => `  ${name.padEnd(12)}  ${text}\n`).join('');
}

/**
 * The files to boot; undefined for the synthetic pack. Where the user wants that they are checked first, or, while it is
 * not known which chip they are for, when the driver reads them.
 */
async function firmwareOf({ firmware, firmwareVersion, verify }: BootOptions, chip: string | undefined): Promise<FirmwareSource | undefined> {
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
  if (chip === undefined) return verified;
  const there = await firmwareVersions(source, chip) ?? [];
  const version = firmwareVersion ?? SUPPORTED_FIRMWARE.find((each) => there.includes(each));
  // Without one there is nothing to check: the driver will say what it misses.
  for (const kind of version === undefined ? [] : firmwareKinds(chip)) {
    await verified.read(firmwarePath({ chip, kind, version: version! })).catch((error: unknown) => {
      throw new JobError(`--verify: ${explain(error)}`);
    });
  }
  return source;
}

/** Ctrl-C ends the run, but what is written is complete up to that moment. */
function onInterrupt(files: readonly { close(): void }[]): () => void {
  const listener = (): void => {
    for (const file of files) file.close();
    process.exit(130);
  };
  process.once('SIGINT', listener);
  return () => void process.removeListener('SIGINT', listener);
}

/** One line that says what happened; a driver's error with what lies behind it. */
function explain(error: unknown): string {
  if (error instanceof ContractError) return `${error.code}: ${error.message}${error.supportId === undefined ? '' : ` (support id ${error.supportId})`}`;
  if (error instanceof NovaCoreError) return error.cause instanceof Error ? `${error.message} (${error.cause.message})` : error.message;
  if (error instanceof JobError || error instanceof FirmwareFileError || error instanceof VgpuError || error instanceof VfioUserError) return error.message;
  return error instanceof Error ? (error.stack ?? error.message) : String(error);
}

const formatMilliseconds = (value: number): string => `${value.toFixed(value < 10 ? 1 : 0)} ms`;
