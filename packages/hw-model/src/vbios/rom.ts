import { ascii } from '@nova-stack/c-layout';
import {
  BIT_HEADER, BIT_ID, BIT_SIGNATURE, BIT_TOKEN, BIT_TOKENS, BROM_ENGINES, CODE_TYPES, FALCON_APPLICATIONS, FALCON_TABLE_ENTRY, FALCON_TABLE_HEADER,
  FWSEC_UCODE_ID, IFR, IMAGE_BLOCK, LAST_IMAGE, NPDE, NPDE_ALIGN, NPDE_SIGNATURE, PCIR, ROM_HEADER, ROM_SIGNATURES, UCODE_DESCRIPTOR_V2, UCODE_DESCRIPTOR_V3,
} from '@nova-stack/gpu-regs';

import { fwsecUcode, turingFwsecUcode } from './fwsec-ucode.ts';

/** What a board's ROM is made from. */
export interface VbiosSpec {
  readonly chip: string;
  /** Version of FWSEC's descriptor. */
  readonly fwsecDescriptor: 2 | 3;
  readonly vendor: number;
  readonly device: number;
  /** Class code, base in the high byte. */
  readonly classCode: number;
  /** Version as it is printed, five bytes: `95.02.5c.00.01`. */
  readonly version: readonly [number, number, number, number, number];
  /** Fuse versions that FWSEC has a signature for, 0 to 15; of no account with descriptor version 2. */
  readonly fuseVersions: readonly number[];
  /** The flash begins with an init-from-ROM section, which reads do not skip: so it is on GA100. */
  readonly initFromRom?: boolean;
}

/** Where the PCI data structure lies in every image, and BIT in the first. */
const PCIR_AT = 0x170;
const BIT_AT = 0x1b0;
/** Bytes of the first two images. */
const PC_AT_SIZE = 0x1000;
const EFI_SIZE = 0x800;
/** Where the tokens of BIT point, in the PC-AT image. */
const VERSION_AT = 0x200;
const FALCON_DATA_AT = 0x240;
/** In the FWSEC image. */
const TABLE_AT = 0x400;
const DESCRIPTOR_AT = 0x440;
/** Of the init-from-ROM section: assumed, what is fixed of it and all. */
const IFR_FIXED_SIZE = 0x10;
const IFR_SIZE = 0x1000;
/** Readers look that far past the start of the last image. */
const READ_AHEAD = 0x1000;

/**
 * Writes a VBIOS in the real format: a PC-AT image, an EFI image, and the image that carries FWSEC. Pointers into the
 * last count as if it followed the first.
 *
 * Layout: linux: drivers/gpu/nova-core/vbios.rs, drivers/gpu/drm/nouveau/nvkm/subdev/bios/.
 */
export function vbiosRom(spec: VbiosSpec): Uint8Array {
  const images = [pcAtImage(spec), image(EFI_SIZE, spec, CODE_TYPES.efi, false), fwsecImage(spec)];
  return joined(spec.initFromRom === true ? [initFromRom(), ...images] : images);
}

/** An empty section of version 2: nobody but the chip itself runs what would be in it. */
function initFromRom(): Uint8Array {
  const bytes = new Uint8Array(IFR_SIZE);
  const view = new DataView(bytes.buffer);
  view.setUint32(0, IFR.signature, true);
  view.setUint32(IFR.fixed, ((IFR_FIXED_SIZE << IFR.fixedSize.shift) | (2 << IFR.version.shift)) >>> 0, true);
  view.setUint32(IFR_FIXED_SIZE + IFR.imageOffset, IFR_SIZE, true);
  return bytes;
}

/** An image of `size` bytes with its headers. */
function image(size: number, spec: VbiosSpec, codeType: number, last: boolean): Uint8Array {
  const bytes = new Uint8Array(size);
  const blocks = size / IMAGE_BLOCK;
  const indicator = last ? LAST_IMAGE : 0;
  ROM_HEADER.write(bytes, 0, { signature: ROM_SIGNATURES.pci, size: codeType === CODE_TYPES.pcAt ? blocks : 0, pciData: PCIR_AT });
  PCIR.write(bytes, PCIR_AT, {
    signature: ascii('PCIR'), vendor: spec.vendor, device: spec.device, length: PCIR.size, revision: 3,
    classCode: Uint8Array.of(spec.classCode & 0xff, (spec.classCode >>> 8) & 0xff, spec.classCode >>> 16),
    imageLength: blocks, codeType, indicator, maxRuntimeLength: blocks,
  });
  const npdeAt = Math.ceil((PCIR_AT + PCIR.size) / NPDE_ALIGN) * NPDE_ALIGN;
  NPDE.write(bytes, npdeAt, { signature: ascii(NPDE_SIGNATURE), revision: 0x0101, length: NPDE.size, subimageLength: blocks, indicator });
  return bytes;
}

function pcAtImage(spec: VbiosSpec): Uint8Array {
  const bytes = image(PC_AT_SIZE, spec, CODE_TYPES.pcAt, false);
  const tokens = [
    { id: BIT_TOKENS.internalUse, version: 2, size: 5, offset: VERSION_AT },
    { id: BIT_TOKENS.falconData, version: 2, size: 4, offset: FALCON_DATA_AT },
  ];
  BIT_HEADER.write(bytes, BIT_AT, {
    id: BIT_ID, signature: ascii(BIT_SIGNATURE), version: 0x0100, headerSize: BIT_HEADER.size, tokenSize: BIT_TOKEN.size, tokenCount: tokens.length,
  });
  bytes[BIT_AT + BIT_HEADER.offsets.checksum] = -sum(bytes.subarray(BIT_AT, BIT_AT + BIT_HEADER.size)) & 0xff;
  tokens.forEach((token, index) => { BIT_TOKEN.write(bytes, BIT_AT + BIT_HEADER.size + BIT_TOKEN.size * index, token); });

  // The version's bytes are printed in the order 3, 2, 1, 0, 4.
  const [a, b, c, d, e] = spec.version;
  bytes.set([d, c, b, a, e], VERSION_AT);
  new DataView(bytes.buffer).setUint32(FALCON_DATA_AT, PC_AT_SIZE + TABLE_AT, true);

  bytes[PC_AT_SIZE - 1] = -sum(bytes) & 0xff;
  return bytes;
}

function fwsecImage(spec: VbiosSpec): Uint8Array {
  const ucode = spec.fwsecDescriptor === 2 ? describedV2(spec) : describedV3(spec);
  const used = DESCRIPTOR_AT + ucode.length;
  const bytes = image(Math.max(READ_AHEAD, Math.ceil(used / IMAGE_BLOCK) * IMAGE_BLOCK), spec, CODE_TYPES.fwsec, true);

  FALCON_TABLE_HEADER.write(bytes, TABLE_AT, { version: 1, headerSize: FALCON_TABLE_HEADER.size + 2, entrySize: FALCON_TABLE_ENTRY.size, entryCount: 1 });
  FALCON_TABLE_ENTRY.write(bytes, TABLE_AT + FALCON_TABLE_HEADER.size + 2, { application: FALCON_APPLICATIONS.fwsecProduction, pointer: PC_AT_SIZE + DESCRIPTOR_AT });
  bytes.set(ucode, DESCRIPTOR_AT);
  return bytes;
}

/** FWSEC behind a descriptor of version 2: the ucode is a mirror of what lies in IMEM, from 0 on, with DMEM behind it. */
function describedV2({ chip }: VbiosSpec): Uint8Array {
  const { nonSecureImem, imem, dmem, interfaceOffset } = turingFwsecUcode(chip);
  const imemLoadSize = nonSecureImem.length + imem.length;
  const descriptor = new Uint8Array(UCODE_DESCRIPTOR_V2.size);
  UCODE_DESCRIPTOR_V2.write(descriptor, 0, {
    valid: 1, version: 2, size: descriptor.length, storedSize: imemLoadSize + dmem.length, uncompressedSize: imemLoadSize + dmem.length,
    interfaceOffset, imemLoadSize, imemSecBase: nonSecureImem.length, imemSecSize: imem.length, dmemOffset: imemLoadSize, dmemLoadSize: dmem.length,
  });
  return joined([descriptor, nonSecureImem, imem, dmem]);
}

/** FWSEC behind a descriptor of version 3 and its signatures. */
function describedV3({ chip, fuseVersions }: VbiosSpec): Uint8Array {
  const { imem, dmem, interfaceOffset, pkcOffset, signatures, signatureVersions } = fwsecUcode(chip, fuseVersions);
  const descriptor = new Uint8Array(UCODE_DESCRIPTOR_V3.size);
  UCODE_DESCRIPTOR_V3.write(descriptor, 0, {
    valid: 1, version: 3, size: descriptor.length + signatures.reduce((size, { length }) => size + length, 0), storedSize: imem.length + dmem.length,
    pkcDataOffset: pkcOffset, interfaceOffset, imemLoadSize: imem.length, dmemLoadSize: dmem.length,
    engineIdMask: BROM_ENGINES.gsp, ucodeId: FWSEC_UCODE_ID, signatureCount: signatures.length, signatureVersions,
  });
  return joined([descriptor, ...signatures, imem, dmem]);
}

function joined(parts: readonly Uint8Array[]): Uint8Array {
  const bytes = new Uint8Array(parts.reduce((size, { length }) => size + length, 0));
  let end = 0;
  for (const part of parts) {
    bytes.set(part, end);
    end += part.length;
  }
  return bytes;
}

function sum(bytes: Uint8Array): number {
  return bytes.reduce((total, byte) => (total + byte) & 0xff, 0);
}
