import type { Family } from '@nova-stack/gpu-regs';

import { present, report, type Device } from './device.ts';
import { hex, NovaCoreError, type Step } from './errors.ts';
import type { Falcon } from './falcon.ts';
import { booterSignatureIndex, fuseVersion } from './signature.ts';
import { stageUcode } from './ucode-image.ts';
import type { UcodeSection } from './vbios/descriptor.ts';
import { readWpr2 } from './wpr2.ts';

/** A booter as its file describes it; offsets and sizes in bytes of `data`. */
export interface BooterFile {
  readonly data: Uint8Array;
  /** Code before the secure part; only where ports are written. */
  readonly nonSecureImem?: UcodeSection;
  readonly imem: UcodeSection;
  readonly dmem: UcodeSection;
  readonly bootVector: number;
  /** Where the chosen signature goes in `data`. */
  readonly signatureLocation: number;
  readonly signatures: readonly Uint8Array[];
  readonly fuseVersion: number;
  readonly engineMask: number;
  readonly ucodeId: number;
}

/** A booter with the right signature in place. */
export interface Booter {
  readonly name: 'load' | 'unload';
  readonly file: BooterFile;
  readonly bytes: Uint8Array;
}

/** @throws {@link NovaCoreError} `SIGNATURE` when no signature of the file fits the fuses. */
export function prepareBooter(device: Device, name: Booter['name'], file: BooterFile, family: Family): Booter {
  const step: Step = name === 'load' ? 'booter-load' : 'booter-unload';
  // Without a boot ROM there are no fuses for versions.
  const fuse = family.falcon === 'ga102' ? fuseVersion(device, step, file.engineMask, file.ucodeId) : 0;
  const index = booterSignatureIndex(step, fuse, file.fuseVersion, file.signatures.length);
  const bytes = file.data.slice();
  bytes.set(file.signatures[index]!, file.signatureLocation);
  return { name, file, bytes };
}

async function runBooter(device: Device, sec2: Falcon, step: Step, { name, file, bytes }: Booter, mailbox: { readonly low: number; readonly high: number }): Promise<void> {
  const image = stageUcode(device.pci, bytes, `booter ${name}`);
  try {
    await sec2.reset(step);
    await sec2.load(step, {
      name: `booter ${name}`,
      image,
      nonSecureImem: file.nonSecureImem,
      imem: file.imem,
      dmem: file.dmem,
      bootVector: file.bootVector,
      brom: { signatureOffset: file.signatureLocation - file.dmem.source, engineMask: file.engineMask, ucodeId: file.ucodeId },
    });
    const { mailbox0 } = await sec2.run(step, { mailbox0: mailbox.low, mailbox1: mailbox.high });
    present(device, step);
    if (mailbox0 !== 0) {
      throw new NovaCoreError('FALCON_FAILED', step, `booter ${name} ends with mailbox ${hex(mailbox0)}`, { detail: { mailbox0 } });
    }
  } finally {
    image.free();
  }
  report(device.trace, 'nova-core.booter.done', { which: name });
}

/**
 * Has SEC2 copy the firmware into WPR2 and start the GSP's RISC-V core.
 *
 * @param wprMeta - bus address of the WPR metadata, or of what says where WPR2 was kept
 */
export async function runBooterLoad(device: Device, sec2: Falcon, booter: Booter, wprMeta: number): Promise<void> {
  await runBooter(device, sec2, 'booter-load', booter, { low: wprMeta % 2 ** 32, high: Math.floor(wprMeta / 2 ** 32) });
}

/** What booter unload wants in both mailboxes when nothing is to be kept. */
const NO_STATE = 0xff;

/**
 * Has SEC2 give WPR2 up. Does nothing where it is not set.
 * Source: linux: drivers/gpu/nova-core/gsp/boot.rs, drivers/gpu/drm/nouveau/nvkm/subdev/gsp/tu102.c.
 *
 * @param srMeta - bus address of what says where WPR2 is kept; without it what was in there is gone
 * @throws {@link NovaCoreError} `WPR2_MISMATCH` when it is still there afterwards.
 */
export async function runBooterUnload(device: Device, sec2: Falcon, booter: Booter, srMeta?: number): Promise<void> {
  const step = 'booter-unload';
  if (readWpr2(device) === undefined) return;
  await runBooter(device, sec2, step, booter, srMeta === undefined ? { low: NO_STATE, high: NO_STATE } : { low: srMeta % 2 ** 32, high: Math.floor(srMeta / 2 ** 32) });
  const left = readWpr2(device);
  present(device, step);
  if (left !== undefined) {
    throw new NovaCoreError('WPR2_MISMATCH', step, `WPR2 is still set, ${hex(left.start)}..${hex(left.start + left.size)}`, { detail: { ...left } });
  }
  report(device.trace, 'nova-core.wpr2.cleared');
}
