import { struct, type Layout, type ValueOf } from '@nova-stack/c-layout';

/**
 * How a driver tells FWSEC what to do: interfaces in its DMEM image, one of which says where the command goes.
 * Offsets are in DMEM. Source: linux: drivers/gpu/nova-core/firmware/fwsec.rs
 */
const interfaceHeader = {
  version: 'u8',
  headerSize: 'u8',
  entrySize: 'u8',
  entryCount: 'u8',
} as const;
export type InterfaceHeader = ValueOf<typeof interfaceHeader>;
export const INTERFACE_HEADER: Layout<InterfaceHeader> = struct('INTERFACE_HEADER', interfaceHeader);

const interfaceEntry = { id: 'u32', offset: 'u32' } as const;
export type InterfaceEntry = ValueOf<typeof interfaceEntry>;
export const INTERFACE_ENTRY: Layout<InterfaceEntry> = struct('INTERFACE_ENTRY', interfaceEntry);
export const INTERFACE_IDS = { dmemMapper: 4 } as const;

const dmemMapper = {
  /** {@link DMEM_MAPPER_SIGNATURE} */
  signature: { array: 'char', length: 4 },
  version: 'u16',
  size: 'u16',
  commandIn: 'u32',
  commandInSize: 'u32',
  commandOut: 'u32',
  commandOutSize: 'u32',
  nvfImage: 'u32',
  nvfImageSize: 'u32',
  printfBuffer: 'u32',
  buildTime: 'u32',
  ucodeSignature: 'u32',
  /** One of {@link FWSEC_COMMANDS}. */
  initCommand: 'u32',
  features: 'u32',
  commandMask0: 'u32',
  commandMask1: 'u32',
  multiTarget: 'u32',
} as const;
export type DmemMapper = ValueOf<typeof dmemMapper>;
export const DMEM_MAPPER: Layout<DmemMapper> = struct('DMEM_MAPPER', dmemMapper);
export const DMEM_MAPPER_SIGNATURE = 'DMAP';

/** `frts` sets the region for firmware run-time services up; `sb` takes the GSP back to its state before. */
export const FWSEC_COMMANDS = { frts: 0x15, sb: 0x19 } as const;

/** The first part of the command buffer; for `sb` all of it. */
const readVbios = {
  version: 'u32',
  /** Bytes of this part. */
  size: 'u32',
  address: 'u64',
  length: 'u32',
  flags: 'u32',
} as const;
export type FwsecReadVbios = ValueOf<typeof readVbios>;
export const FWSEC_READ_VBIOS: Layout<FwsecReadVbios> = struct('FWSEC_READ_VBIOS', readVbios);

/** The second part of the command buffer, right behind the first; for `frts`. */
const frtsRegion = {
  version: 'u32',
  /** Bytes of this part. */
  size: 'u32',
  /** In units of 4 KiB. */
  address: 'u32',
  /** In units of 4 KiB. */
  length: 'u32',
  /** One of {@link FRTS_MEDIA}. */
  mediaType: 'u32',
} as const;
export type FwsecFrtsRegion = ValueOf<typeof frtsRegion>;
export const FWSEC_FRTS_REGION: Layout<FwsecFrtsRegion> = struct('FWSEC_FRTS_REGION', frtsRegion);
export const FRTS_MEDIA = { framebuffer: 2 } as const;
