import { SYNTHETIC_KINDS, SYNTHETIC_SIGNATURE, SYNTHETIC_UCODE } from '@nova-stack/gpu-regs';
import { sha256 } from '@noble/hashes/sha2.js';

/** FWSEC as the VBIOS carries it: what is loaded into a falcon, and what its descriptor says. Sizes in bytes. */
export interface FwsecUcode {
  readonly imem: Uint8Array;
  readonly dmem: Uint8Array;
  /** DMEM offset of the application interface table. */
  readonly interfaceOffset: number;
  /** DMEM offset of the slot for the signature. */
  readonly pkcOffset: number;
  readonly signatures: readonly Uint8Array[];
  /** Bit per fuse version that there is a signature for. */
  readonly signatureVersions: number;
}

// DMEM of the ucode: interface table, mapper, command buffer, signature slot.
const DMEM = { interface: 0x10, mapper: 0x40, command: 0x100, commandSize: 0x80, signature: 0x200, size: 0x400 } as const;
const IMEM_SIZE = 0x400;

// Offsets inside the mapper; linux: drivers/gpu/nova-core/firmware/fwsec.rs
const MAPPER = { signature: 0x00, version: 0x04, size: 0x06, commandIn: 0x08, commandInSize: 0x0c, commandOut: 0x10, commandOutSize: 0x14, initCommand: 0x2c, features: 0x30, bytes: 0x40 } as const;

/** ASCII `DMAP`, what real mappers start with. */
const MAPPER_SIGNATURE = 0x50414d44;
const APPLICATION_DMEMMAPPER = 4;

/** Makes the ucode for a chip: no code in it, only the header that tells the firmware model what it stands for. */
export function fwsecUcode(chip: string, fuseVersions: readonly number[]): FwsecUcode {
  const dmem = new Uint8Array(DMEM.size);
  const data = new DataView(dmem.buffer);
  // Interface table: version, header size, entry size, entry count; the second entry satisfies readers that want two.
  dmem.set([1, 4, 8, 2], DMEM.interface);
  data.setUint32(DMEM.interface + 4, APPLICATION_DMEMMAPPER, true);
  data.setUint32(DMEM.interface + 8, DMEM.mapper, true);
  data.setUint32(DMEM.interface + 12, 1, true);
  data.setUint32(DMEM.interface + 16, DMEM.mapper, true);

  data.setUint32(DMEM.mapper + MAPPER.signature, MAPPER_SIGNATURE, true);
  data.setUint16(DMEM.mapper + MAPPER.version, 3, true);
  data.setUint16(DMEM.mapper + MAPPER.size, MAPPER.bytes, true);
  data.setUint32(DMEM.mapper + MAPPER.commandIn, DMEM.command, true);
  data.setUint32(DMEM.mapper + MAPPER.commandInSize, DMEM.commandSize, true);
  data.setUint32(DMEM.mapper + MAPPER.commandOut, DMEM.command, true);
  data.setUint32(DMEM.mapper + MAPPER.commandOutSize, DMEM.commandSize, true);

  // Drivers patch the init command and the command buffer; one range that covers both stays out of the digest.
  const patchedStart = DMEM.mapper + MAPPER.initCommand;
  const patchedLength = DMEM.command + DMEM.commandSize - patchedStart;

  const imem = new Uint8Array(IMEM_SIZE);
  const code = new DataView(imem.buffer);
  const { offsets } = SYNTHETIC_UCODE;
  putText(imem, offsets.magic, SYNTHETIC_UCODE.magic);
  code.setUint32(offsets.kind, SYNTHETIC_KINDS.fwsec, true);
  code.setUint32(offsets.imemLength, imem.length, true);
  putText(imem, offsets.chip, chip);
  code.setUint32(offsets.dmemLength, dmem.length, true);
  code.setUint32(offsets.interfaceOffset, DMEM.interface, true);
  code.setUint32(offsets.patchedStart, patchedStart, true);
  code.setUint32(offsets.patchedLength, patchedLength, true);

  const measured = dmem.slice();
  measured.fill(0, patchedStart, patchedStart + patchedLength);
  measured.fill(0, DMEM.signature, DMEM.signature + SYNTHETIC_SIGNATURE.falconSize);
  const digest = sha256.create().update(imem).update(measured).digest();
  return {
    imem, dmem, interfaceOffset: DMEM.interface, pkcOffset: DMEM.signature,
    signatures: fuseVersions.map((version) => signature(version, digest)),
    signatureVersions: fuseVersions.reduce((bits, version) => bits | (1 << version), 0),
  };
}

function signature(fuseVersion: number, digest: Uint8Array): Uint8Array {
  const block = new Uint8Array(SYNTHETIC_SIGNATURE.falconSize);
  const { offsets, magic } = SYNTHETIC_SIGNATURE;
  putText(block, offsets.magic, magic);
  new DataView(block.buffer).setUint32(offsets.fuseVersion, fuseVersion, true);
  block.set(digest, offsets.digest);
  return block;
}

export function putText(bytes: Uint8Array, at: number, text: string): void {
  for (let i = 0; i < text.length; i++) bytes[at + i] = text.charCodeAt(i);
}
