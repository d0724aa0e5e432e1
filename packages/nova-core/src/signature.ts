import {
  at, BROM_ENGINES, NV_FUSE_OPT_FPF_GSP_UCODE1_VERSION, NV_FUSE_OPT_FPF_NVDEC_UCODE1_VERSION, NV_FUSE_OPT_FPF_SEC2_UCODE1_VERSION,
} from '@nova-stack/gpu-regs';

import type { Device } from './device.ts';
import { NovaCoreError, type Step } from './errors.ts';
import { read } from './mmio.ts';

/** Fuses by the engine bit of a ucode's mask. */
const FUSES = [
  { engine: BROM_ENGINES.gsp, versions: NV_FUSE_OPT_FPF_GSP_UCODE1_VERSION },
  { engine: BROM_ENGINES.nvdec, versions: NV_FUSE_OPT_FPF_NVDEC_UCODE1_VERSION },
  { engine: BROM_ENGINES.sec2, versions: NV_FUSE_OPT_FPF_SEC2_UCODE1_VERSION },
] as const;

/** Highest set bit, counted from 1; 0 for 0. */
function fls(value: number): number {
  return 32 - Math.clz32(value);
}

/**
 * Version of a ucode that the board's fuses still allow, 0 to 16.
 * Source: linux: drivers/gpu/nova-core/falcon/hal/ga102.rs (signature_reg_fuse_version).
 *
 * @throws {@link NovaCoreError} `SIGNATURE` when no fuse is known for the engine or the ucode id.
 */
export function fuseVersion({ bar0 }: Pick<Device, 'bar0'>, step: Step, engineMask: number, ucodeId: number): number {
  const fuse = FUSES.find(({ engine }) => (engineMask & engine) !== 0);
  if (fuse === undefined || ucodeId < 1 || ucodeId > fuse.versions.count) {
    throw new NovaCoreError('SIGNATURE', step, `no fuse tells the version of ucode ${ucodeId} for engines 0x${engineMask.toString(16)}`, { detail: { engineMask, ucodeId } });
  }
  return fls(read(bar0, at(fuse.versions, ucodeId - 1)).data);
}

/**
 * Index of the security firmware's signature for a fuse version: signatures stand in the order of the versions
 * bitmap's set bits.
 *
 * @throws {@link NovaCoreError} `SIGNATURE` when there is none for this version.
 */
export function fwsecSignatureIndex(step: Step, fuse: number, versions: number, count: number): number {
  const bit = 1 << fuse;
  let index = 0;
  for (let below = versions & (bit - 1); below !== 0; below &= below - 1) index++;
  if ((versions & bit) === 0 || index >= count) {
    throw new NovaCoreError('SIGNATURE', step, `none of ${count} signatures (versions 0b${versions.toString(2)}) is for fuse version ${fuse}`, { detail: { fuse, versions, count } });
  }
  return index;
}

/**
 * Index of a booter's signature: the last one while the fuse is unburnt, else counted back from the version that
 * the file was made for.
 * Source: linux: drivers/gpu/nova-core/firmware/booter.rs.
 *
 * @throws {@link NovaCoreError} `SIGNATURE` when there is none for this version.
 */
export function booterSignatureIndex(step: Step, fuse: number, fileVersion: number, count: number): number {
  const index = fuse === 0 ? count - 1 : fileVersion - fuse;
  if (index < 0 || index >= count) {
    throw new NovaCoreError('SIGNATURE', step, `none of ${count} signatures (file version ${fileVersion}) is for fuse version ${fuse}`, { detail: { fuse, fileVersion, count } });
  }
  return index;
}
