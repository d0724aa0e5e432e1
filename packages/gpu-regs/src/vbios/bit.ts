import { struct, type Layout, type ValueOf } from '@nova-stack/c-layout';

/**
 * BIT, the table of tables in the PC-AT image.
 * Source: linux: drivers/gpu/nova-core/vbios.rs, drivers/gpu/drm/nouveau/nvkm/subdev/bios/bit.c
 */
export const BIT_ID = 0xb8ff;
export const BIT_SIGNATURE = 'BIT\0';
const bitHeader = {
  /** {@link BIT_ID} */
  id: 'u16',
  /** {@link BIT_SIGNATURE} */
  signature: { array: 'char', length: 4 },
  version: 'u16',
  headerSize: 'u8',
  tokenSize: 'u8',
  tokenCount: 'u8',
  /** Makes the header's bytes sum to 0. */
  checksum: 'u8',
} as const;
export type BitHeader = ValueOf<typeof bitHeader>;
export const BIT_HEADER: Layout<BitHeader> = struct('BIT_HEADER', bitHeader, { packed: true });

const bitToken = {
  id: 'u8',
  version: 'u8',
  size: 'u16',
  /** Offset of the data in the PC-AT image. */
  offset: 'u16',
} as const;
export type BitToken = ValueOf<typeof bitToken>;
export const BIT_TOKEN: Layout<BitToken> = struct('BIT_TOKEN', bitToken, { packed: true });

/** Tokens, by the letters that they go by. `falconData` holds a u32: where the falcon table is. */
export const BIT_TOKENS = { internalUse: 0x69 /* i */, falconData: 0x70 /* p */ } as const;

/**
 * The table of falcon ucode in the FWSEC image. Pointers to and in it count as if the FWSEC image stood right behind
 * the PC-AT image, whatever stands between them.
 */
const falconTableHeader = { version: 'u8', headerSize: 'u8', entrySize: 'u8', entryCount: 'u8' } as const;
export type FalconTableHeader = ValueOf<typeof falconTableHeader>;
export const FALCON_TABLE_HEADER: Layout<FalconTableHeader> = struct('FALCON_TABLE_HEADER', falconTableHeader, { packed: true });

const falconTableEntry = {
  /** One of {@link FALCON_APPLICATIONS}. */
  application: 'u8',
  target: 'u8',
  /** Of the ucode's descriptor. */
  pointer: 'u32',
} as const;
export type FalconTableEntry = ValueOf<typeof falconTableEntry>;
export const FALCON_TABLE_ENTRY: Layout<FalconTableEntry> = struct('FALCON_TABLE_ENTRY', falconTableEntry, { packed: true });

export const FALCON_APPLICATIONS = { fwsecLicensed: 0x05, fwsecDebug: 0x45, fwsecProduction: 0x85 } as const;
