import { struct, type Layout, type ValueOf } from '@nova-stack/c-layout';

/**
 * The chain of images in the VBIOS flash. What reads a VBIOS and what writes one share these declarations.
 * Sources: linux: drivers/gpu/nova-core/vbios.rs, drivers/gpu/drm/nouveau/nvkm/subdev/bios/{image,pcir,npde}.c
 */

/**
 * Header of the init-from-ROM section that some flashes begin with, in front of the first image: `NVGI`, a word with its version and
 * size, and behind it where the images are; from version 3 on, a directory (`RFRD`) in 4 KiB from the flash's status tells that.
 * Source: linux: drivers/gpu/nova-core/vbios.rs (rom_offset)
 */
export const IFR = {
  signature: 0x4947_564e,
  /** Offset of the word with both of what follows. */
  fixed: 4,
  version: { shift: 8, mask: 0xff },
  fixedSize: { shift: 16, mask: 0x7fff },
  /** Version 1 and 2: the images' offset stands so far behind the fixed part. */
  imageOffset: 4,
  directorySignature: 0x4452_4652,
  directoryGap: 0x1000,
} as const;

/** Lengths in image headers count in blocks of so many bytes. */
export const IMAGE_BLOCK = 512;
/** Values of a ROM header's signature: as everywhere, and NVIDIA's own. */
export const ROM_SIGNATURES = { pci: 0xaa55, nvidia: 0x4e56, nvidiaOld: 0xbb77 } as const;

const romHeader = {
  /** One of {@link ROM_SIGNATURES}. */
  signature: 'u16',
  /** PC-AT: length of the image in blocks. */
  size: 'u8',
  reserved: { array: 'u8', length: 0x15 },
  /** Offset of the PCI data structure in the image. */
  pciData: 'u16',
} as const;
export type RomHeader = ValueOf<typeof romHeader>;
export const ROM_HEADER: Layout<RomHeader> = struct('ROM_HEADER', romHeader, { packed: true });

/** Code types of images. */
export const CODE_TYPES = { pcAt: 0x00, efi: 0x03, nbsi: 0x70, fwsec: 0xe0 } as const;
/** In `indicator` fields: there is no image behind this one. */
export const LAST_IMAGE = 0x80;
/** Signatures that a PCI data structure may have. */
export const PCIR_SIGNATURES = ['PCIR', 'NPDS', 'RGIS'] as const;

const pcir = {
  signature: { array: 'char', length: 4 },
  vendor: 'u16',
  device: 'u16',
  deviceList: 'u16',
  /** Bytes of this structure. */
  length: 'u16',
  revision: 'u8',
  /** Interface, subclass, base class. */
  classCode: { array: 'u8', length: 3 },
  /** In blocks. */
  imageLength: 'u16',
  romRevision: 'u16',
  /** One of {@link CODE_TYPES}. */
  codeType: 'u8',
  /** {@link LAST_IMAGE} or 0. */
  indicator: 'u8',
  maxRuntimeLength: 'u16',
} as const;
export type Pcir = ValueOf<typeof pcir>;
export const PCIR: Layout<Pcir> = struct('PCIR', pcir, { packed: true });

/** Stands at the next multiple of this behind the PCI data structure. */
export const NPDE_ALIGN = 16;
export const NPDE_SIGNATURE = 'NPDE';
const npde = {
  signature: { array: 'char', length: 4 },
  revision: 'u16',
  length: 'u16',
  /** In blocks; overrides the PCI data structure. */
  subimageLength: 'u16',
  /** {@link LAST_IMAGE} or 0; overrides the PCI data structure. */
  indicator: 'u8',
} as const;
export type Npde = ValueOf<typeof npde>;
export const NPDE: Layout<Npde> = struct('NPDE', npde, { packed: true });
