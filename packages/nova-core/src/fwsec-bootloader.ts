import { FALCON_BLOCK, FALCON_BOOTLOADER_ARGUMENTS } from '@nova-stack/gpu-regs';

import { NovaCoreError } from './errors.ts';
import type { FalconUcode } from './falcon.ts';
import type { UcodeDescriptor } from './vbios/descriptor.ts';

/** The program that fetches FWSEC on chips whose falcons cannot by themselves. */
export interface FwsecBootloader {
  readonly code: Uint8Array;
  /** Virtual block number at which it is started. */
  readonly startTag: number;
}

/** It goes right below this offset of IMEM. */
const CEILING = 0x1_0000;
/** Context of the falcon through which it fetches. */
export const BOOTLOADER_CONTEXT = 4;

/** Ucode as a mirror of IMEM: the bootloader has one offset for source and destination. */
export function mirrored(descriptor: UcodeDescriptor, ucode: Uint8Array): { readonly bytes: Uint8Array; readonly padding: number } {
  const padding = descriptor.secureImem.destination - descriptor.secureImem.source;
  if (padding < 0) throw new NovaCoreError('NOT_SUPPORTED', 'vbios', 'FWSEC goes below where it stands in its image');
  if (padding === 0) return { bytes: ucode, padding };
  const bytes = new Uint8Array(padding + ucode.length);
  bytes.set(ucode, padding);
  return { bytes, padding };
}

/**
 * What is written into the falcon in the place of FWSEC: the bootloader, and at the start of DMEM what it is to fetch.
 * Source: linux: drivers/gpu/nova-core/firmware/fwsec/bootloader.rs
 *
 * @param image - bus address of the {@link mirrored} ucode
 */
export function bootloaderUcode({ code, startTag }: FwsecBootloader, { nonSecureImem, secureImem, dmem }: UcodeDescriptor, name: string, image: { readonly address: number; readonly padding: number }): FalconUcode {
  if (nonSecureImem === undefined || dmem.destination !== 0) {
    throw new NovaCoreError('NOT_SUPPORTED', 'vbios', 'FWSEC lacks code to start with, or its data does not go to the start of DMEM');
  }
  const length = Math.ceil(code.length / FALCON_BLOCK) * FALCON_BLOCK;
  const bytes = new Uint8Array(length + FALCON_BOOTLOADER_ARGUMENTS.size);
  bytes.set(code);
  FALCON_BOOTLOADER_ARGUMENTS.write(bytes, length, {
    context: BOOTLOADER_CONTEXT, codeBase: BigInt(image.address),
    nonSecureOffset: nonSecureImem.destination, nonSecureSize: nonSecureImem.length, secureOffset: secureImem.destination, secureSize: secureImem.length,
    dataBase: BigInt(image.address + image.padding + dmem.source), dataSize: dmem.length,
  });
  return {
    name, image: { address: 0, bytes }, startTag, bootVector: startTag * FALCON_BLOCK, brom: undefined,
    nonSecureImem: { source: 0, destination: CEILING - length, length }, imem: undefined,
    dmem: { source: length, destination: 0, length: FALCON_BOOTLOADER_ARGUMENTS.size },
  };
}
