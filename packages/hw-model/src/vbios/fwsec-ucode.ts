import { ascii } from '@nova-stack/c-layout';
import {
  DMEM_MAPPER, DMEM_MAPPER_SIGNATURE, FALCON_SIGNATURE_SIZE, INTERFACE_ENTRY, INTERFACE_HEADER, INTERFACE_IDS, SYNTHETIC_KINDS, SYNTHETIC_SIGNATURE,
  SYNTHETIC_UCODE,
} from '@nova-stack/gpu-regs';
import { sha256 } from '@noble/hashes/sha2.js';

/** What all forms of FWSEC have in common: what is loaded into a falcon. */
interface Loaded {
  /** Code that needs a signature to run; a multiple of 256 bytes. */
  readonly imem: Uint8Array;
  readonly dmem: Uint8Array;
  /** DMEM offset of the application interface table. */
  readonly interfaceOffset: number;
}

/** FWSEC of a chip whose falcons have a boot ROM, which checks the signature that the driver puts in. */
export interface FwsecUcode extends Loaded {
  /** DMEM offset of the slot for the signature. */
  readonly pkcOffset: number;
  /** In the order of the set bits of `signatureVersions`. */
  readonly signatures: readonly Uint8Array[];
  /** Bit per fuse version that there is a signature for. */
  readonly signatureVersions: number;
}

/** FWSEC of a Turing: signed once and for all, with code before the secure part that any falcon runs. */
export interface TuringFwsecUcode extends Loaded {
  /** A multiple of 256 bytes. */
  readonly nonSecureImem: Uint8Array;
}

/** What lies where in DMEM, in bytes. */
const DMEM = { interfaces: 0x10, mapper: 0x40, command: 0x100, commandSize: 0x80, signature: SYNTHETIC_SIGNATURE.withoutBootRom.dmemOffset, size: 0x400 } as const;
const IMEM_SIZE = 0x400;
const NON_SECURE_SIZE = 0x100;
/** Stands in the interface table beside the mapper, for readers that want two entries. */
const OTHER_INTERFACE = 1;

/** Makes the ucode for a chip: no code in it, only the header that tells the firmware model what it stands for. */
export function fwsecUcode(chip: string, fuseVersions: readonly number[]): FwsecUcode {
  const versions = [...new Set(fuseVersions)].sort((a, b) => a - b);
  const { digest, ...loaded } = unsigned(chip, FALCON_SIGNATURE_SIZE);
  return {
    ...loaded,
    pkcOffset: DMEM.signature,
    signatures: versions.map((version) => signature(version, digest)),
    signatureVersions: versions.reduce((bits, version) => bits | (1 << version), 0),
  };
}

/** The same for a Turing. */
export function turingFwsecUcode(chip: string): TuringFwsecUcode {
  const { size } = SYNTHETIC_SIGNATURE.withoutBootRom;
  const { digest, ...loaded } = unsigned(chip, size);
  loaded.dmem.set(digest.subarray(0, size), DMEM.signature);
  return { ...loaded, nonSecureImem: new Uint8Array(NON_SECURE_SIZE) };
}

/** What is loaded, and the digest over it without a signature of `signatureSize` bytes and what drivers patch. */
function unsigned(chip: string, signatureSize: number): Loaded & { readonly digest: Uint8Array } {
  const dmem = dmemImage();
  // Drivers patch the init command and the command buffer; one range that covers both stays out of the digest.
  const patchedStart = DMEM.mapper + DMEM_MAPPER.offsets.initCommand;
  const patchedLength = DMEM.command + DMEM.commandSize - patchedStart;
  const imem = imemImage(chip, { dmemLength: dmem.length, patchedStart, patchedLength });

  const measured = dmem.slice();
  measured.fill(0, patchedStart, patchedStart + patchedLength);
  measured.fill(0, DMEM.signature, DMEM.signature + signatureSize);
  return { imem, dmem, interfaceOffset: DMEM.interfaces, digest: sha256.create().update(imem).update(measured).digest() };
}

function dmemImage(): Uint8Array {
  const dmem = new Uint8Array(DMEM.size);
  INTERFACE_HEADER.write(dmem, DMEM.interfaces, { version: 1, headerSize: INTERFACE_HEADER.size, entrySize: INTERFACE_ENTRY.size, entryCount: 2 });
  const entries = DMEM.interfaces + INTERFACE_HEADER.size;
  INTERFACE_ENTRY.write(dmem, entries, { id: INTERFACE_IDS.dmemMapper, offset: DMEM.mapper });
  INTERFACE_ENTRY.write(dmem, entries + INTERFACE_ENTRY.size, { id: OTHER_INTERFACE, offset: DMEM.mapper });
  DMEM_MAPPER.write(dmem, DMEM.mapper, {
    signature: ascii(DMEM_MAPPER_SIGNATURE), version: 3, size: DMEM_MAPPER.size,
    commandIn: DMEM.command, commandInSize: DMEM.commandSize, commandOut: DMEM.command, commandOutSize: DMEM.commandSize,
  });
  return dmem;
}

function imemImage(chip: string, { dmemLength, patchedStart, patchedLength }: { readonly dmemLength: number; readonly patchedStart: number; readonly patchedLength: number }): Uint8Array {
  const imem = new Uint8Array(IMEM_SIZE);
  const view = new DataView(imem.buffer);
  const { offsets, magic } = SYNTHETIC_UCODE;
  imem.set(ascii(magic), offsets.magic);
  imem.set(ascii(chip), offsets.chip);
  view.setUint32(offsets.kind, SYNTHETIC_KINDS.fwsec, true);
  view.setUint32(offsets.imemLength, imem.length, true);
  view.setUint32(offsets.dmemLength, dmemLength, true);
  view.setUint32(offsets.interfaceOffset, DMEM.interfaces, true);
  view.setUint32(offsets.patchedStart, patchedStart, true);
  view.setUint32(offsets.patchedLength, patchedLength, true);
  return imem;
}

function signature(fuseVersion: number, digest: Uint8Array): Uint8Array {
  const block = new Uint8Array(FALCON_SIGNATURE_SIZE);
  const { offsets, magic } = SYNTHETIC_SIGNATURE;
  block.set(ascii(magic), offsets.magic);
  new DataView(block.buffer).setUint32(offsets.fuseVersion, fuseVersion, true);
  block.set(digest, offsets.digest);
  return block;
}
