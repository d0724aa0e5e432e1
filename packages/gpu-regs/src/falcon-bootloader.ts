import { struct, type Layout, type ValueOf } from '@nova-stack/c-layout';

const descriptor = {
  reserved: { array: 'u32', length: 4 },
  signature: { array: 'u32', length: 4 },
  /** Context of its transfers: index of the FBIF_TRANSCFG. */
  context: 'u32',
  /** A multiple of 256. What lies `nonSecureOffset` and `secureOffset` behind it goes to the same offsets in IMEM. */
  codeBase: 'u64',
  nonSecureOffset: 'u32',
  nonSecureSize: 'u32',
  secureOffset: 'u32',
  secureSize: 'u32',
  /** Address in IMEM that is jumped to in the end. */
  entry: 'u32',
  /** A multiple of 256. Goes to DMEM from 0 on, over this descriptor. */
  dataBase: 'u64',
  dataSize: 'u32',
  argc: 'u32',
  argv: 'u32',
} as const;
export type FalconBootloaderArguments = ValueOf<typeof descriptor>;
/**
 * What the bootloader that fetches FWSEC on Turing finds at DMEM 0: where code and data lie. Addresses are of its
 * transfers' target, sizes in bytes.
 * Source: linux: drivers/gpu/nova-core/firmware/fwsec/bootloader.rs (BootloaderDmemDescV2), drivers/gpu/drm/nouveau/include/nvfw/flcn.h
 */
export const FALCON_BOOTLOADER_ARGUMENTS: Layout<FalconBootloaderArguments> = struct('flcn_bl_dmem_desc_v2', descriptor, { packed: true });
