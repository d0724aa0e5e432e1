import type { ReleaseStack } from '@nova-stack/aux-bus';
import { NVDM_TYPES } from '@nova-stack/gpu-regs';

import type { Running } from '../boot.ts';
import type { Chip } from '../chip.ts';
import { MS, present, report, S, until, type Device } from '../device.ts';
import { hex, NovaCoreError } from '../errors.ts';
import { Falcon } from '../falcon.ts';
import { loadFspFirmware, type FirmwareChoice } from '../firmware-files.ts';
import { isAbsent } from '../firmware/absent.ts';
import { inquire, introduceItself } from '../introduce.ts';
import { stageFirmware, type StagedFirmware } from '../stage-firmware.ts';
import { hostableVfs } from '../system-facts.ts';
import { stopFirmware } from '../take-down.ts';
import { readWpr2 } from '../wpr2.ts';
import { Fsp } from './fsp.ts';
import { fbSizes } from './layout.ts';
import { cotPayload, VGPU_MODE_REQUEST, vgpuMode } from './messages.ts';

const RELEASED = { bound: 30 * S, every: 10 * MS } as const;
const ACTIVE = { bound: 5 * S, every: 10 * MS } as const;
const HALTED = { bound: 5 * S, every: 10 * MS } as const;

/**
 * Boots the GSP's firmware on a chip whose FSP does it: the driver shows the FSP where the GSP-FMC lies and what proves that it is NVIDIA's, and
 * waits until the GSP is let go.
 * Source: linux: drivers/gpu/nova-core/fsp.rs, gsp/hal/gh100.rs
 *
 * @param held - takes everything that lives as long as the firmware, in the order of acquiring it
 * @throws {@link NovaCoreError}; what was put on `held` is the caller's to release
 */
export async function bootByFsp(device: Device, chip: Chip, firmware: FirmwareChoice, held: ReleaseStack): Promise<Running> {
  const { family } = chip;
  const chainOfTrust = family.chainOfTrust!;
  const gsp = new Falcon(device, 'gsp', family);
  const fsp = new Fsp(device);
  gsp.clearSoftwareInterrupt();

  const files = await loadFspFirmware(device, firmware, chip);
  const { boot, vgpu } = files.abi;
  // A firmware that is not to host any is not told of virtual functions.
  const vfs = !chainOfTrust.vgpuMode || isAbsent(vgpu) ? 0 : await configuredVfs(device, fsp);
  const { layout, frtsOffset } = fbSizes(device, family, boot.fspHeap, vfs);
  present(device, 'fb-layout');
  report(device.trace, 'nova-core.fb.sized', { heap: layout.heap.size, frts: frtsOffset });

  const staged = stageFirmware(device, files, layout, held);
  const image = staged.lend(files.fmc.image, 'GSP-FMC');
  const parameters = staged.lend(boot.fmcBootParams({ wprMeta: staged.wprMeta, libosArguments: staged.libos.argumentsAddress }), 'GSP-FMC parameters');

  // From here on the GPU may write to what it was given; it must have lost that ability before any of it is freed.
  held.defer('DMA of the GPU', () => device.pci.setBusMaster(false));
  held.defer('GSP firmware', () => takeDown(device, gsp, staged));
  await fsp.call('chain-of-trust', NVDM_TYPES.chainOfTrust, cotPayload(chainOfTrust, {
    ...files.fmc, image: image.address, bootParams: parameters.address, frts: { offset: frtsOffset, size: layout.frts.size },
  }));
  report(device.trace, 'nova-core.fsp.trusted');
  await letGo(device, gsp, parameters.address);
  const wpr2 = readWpr2(device);
  if (wpr2 !== undefined) report(device.trace, 'nova-core.wpr2.set', { start: wpr2.start, end: wpr2.start + wpr2.size });
  gsp.setApplicationVersion(files.bootloader.applicationVersion);
  await until(device, 'riscv', 'start of the RISC-V core', ACTIVE, () => gsp.riscvActive);
  report(device.trace, 'nova-core.riscv.active');

  const { client, libos } = staged;
  await introduceItself(device, chip, client, layout.vfs);
  await client.expect('init-done', files.abi.messages.events.initDone);
  report(device.trace, 'nova-core.init.done');
  await staged.temporary.release();
  const info = await inquire(device, client, files);
  return { chip, vbiosVersion: undefined, layout, abi: files.abi, gsp: client, core: gsp, end: staged.end, info, power: undefined, logs: libos.logs };
}

/** Virtual functions that the board is configured to host. */
async function configuredVfs(device: Device, fsp: Fsp): Promise<number> {
  const possible = hostableVfs(device.pci);
  if (possible === 0) return 0;
  const enabled = vgpuMode('vgpu-mode', await fsp.call('vgpu-mode', NVDM_TYPES.prc, VGPU_MODE_REQUEST));
  report(device.trace, 'nova-core.fsp.vgpu-mode', { enabled });
  return enabled ? possible : 0;
}

/**
 * Waits until the GSP-FMC has let go of the GSP. Until it has read its parameters their address stands in the mailboxes; anything else that does is an
 * error of its own.
 *
 * @throws {@link NovaCoreError} `FALCON_FAILED`, `TIMEOUT`, `DEVICE_LOST`
 */
async function letGo(device: Device, gsp: Falcon, parameters: number): Promise<void> {
  let error = 0;
  await until(device, 'lockdown', 'release of the GSP', RELEASED, () => {
    // While the engine is masked, what reads answer means nothing.
    if (gsp.masked) return false;
    const { mailbox0, mailbox1 } = gsp.mailboxes;
    error = mailbox0 !== 0 && mailbox0 + mailbox1 * 2 ** 32 !== parameters ? mailbox0 : 0;
    return error !== 0 || (mailbox0 === 0 && !gsp.lockedDown);
  });
  if (error !== 0) throw new NovaCoreError('FALCON_FAILED', 'lockdown', `the GSP-FMC ends with mailbox ${hex(error)}`, { detail: { mailbox0: error } });
  report(device.trace, 'nova-core.fsp.released');
}

/** Takes the firmware down; the GSP gives WPR2 up itself, and halts when that is done. */
async function takeDown(device: Device, gsp: Falcon, { client }: StagedFirmware): Promise<void> {
  await stopFirmware(device, { gsp, client }, [
    () => until(device, 'gsp-halt', 'halt of the GSP', HALTED, () => !gsp.masked && gsp.riscvHalted),
    async () => {
      const left = readWpr2(device);
      present(device, 'gsp-halt');
      if (left === undefined) report(device.trace, 'nova-core.wpr2.cleared');
      else throw new NovaCoreError('WPR2_MISMATCH', 'gsp-halt', `WPR2 is still set, ${hex(left.start)}..${hex(left.start + left.size)}`, { detail: { ...left } });
      await Promise.resolve();
    },
  ]);
}
