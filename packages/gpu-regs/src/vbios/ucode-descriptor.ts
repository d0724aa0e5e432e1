import { struct, type Layout, type ValueOf } from '@nova-stack/c-layout';

/**
 * Descriptors of falcon ucode. The ucode itself, IMEM part before DMEM part, stands `size` bytes behind the start.
 * Source: linux: drivers/gpu/nova-core/firmware.rs (FalconUCodeDescV2, FalconUCodeDescV3)
 */
const header = {
  /** Bit 0. */
  valid: 'u8',
  version: 'u8',
  /** Bytes of the descriptor, signatures included. */
  size: 'u16',
  storedSize: 'u32',
} as const;

/** What both versions begin with. */
export type UcodeDescriptorHeader = ValueOf<typeof header>;
export const UCODE_DESCRIPTOR_HEADER: Layout<UcodeDescriptorHeader> = struct('UCODE_DESCRIPTOR_HEADER', header);

const v2 = {
  valid: 'u8',
  version: 'u8',
  size: 'u16',
  storedSize: 'u32',
  uncompressedSize: 'u32',
  virtualEntry: 'u32',
  /** In DMEM. */
  interfaceOffset: 'u32',
  imemPhysBase: 'u32',
  imemLoadSize: 'u32',
  imemVirtBase: 'u32',
  imemSecBase: 'u32',
  imemSecSize: 'u32',
  /** In the ucode. */
  dmemOffset: 'u32',
  dmemPhysBase: 'u32',
  dmemLoadSize: 'u32',
  altImemLoadSize: 'u32',
  altDmemLoadSize: 'u32',
} as const;
export type UcodeDescriptorV2 = ValueOf<typeof v2>;
export const UCODE_DESCRIPTOR_V2: Layout<UcodeDescriptorV2> = struct('UCODE_DESCRIPTOR_V2', v2);

const v3 = {
  valid: 'u8',
  version: 'u8',
  size: 'u16',
  storedSize: 'u32',
  /** Of the signature, in DMEM. */
  pkcDataOffset: 'u32',
  /** In DMEM. */
  interfaceOffset: 'u32',
  imemPhysBase: 'u32',
  /** A multiple of 256. */
  imemLoadSize: 'u32',
  imemVirtBase: 'u32',
  dmemPhysBase: 'u32',
  dmemLoadSize: 'u32',
  /** As the boot ROM wants it; see BROM_ENGINES. */
  engineIdMask: 'u16',
  /** 1 to 16. */
  ucodeId: 'u8',
  signatureCount: 'u8',
  /** Bit v: there is a signature for fuse version v; signatures are in the order of the bits. */
  signatureVersions: 'u16',
  reserved: 'u16',
} as const;
/** Signatures follow it. */
export type UcodeDescriptorV3 = ValueOf<typeof v3>;
export const UCODE_DESCRIPTOR_V3: Layout<UcodeDescriptorV3> = struct('UCODE_DESCRIPTOR_V3', v3);

/** Bytes of an RSA-3072 signature. */
export const FALCON_SIGNATURE_SIZE = 384;
/** FWSEC's number among the ucodes of the GSP. */
export const FWSEC_UCODE_ID = 9;
