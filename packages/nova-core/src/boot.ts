import type { ReleaseStack } from '@nova-stack/aux-bus';
import { NV_PDISP_VGA_WORKSPACE_BASE } from '@nova-stack/gpu-regs';
import type { DmaBuffer } from '@nova-stack/pci';

import type { DriverEnd } from '@nova-stack/gsp-rpc';
import { prepareBooter, runBooterLoad, type Booter } from './booter.ts';
import type { Chip } from './chip.ts';
import { MS, present, report, S, until, type Device } from './device.ts';
import { Falcon } from './falcon.ts';
import { fbLayout, type FbLayout } from './fb-layout.ts';
import { loadFirmwareFiles, type FirmwareChoice, type FirmwareFiles } from './firmware-files.ts';
import { isAbsent } from './firmware/absent.ts';
import type { FirmwareAbi, StaticInfo } from './firmware/abi.ts';
import { prepareFwsec, requireNoWpr2, runFrts, vbiosFailure } from './fwsec.ts';
import type { GspClient } from './gsp/client.ts';
import { inquire, introduceItself } from './introduce.ts';
import { read } from './mmio.ts';
import type { PowerBundle } from './suspend.ts';
import { runSequence } from './sequencer.ts';
import { KiB } from './sizes.ts';
import { stageFirmware } from './stage-firmware.ts';
import { hostableVfs } from './system-facts.ts';
import { takeDown, type UnloadBundle } from './take-down.ts';
import { promOf } from './vbios/rom.ts';
import { readVbios, type Vbios } from './vbios/vbios.ts';
import { readVramSize } from './vram-size.ts';
import { readWpr2 } from './wpr2.ts';

/** A GPU whose firmware runs and answers. */
export interface Running {
  readonly chip: Chip;
  /** `95.02.44.00.07`, or undefined where the VBIOS does not say. */
  readonly vbiosVersion: string | undefined;
  readonly layout: FbLayout;
  readonly abi: FirmwareAbi;
  readonly gsp: GspClient;
  readonly info: StaticInfo;
  /** The processor that the firmware runs on. */
  readonly core: Falcon;
  /** The queues, for whoever reports on them. */
  readonly end: Pick<DriverEnd, 'pointers' | 'sent' | 'received'>;
  /** What it takes to put the firmware aside and take it up again; undefined where this driver cannot. */
  readonly power: PowerBundle | undefined;
  /** Logs of the firmware's operating system, as it writes them. */
  readonly logs: readonly { readonly name: string; readonly buffer: DmaBuffer }[];
}

const RISCV_ACTIVE = { bound: 5 * S, every: 10 * MS } as const;

function readVbiosOf(device: Device): Vbios {
  let vbios: Vbios;
  try {
    vbios = readVbios(promOf(device.bar0));
  } catch (cause) {
    present(device, 'vbios');
    throw vbiosFailure(cause);
  }
  report(device.trace, 'nova-core.vbios.read', {
    version: vbios.version ?? 'unknown', images: vbios.images.length, descriptor: vbios.fwsec.version,
    signatures: vbios.fwsec.signing?.signatures.length ?? 0,
  });
  return vbios;
}

function layOut(device: Device, family: Chip['family'], files: FirmwareFiles): FbLayout {
  const { bar0, pci } = device;
  const { displayFuse, frtsSize } = family;
  const vramSize = readVramSize(device, family);
  const displayDisabled = displayFuse === undefined || read(bar0, displayFuse).disabled === 1;
  const vga = displayDisabled ? undefined : read(bar0, NV_PDISP_VGA_WORKSPACE_BASE);
  present(device, 'fb-layout');
  const layout = fbLayout({
    vramSize,
    vgaWorkspace: vga?.valid === 1 ? vga.address * 64 * KiB : undefined,
    frtsSize,
    bootloaderSize: files.bootloader.data.length,
    imageSize: files.image.length,
    heap: files.abi.boot.heap[family.libos],
    // A firmware that is not to host any is not told of virtual functions.
    vfs: isAbsent(files.abi.vgpu) ? 0 : hostableVfs(pci),
  });
  report(device.trace, 'nova-core.fb.laid-out', {
    size: vramSize, wpr2: layout.wpr2.start, heap: layout.heap.size, image: layout.image.start, frts: layout.frts.start,
  });
  return layout;
}

/** Loads the firmware into WPR2 and starts it. */
async function start(device: Device, bundle: UnloadBundle, files: FirmwareFiles, layout: FbLayout, booterLoad: Booter, libos: number, wprMeta: number): Promise<void> {
  const { gsp, sec2, fwsec } = bundle;
  // Where there is no region for run-time services, booter alone makes WPR2.
  if (layout.frts.size > 0) await runFrts(device, gsp, fwsec, layout.frts);
  await gsp.reset('gsp-reset');
  // Nothing is loaded: the core halts at once and the mailboxes stay for the firmware to read.
  await gsp.run('gsp-reset', { mailbox0: libos % 2 ** 32, mailbox1: Math.floor(libos / 2 ** 32) });
  await runBooterLoad(device, sec2, booterLoad, wprMeta);
  const wpr2 = readWpr2(device);
  if (wpr2 !== undefined) report(device.trace, 'nova-core.wpr2.set', { start: wpr2.start, end: wpr2.start + wpr2.size });
  gsp.setApplicationVersion(files.bootloader.applicationVersion);
  await until(device, 'riscv', 'start of the RISC-V core', RISCV_ACTIVE, () => gsp.riscvActive);
  report(device.trace, 'nova-core.riscv.active');
}

/**
 * Boots the GSP's firmware on a chip that starts it through FWSEC and booter.
 *
 * @param held - takes everything that lives as long as the firmware, in the order of acquiring it
 * @throws {@link NovaCoreError}; what was put on `held` is the caller's to release
 */
export async function bootGsp(device: Device, chip: Chip, firmware: FirmwareChoice, held: ReleaseStack): Promise<Running> {
  const { pci } = device;
  const gsp = new Falcon(device, 'gsp', chip.family);
  const sec2 = new Falcon(device, 'sec2', chip.family);
  gsp.clearSoftwareInterrupt();

  const files = await loadFirmwareFiles(device, firmware, chip);
  const layout = layOut(device, chip.family, files);
  const vbios = readVbiosOf(device);
  const fwsec = prepareFwsec(device, vbios.fwsec, files.falconBootloader);
  const booterLoad = prepareBooter(device, 'load', files.booterLoad, chip.family);
  const booterUnload = prepareBooter(device, 'unload', files.booterUnload, chip.family);

  const staged = stageFirmware(device, files, layout, held);
  const { client, libos } = staged;

  requireNoWpr2(device);
  // From here on the GPU may write to what it was given; it must have lost that ability before any of it is freed.
  held.defer('DMA of the GPU', () => pci.setBusMaster(false));
  const bundle: UnloadBundle = { gsp, sec2, client, fwsec, booterUnload };
  held.defer('GSP firmware', () => takeDown(device, bundle));

  await start(device, bundle, files, layout, booterLoad, libos.argumentsAddress, staged.wprMeta);
  await introduceItself(device, chip, client, layout.vfs);
  const { events } = files.abi.messages;
  const commands = await client.expect('sequencer', events.sequencer);
  await runSequence(device, { gsp, sec2, libosArguments: libos.argumentsAddress, applicationVersion: files.bootloader.applicationVersion }, commands);
  await client.expect('init-done', events.initDone);
  report(device.trace, 'nova-core.init.done');
  await staged.temporary.release();
  const info = await inquire(device, client, files);
  const power: PowerBundle = {
    ...bundle, booterLoad, layout, libosArguments: libos.argumentsAddress, rmArguments: libos.rmArguments, queues: staged.end.arguments,
    applicationVersion: files.bootloader.applicationVersion,
  };
  return { chip, vbiosVersion: vbios.version, layout, abi: files.abi, gsp: client, core: gsp, end: staged.end, info, power, logs: libos.logs };
}
