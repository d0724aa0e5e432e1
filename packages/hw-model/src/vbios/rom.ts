import { fwsecUcode, putText, type FwsecUcode } from './fwsec-ucode.ts';

/** What a board's ROM is made from. */
export interface VbiosSpec {
  readonly chip: string;
  readonly vendor: number;
  readonly device: number;
  /** Class code, base in the high byte. */
  readonly classCode: number;
  /** Version as it is printed, five bytes: `95.02.5c.00.01`. */
  readonly version: readonly [number, number, number, number, number];
  /** Fuse versions that FWSEC has a signature for, ascending. */
  readonly fuseVersions: readonly number[];
}

const UNIT = 512;
const PCIR = 0x170;
const BIT = 0x1b0;
const PCAT_SIZE = 0x1000;
const EFI_SIZE = 0x800;

// Inside the PC-AT image: where the tokens point.
const INFO_DATA = 0x200;
const FALCON_DATA = 0x240;

// Inside the FWSEC image.
const PMU_TABLE = 0x400;
const DESCRIPTOR = 0x440;

const CODE_TYPE = { pcAt: 0x00, efi: 0x03, fwsec: 0xe0 } as const;
const APP_FWSEC_PROD = 0x85;
const DESCRIPTOR_V3 = 44;
const ENGINE_GSP = 0x400;
/** FWSEC's number among the ucodes of its engine; the fuse register of its version follows from it. */
export const FWSEC_UCODE_ID = 9;

/**
 * Writes a VBIOS in the real format: a PC-AT image, an EFI image, and the image that carries FWSEC.
 * Pointers into the last count as if it followed the first.
 *
 * Layout: linux: drivers/gpu/nova-core/vbios.rs, drivers/gpu/drm/nouveau/nvkm/subdev/bios/.
 */
export function vbiosRom(spec: VbiosSpec): Uint8Array {
  const ucode = fwsecUcode(spec.chip, spec.fuseVersions);
  const pcAt = pcAtImage(spec);
  const efi = image(EFI_SIZE, spec, CODE_TYPE.efi, false);
  const fwsec = fwsecImage(spec, ucode);
  const rom = new Uint8Array(pcAt.length + efi.length + fwsec.length);
  rom.set(pcAt);
  rom.set(efi, pcAt.length);
  rom.set(fwsec, pcAt.length + efi.length);
  return rom;
}

/** An image of `size` bytes with its ROM header and PCI data structure. */
function image(size: number, spec: VbiosSpec, codeType: number, last: boolean): Uint8Array {
  const bytes = new Uint8Array(size);
  const view = new DataView(bytes.buffer);
  view.setUint16(0x00, 0xaa55, true);
  view.setUint16(0x18, PCIR, true);
  putText(bytes, PCIR, 'PCIR');
  view.setUint16(PCIR + 0x04, spec.vendor, true);
  view.setUint16(PCIR + 0x06, spec.device, true);
  view.setUint16(PCIR + 0x0a, 0x18, true);
  view.setUint8(PCIR + 0x0d, spec.classCode & 0xff);
  view.setUint16(PCIR + 0x0e, spec.classCode >>> 8, true);
  view.setUint16(PCIR + 0x10, size / UNIT, true);
  view.setUint8(PCIR + 0x14, codeType);
  view.setUint8(PCIR + 0x15, last ? 0x80 : 0);
  view.setUint16(PCIR + 0x16, size / UNIT, true);
  return bytes;
}

function pcAtImage(spec: VbiosSpec): Uint8Array {
  const bytes = image(PCAT_SIZE, spec, CODE_TYPE.pcAt, false);
  const view = new DataView(bytes.buffer);
  bytes[2] = PCAT_SIZE / UNIT;

  // BIT: header of 12 bytes, tokens of 6.
  const tokens = [
    { id: 'i', version: 2, size: 5, at: INFO_DATA },
    { id: 'p', version: 2, size: 4, at: FALCON_DATA },
  ];
  view.setUint16(BIT, 0xb8ff, true);
  putText(bytes, BIT + 2, 'BIT');
  view.setUint16(BIT + 6, 0x0100, true);
  bytes.set([12, 6, tokens.length], BIT + 8);
  bytes[BIT + 11] = -sum(bytes.subarray(BIT, BIT + 11)) & 0xff;
  tokens.forEach((token, index) => {
    const at = BIT + 12 + 6 * index;
    bytes[at] = token.id.charCodeAt(0);
    bytes[at + 1] = token.version;
    view.setUint16(at + 2, token.size, true);
    view.setUint16(at + 4, token.at, true);
  });
  // The version's bytes are printed in the order 3, 2, 1, 0, 4.
  const [a, b, c, d, e] = spec.version;
  bytes.set([d, c, b, a, e], INFO_DATA);
  view.setUint32(FALCON_DATA, PCAT_SIZE + PMU_TABLE, true);

  bytes[PCAT_SIZE - 1] = -sum(bytes) & 0xff;
  return bytes;
}

function fwsecImage(spec: VbiosSpec, ucode: FwsecUcode): Uint8Array {
  const signaturesSize = ucode.signatures.reduce((size, one) => size + one.length, 0);
  const descriptorSize = DESCRIPTOR_V3 + signaturesSize;
  const used = DESCRIPTOR + descriptorSize + ucode.imem.length + ucode.dmem.length;
  // Readers look up to 4 KiB past the start of an image.
  const bytes = image(Math.max(0x1000, Math.ceil(used / UNIT) * UNIT), spec, CODE_TYPE.fwsec, true);
  const view = new DataView(bytes.buffer);

  bytes.set([1, 6, 6, 1, 0, 0, APP_FWSEC_PROD, 0], PMU_TABLE);
  view.setUint32(PMU_TABLE + 8, PCAT_SIZE + DESCRIPTOR, true);

  const put = (at: number, value: number): void => { view.setUint32(DESCRIPTOR + at, value, true); };
  put(0x00, ((descriptorSize << 16) | (3 << 8) | 1) >>> 0);
  put(0x04, ucode.imem.length + ucode.dmem.length);
  put(0x08, ucode.pkcOffset);
  put(0x0c, ucode.interfaceOffset);
  put(0x14, ucode.imem.length);
  put(0x20, ucode.dmem.length);
  view.setUint16(DESCRIPTOR + 0x24, ENGINE_GSP, true);
  bytes[DESCRIPTOR + 0x26] = FWSEC_UCODE_ID;
  bytes[DESCRIPTOR + 0x27] = ucode.signatures.length;
  view.setUint16(DESCRIPTOR + 0x28, ucode.signatureVersions, true);

  let at = DESCRIPTOR + DESCRIPTOR_V3;
  for (const part of [...ucode.signatures, ucode.imem, ucode.dmem]) {
    bytes.set(part, at);
    at += part.length;
  }
  return bytes;
}

function sum(bytes: Uint8Array): number {
  return bytes.reduce((total, byte) => (total + byte) & 0xff, 0);
}
