import { NV_PBUS_SW_SCRATCH_0E_FRTS_ERR } from '@nova-stack/gpu-regs';

import { present, report, type Device } from './device.ts';
import { hex, NovaCoreError, type Step } from './errors.ts';
import type { Falcon } from './falcon.ts';
import type { FbRegion } from './fb-layout.ts';
import { BOOTLOADER_CONTEXT, bootloaderUcode, mirrored, type FwsecBootloader } from './fwsec-bootloader.ts';
import { read } from './mmio.ts';
import { fuseVersion, fwsecSignatureIndex } from './signature.ts';
import { stageUcode } from './ucode-image.ts';
import { findCommandSlots, writeCommand, type FwsecCommandName } from './vbios/application.ts';
import type { UcodeDescriptor } from './vbios/descriptor.ts';
import { VbiosError } from './vbios/error.ts';
import { readWpr2 } from './wpr2.ts';

/** The security firmware, ready for any command. */
export interface Fwsec {
  readonly descriptor: UcodeDescriptor;
  /** How it gets into the falcon and past its checks. */
  readonly way:
    /** Fetched by DMA, with one of its signatures put in. `index` is of the chosen one. */
    | { readonly signing: NonNullable<UcodeDescriptor['signing']>; readonly index: number }
    /** Fetched by a program that runs on the falcon; it is signed already. */
    | { readonly bootloader: FwsecBootloader };
}

/**
 * Chooses the signature that the board's fuses ask for, or the bootloader where there is nothing to sign.
 *
 * @param bootloader - of the chip's firmware files; undefined where the chip has none
 * @throws {@link NovaCoreError} `SIGNATURE`, or `NOT_SUPPORTED` for ucode that the chip's falcons do not load
 */
export function prepareFwsec(device: Device, descriptor: UcodeDescriptor, bootloader: FwsecBootloader | undefined): Fwsec {
  const { signing } = descriptor;
  if ((signing === undefined) !== (bootloader !== undefined)) {
    throw new NovaCoreError('NOT_SUPPORTED', 'vbios', `ucode of descriptor version ${descriptor.version} needs ${bootloader ? 'a boot ROM' : 'a bootloader'}, which this chip has not`);
  }
  if (bootloader !== undefined) return { descriptor, way: { bootloader } };
  const fuse = fuseVersion(device, 'vbios', signing!.engineMask, signing!.ucodeId);
  return { descriptor, way: { signing: signing!, index: fwsecSignatureIndex('vbios', fuse, signing!.versions, signing!.signatures.length) } };
}

/** A copy of the ucode with signature and command in place. */
function patched(fwsec: Fwsec, command: FwsecCommandName, frts: FbRegion | undefined): Uint8Array {
  const { descriptor, way } = fwsec;
  const ucode = descriptor.ucode.slice();
  const { source, length } = descriptor.dmem;
  const dmem = ucode.subarray(source, source + length);
  const slots = findCommandSlots(dmem, descriptor.interfaceOffset);
  if (command === 'frts' && frts !== undefined) writeCommand(dmem, slots, 'frts', frts);
  else writeCommand(dmem, slots, 'sb');
  if ('signing' in way) dmem.set(way.signing.signatures[way.index]!, way.signing.signatureOffset);
  return ucode;
}

/** Index of the signature in use; 0 where there is one only. */
const signatureOf = ({ way }: Fwsec): number => ('signing' in way ? way.index : 0);

/** Loads the security firmware into the GSP's falcon, runs one command and checks that it reports success. */
async function runFwsec(device: Device, gsp: Falcon, step: Step, fwsec: Fwsec, command: FwsecCommandName, frts?: FbRegion): Promise<void> {
  const { descriptor, way } = fwsec;
  const name = `FWSEC ${command}`;
  const { bytes, padding } = 'bootloader' in way ? mirrored(descriptor, patched(fwsec, command, frts)) : { bytes: patched(fwsec, command, frts), padding: 0 };
  const image = stageUcode(device.pci, bytes, name);
  try {
    await gsp.reset(step);
    if ('bootloader' in way) {
      await gsp.load(step, bootloaderUcode(way.bootloader, descriptor, name, { address: image.address, padding }));
      gsp.openContext(BOOTLOADER_CONTEXT);
    } else {
      const { signatureOffset, engineMask, ucodeId } = way.signing;
      await gsp.load(step, { name, image, imem: descriptor.secureImem, dmem: descriptor.dmem, bootVector: 0, brom: { signatureOffset, engineMask, ucodeId } });
    }
    const { mailbox0 } = await gsp.run(step, { mailbox0: 0, mailbox1: 0 });
    present(device, step);
    if (mailbox0 !== 0) {
      throw new NovaCoreError('FALCON_FAILED', step, `FWSEC ${command} ends with mailbox ${hex(mailbox0)}`, { detail: { mailbox0 } });
    }
  } finally {
    image.free();
  }
}

/** @throws {@link NovaCoreError} `WPR2_BUSY` when an earlier owner of the GPU did not leave cleanly. */
export function requireNoWpr2(device: Device): void {
  const step = 'fwsec-frts';
  const found = readWpr2(device);
  present(device, step);
  if (found === undefined) return;
  throw new NovaCoreError('WPR2_BUSY', step, `WPR2 is set already, ${hex(found.start)}..${hex(found.start + found.size)}`, { detail: { ...found } });
}

/**
 * Has FWSEC set up the run-time services region and protect it as the start of WPR2.
 * Source: linux: drivers/gpu/nova-core/gsp/boot.rs (run_fwsec_frts).
 *
 * @throws {@link NovaCoreError} `FALCON_FAILED` when FWSEC reports an error, `WPR2_MISMATCH` when the region is not
 *   where it was asked for.
 */
export async function runFrts(device: Device, gsp: Falcon, fwsec: Fwsec, frts: FbRegion): Promise<void> {
  const step = 'fwsec-frts';
  await runFwsec(device, gsp, step, fwsec, 'frts', frts);
  const error = read(device.bar0, NV_PBUS_SW_SCRATCH_0E_FRTS_ERR).frtsError;
  if (error !== 0) throw new NovaCoreError('FALCON_FAILED', step, `FWSEC frts reports error ${hex(error)}`, { detail: { error } });
  const after = readWpr2(device);
  present(device, step);
  if (after === undefined) throw new NovaCoreError('WPR2_MISMATCH', step, 'FWSEC frts left WPR2 unset');
  if (after.start !== frts.start) {
    throw new NovaCoreError('WPR2_MISMATCH', step, `WPR2 starts at ${hex(after.start)}, not at ${hex(frts.start)}`, { detail: { ...after } });
  }
  report(device.trace, 'nova-core.fwsec.done', { command: 'frts', signature: signatureOf(fwsec) });
  report(device.trace, 'nova-core.wpr2.set', { start: after.start, end: after.start + after.size });
}

/** Brings the GSP back into the state before its firmware ran. The firmware was unloaded before. */
export async function runSb(device: Device, gsp: Falcon, fwsec: Fwsec): Promise<void> {
  await runFwsec(device, gsp, 'fwsec-sb', fwsec, 'sb');
  report(device.trace, 'nova-core.fwsec.done', { command: 'sb', signature: signatureOf(fwsec) });
}

/** Turns what the VBIOS reader throws into this package's error. */
export function vbiosFailure(cause: unknown): unknown {
  if (!(cause instanceof VbiosError)) return cause;
  return new NovaCoreError('VBIOS', 'vbios', cause.message, { cause, detail: { field: cause.field, offset: cause.offset } });
}
