import { FALCON_BLOCK, FALCON_SIGNATURE_SIZE, UCODE_DESCRIPTOR_HEADER, UCODE_DESCRIPTOR_V2, UCODE_DESCRIPTOR_V3, type UcodeDescriptorV3 } from '@nova-stack/gpu-regs';

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

function inUcode(section: UcodeSection, total: number, name: string, at: number): UcodeSection {
  if (section.source < 0 || section.source + section.length > total) {
    throw new VbiosError('BAD_VALUE', `descriptor.${name}`, at, `0x${section.source.toString(16)}+0x${section.length.toString(16)} is outside the ucode of 0x${total.toString(16)} bytes`);
  }
  return section;
}

function readV2(images: Span, at: number, size: number): UcodeDescriptor {
  const { offsets } = UCODE_DESCRIPTOR_V2;
  const {
    imemLoadSize, imemSecSize, imemSecBase, imemVirtBase, imemPhysBase, dmemOffset, dmemPhysBase, dmemLoadSize, interfaceOffset,
  } = images.record(UCODE_DESCRIPTOR_V2, at, 'descriptor');
  const ucode = images.slice(at + size, imemLoadSize + dmemLoadSize, 'descriptor.ucode');
  if (imemSecSize > imemLoadSize) {
    throw new VbiosError('BAD_VALUE', 'descriptor.imemSecSize', at + offsets.imemSecSize, `0x${imemSecSize.toString(16)} is above the IMEM size 0x${imemLoadSize.toString(16)}`);
  }
  const secureSource = imemSecBase - imemVirtBase;
  const part = (source: number, destination: number, length: number, field: 'imemLoadSize' | 'imemSecBase' | 'dmemOffset'): UcodeSection =>
    inUcode({ source, destination, length }, ucode.length, field, at + offsets[field]);
  return {
    version: 2,
    ucode,
    nonSecureImem: part(0, imemPhysBase, imemLoadSize - imemSecSize, 'imemLoadSize'),
    secureImem: part(secureSource, imemPhysBase + secureSource, imemSecSize, 'imemSecBase'),
    dmem: part(dmemOffset, dmemPhysBase, dmemLoadSize, 'dmemOffset'),
    interfaceOffset,
    signing: undefined,
  };
}

function readV3(images: Span, at: number, size: number): UcodeDescriptor {
  const descriptor = images.record(UCODE_DESCRIPTOR_V3, at, 'descriptor');
  const { imemLoadSize, dmemLoadSize, pkcDataOffset, ucodeId, signatureCount } = descriptor;
  const offsets: Readonly<Record<string, number>> = UCODE_DESCRIPTOR_V3.offsets;
  const bad = (field: keyof UcodeDescriptorV3, detail: string): never => {
    throw new VbiosError('BAD_VALUE', `descriptor.${field}`, at + offsets[field]!, detail);
  };
  if (imemLoadSize === 0 || imemLoadSize % FALCON_BLOCK !== 0) bad('imemLoadSize', `0x${imemLoadSize.toString(16)} is not a positive multiple of ${FALCON_BLOCK}`);
  const ucode = images.slice(at + size, imemLoadSize + dmemLoadSize, 'descriptor.ucode');
  const signaturesAt = UCODE_DESCRIPTOR_V3.size;
  if (signaturesAt + signatureCount * FALCON_SIGNATURE_SIZE > size) bad('signatureCount', `${signatureCount} signatures do not fit into a descriptor of ${size} bytes`);
  if (ucodeId < 1 || ucodeId > 16) bad('ucodeId', `${ucodeId} is not in 1..16`);
  if (signatureCount !== 0 && pkcDataOffset + FALCON_SIGNATURE_SIZE > dmemLoadSize) {
    bad('pkcDataOffset', `a signature at 0x${pkcDataOffset.toString(16)} does not fit into DMEM of 0x${dmemLoadSize.toString(16)} bytes`);
  }
  return {
    version: 3,
    ucode,
    nonSecureImem: undefined,
    secureImem: { source: 0, destination: descriptor.imemPhysBase, length: imemLoadSize },
    dmem: { source: imemLoadSize, destination: descriptor.dmemPhysBase, length: dmemLoadSize },
    interfaceOffset: descriptor.interfaceOffset,
    signing: {
      signatureOffset: pkcDataOffset,
      engineMask: descriptor.engineIdMask,
      ucodeId,
      versions: descriptor.signatureVersions,
      signatures: Array.from({ length: signatureCount }, (_, i) =>
        images.slice(at + signaturesAt + i * FALCON_SIGNATURE_SIZE, FALCON_SIGNATURE_SIZE, `descriptor.signature[${i}]`)),
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
  const { valid, version, size } = images.record(UCODE_DESCRIPTOR_HEADER, offset, 'descriptor');
  if ((valid & 1) === 0) throw new VbiosError('BAD_VALUE', 'descriptor.valid', offset, 'it is not marked valid');
  switch (version) {
    case 2:
      return readV2(images, offset, size);
    case 3:
      return readV3(images, offset, size);
    default:
      throw new VbiosError('BAD_VALUE', 'descriptor.version', offset + 1, `version ${version} is none of 2, 3`);
  }
}
