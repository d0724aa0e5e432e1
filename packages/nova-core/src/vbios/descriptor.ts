import { VbiosError } from './error.ts';
import type { Span } from './span.ts';

/** A part of the ucode and where it goes. Offsets and lengths in bytes. */
export interface UcodeSection {
  /** Offset in {@link UcodeDescriptor.ucode}. */
  readonly source: number;
  /** Offset in the falcon's memory. */
  readonly destination: number;
  readonly length: number;
}

/** What the boot ROM needs to check a signature. */
export interface UcodeSigning {
  /** Offset of the signature in DMEM. */
  readonly signatureOffset: number;
  /** Engines that may run it: bit 0 SEC2, bit 2 NVDEC, bit 10 GSP. */
  readonly engineMask: number;
  /** 1 to 16; selects the fuse. */
  readonly ucodeId: number;
  /** Bit v: there is a signature for fuse version v. */
  readonly versions: number;
  /** In order of the set bits of `versions`, lowest first; 384 bytes each. */
  readonly signatures: readonly Uint8Array[];
}

/** A falcon ucode descriptor in either form, with what is derived from it. */
export interface UcodeDescriptor {
  readonly version: 2 | 3;
  /** IMEM part, then DMEM part; a view of the ROM. */
  readonly ucode: Uint8Array;
  readonly nonSecureImem: UcodeSection | undefined;
  readonly secureImem: UcodeSection;
  readonly dmem: UcodeSection;
  /** Offset of the application interface table in DMEM. */
  readonly interfaceOffset: number;
  /** Version 3 only. */
  readonly signing: UcodeSigning | undefined;
}

/** Bytes of one signature. */
export const SIGNATURE_SIZE = 384;

const V2 = {
  interfaceOffset: 0x10, imemPhysBase: 0x14, imemLoadSize: 0x18, imemVirtBase: 0x1c, imemSecBase: 0x20,
  imemSecSize: 0x24, dmemOffset: 0x28, dmemPhysBase: 0x2c, dmemLoadSize: 0x30, size: 60,
} as const;
const V3 = {
  pkcDataOffset: 0x08, interfaceOffset: 0x0c, imemPhysBase: 0x10, imemLoadSize: 0x14, dmemPhysBase: 0x1c,
  dmemLoadSize: 0x20, engineMask: 0x24, ucodeId: 0x26, signatureCount: 0x27, signatureVersions: 0x28, size: 44,
} as const;

function inUcode(section: UcodeSection, total: number, name: string, at: number): UcodeSection {
  if (section.source < 0 || section.source + section.length > total) {
    throw new VbiosError('BAD_VALUE', `descriptor.${name}`, at, `0x${section.source.toString(16)}+0x${section.length.toString(16)} is outside the ucode of 0x${total.toString(16)} bytes`);
  }
  return section;
}

function readV2(images: Span, at: number, size: number): UcodeDescriptor {
  const u32 = (name: keyof typeof V2): number => images.u32(at + V2[name], `descriptor.${name}`);
  images.check(at, V2.size, 'descriptor');
  const imemLoad = u32('imemLoadSize');
  const secureSize = u32('imemSecSize');
  const dmemLoad = u32('dmemLoadSize');
  const ucode = images.slice(at + size, imemLoad + dmemLoad, 'descriptor.ucode');
  if (secureSize > imemLoad) {
    throw new VbiosError('BAD_VALUE', 'descriptor.imemSecSize', at + V2.imemSecSize, `0x${secureSize.toString(16)} is above the IMEM size 0x${imemLoad.toString(16)}`);
  }
  const physBase = u32('imemPhysBase');
  const secureSource = u32('imemSecBase') - u32('imemVirtBase');
  return {
    version: 2,
    ucode,
    nonSecureImem: inUcode({ source: 0, destination: physBase, length: imemLoad - secureSize }, ucode.length, 'imemLoadSize', at),
    secureImem: inUcode({ source: secureSource, destination: physBase + secureSource, length: secureSize }, ucode.length, 'imemSecBase', at),
    dmem: inUcode({ source: u32('dmemOffset'), destination: u32('dmemPhysBase'), length: dmemLoad }, ucode.length, 'dmemOffset', at),
    interfaceOffset: u32('interfaceOffset'),
    signing: undefined,
  };
}

function readV3(images: Span, at: number, size: number): UcodeDescriptor {
  const u32 = (name: keyof typeof V3): number => images.u32(at + V3[name], `descriptor.${name}`);
  images.check(at, V3.size, 'descriptor');
  const imemLoad = u32('imemLoadSize');
  const dmemLoad = u32('dmemLoadSize');
  if (imemLoad === 0 || imemLoad % 256 !== 0) {
    throw new VbiosError('BAD_VALUE', 'descriptor.imemLoadSize', at + V3.imemLoadSize, `0x${imemLoad.toString(16)} is not a positive multiple of 256`);
  }
  const ucode = images.slice(at + size, imemLoad + dmemLoad, 'descriptor.ucode');
  const count = images.u8(at + V3.signatureCount, 'descriptor.signatureCount');
  const versions = images.u16(at + V3.signatureVersions, 'descriptor.signatureVersions');
  if (V3.size + count * SIGNATURE_SIZE > size) {
    throw new VbiosError('BAD_VALUE', 'descriptor.signatureCount', at + V3.signatureCount, `${count} signatures do not fit into a descriptor of ${size} bytes`);
  }
  const ucodeId = images.u8(at + V3.ucodeId, 'descriptor.ucodeId');
  if (ucodeId < 1 || ucodeId > 16) {
    throw new VbiosError('BAD_VALUE', 'descriptor.ucodeId', at + V3.ucodeId, `${ucodeId} is not in 1..16`);
  }
  const pkc = u32('pkcDataOffset');
  if (count !== 0 && pkc + SIGNATURE_SIZE > dmemLoad) {
    throw new VbiosError('BAD_VALUE', 'descriptor.pkcDataOffset', at + V3.pkcDataOffset, `a signature at 0x${pkc.toString(16)} does not fit into DMEM of 0x${dmemLoad.toString(16)} bytes`);
  }
  return {
    version: 3,
    ucode,
    nonSecureImem: undefined,
    secureImem: { source: 0, destination: u32('imemPhysBase'), length: imemLoad },
    dmem: { source: imemLoad, destination: u32('dmemPhysBase'), length: dmemLoad },
    interfaceOffset: u32('interfaceOffset'),
    signing: {
      signatureOffset: pkc,
      engineMask: images.u16(at + V3.engineMask, 'descriptor.engineMask'),
      ucodeId,
      versions,
      signatures: Array.from({ length: count }, (_, i) =>
        images.slice(at + V3.size + i * SIGNATURE_SIZE, SIGNATURE_SIZE, `descriptor.signature[${i}]`)),
    },
  };
}

/**
 * The descriptor at `offset` of the FWSEC images.
 * Source: linux: drivers/gpu/nova-core/firmware.rs (FalconUCodeDescV2, V3), vbios.rs.
 *
 * @throws {@link VbiosError}
 */
export function readDescriptor(images: Span, offset: number): UcodeDescriptor {
  const header = images.u32(offset, 'descriptor.header');
  const size = header >>> 16;
  if ((header & 1) === 0) throw new VbiosError('BAD_VALUE', 'descriptor.header', offset, 'it is not marked valid');
  const version = (header >>> 8) & 0xff;
  switch (version) {
    case 2:
      return readV2(images, offset, size);
    case 3:
      return readV3(images, offset, size);
    default:
      throw new VbiosError('BAD_VALUE', 'descriptor.version', offset + 1, `version ${version} is none of 2, 3`);
  }
}
