import { sha256 } from '@noble/hashes/sha2.js';
import { SYNTHETIC_KINDS, SYNTHETIC_SIGNATURE, SYNTHETIC_UCODE } from '@nova-stack/gpu-regs';
import type { FalconStart } from '@nova-stack/hw-model/port';

/** What a piece of ucode turns out to be. */
export type UcodeKind = keyof typeof SYNTHETIC_KINDS;

export interface Ucode {
  readonly kind: UcodeKind;
  /** Firmware release, or empty for FWSEC, which belongs to the VBIOS. */
  readonly version: string;
  readonly chip: string;
  /** FWSEC: DMEM offset of the application interface table. */
  readonly interfaceOffset: number;
}

/** The header of synthetic ucode as far as this package needs it. */
export interface SyntheticHeader extends Ucode {
  readonly imemLength: number;
  readonly dmemLength: number;
  readonly patched: { readonly start: number; readonly length: number };
}

const { offsets, magic, size } = SYNTHETIC_UCODE;
const KINDS = new Map<number, UcodeKind>(Object.entries(SYNTHETIC_KINDS).map(([name, value]) => [value, name as UcodeKind]));

function ascii(bytes: Uint8Array, at: number, length: number): string {
  let text = '';
  for (let i = at; i < at + length && bytes[i] !== 0; i++) text += String.fromCharCode(bytes[i]!);
  return text;
}

/** Reads the header at the start of `bytes`; undefined when this is no synthetic ucode. */
export function readSyntheticHeader(bytes: Uint8Array): SyntheticHeader | undefined {
  if (bytes.length < size || ascii(bytes, offsets.magic, 8) !== magic) return undefined;
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const kind = KINDS.get(view.getUint32(offsets.kind, true));
  if (kind === undefined) return undefined;
  return {
    kind,
    imemLength: view.getUint32(offsets.imemLength, true),
    dmemLength: view.getUint32(offsets.dmemLength, true),
    version: ascii(bytes, offsets.version, 16),
    chip: ascii(bytes, offsets.chip, 16),
    interfaceOffset: view.getUint32(offsets.interfaceOffset, true),
    patched: { start: view.getUint32(offsets.patchedStart, true), length: view.getUint32(offsets.patchedLength, true) },
  };
}

/** Reads a signature block; undefined when it is none. */
export function readSignature(bytes: Uint8Array): { readonly fuseVersion: number; readonly digest: Uint8Array } | undefined {
  const at = SYNTHETIC_SIGNATURE.offsets;
  if (bytes.length < at.digest + 32 || ascii(bytes, at.magic, 8) !== SYNTHETIC_SIGNATURE.magic) return undefined;
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  return { fuseVersion: view.getUint32(at.fuseVersion, true), digest: bytes.subarray(at.digest, at.digest + 32) };
}

export function equalBytes(a: Uint8Array, b: Uint8Array): boolean {
  if (a.length !== b.length) return false;
  for (let i = 0; i < a.length; i++) if (a[i] !== b[i]) return false;
  return true;
}

/** What runs where, and what the boot ROM expects, per kind of falcon ucode. Source: linux: drivers/gpu/nova-core/falcon/gsp.rs, sec2.rs */
const BROM = {
  fwsec: { engine: 'gsp', engineIdMask: 0x400, ucodeId: 9, fuse: 'gspFwsec' },
  booterLoad: { engine: 'sec2', engineIdMask: 1, ucodeId: 3, fuse: 'sec2Booter' },
  booterUnload: { engine: 'sec2', engineIdMask: 1, ucodeId: 3, fuse: 'sec2Booter' },
} as const;
const RSA3K = 1;

/** IMEM from the first secure block on. */
export function secureImem(start: FalconStart): { readonly bytes: Uint8Array; readonly length: number } | undefined {
  let first = -1;
  let blocks = 0;
  for (const { block, secure } of start.loadedImem) {
    if (!secure) continue;
    blocks++;
    if (first < 0 || block < first) first = block;
  }
  return first < 0 ? undefined : { bytes: start.imem.subarray(first * 0x100), length: blocks * 0x100 };
}

/** A known real ucode: what was loaded is recognised by the length and the SHA-256 of its secure IMEM. */
export interface KnownUcode extends Ucode {
  readonly imemLength: number;
  /** Lower-case hexadecimal. */
  readonly imemSha256: string;
}

/** A booter of NVIDIA's, by the length and the digest of its secure code. */
export const knownBooter = (version: string, chip: string, kind: 'booterLoad' | 'booterUnload', imemLength: number, imemSha256: string): KnownUcode =>
  ({ kind, version, chip, interfaceOffset: 0, imemLength, imemSha256 });

/** The bootloader that fetches FWSEC on Turing, `acr/bl.bin` and `gsp/gen_bootloader-*.bin`: one code in all releases. */
const FALCON_BOOTLOADER = { length: 0x200, sha256: '6f442fbd706a3e7cb2c4d116553e246963eccf493dc12527e0658770a036b771' } as const;

/** Whether what a falcon starts with, code that needs no signature, is the bootloader that fetches FWSEC. */
export function isFalconBootloader({ imem, loadedImem, bootVector }: FalconStart, chip: string): boolean {
  const first = loadedImem.find(({ tag, secure }) => !secure && tag === Math.floor(bootVector / 0x100));
  if (first === undefined) return false;
  const code = imem.subarray(first.block * 0x100, first.block * 0x100 + FALCON_BOOTLOADER.length);
  const header = readSyntheticHeader(code);
  return header === undefined ? hex(sha256(code)) === FALCON_BOOTLOADER.sha256 : header.kind === 'genericBootloader' && header.chip === chip;
}

export type Recognised =
  | { readonly ucode: Ucode }
  | { readonly unknown: true }
  /** The boot ROM would not run it. */
  | { readonly refused: string };

/**
 * Decides what a started falcon would run, with the boot ROM's checks: signature algorithm, engine, ucode id, fuse
 * version and, for synthetic ucode, the digest over everything that was loaded. Without a boot ROM, engine and digest
 * are what counts.
 */
export function recognise(
  start: FalconStart, chip: string, fuses: { readonly gspFwsec: number; readonly sec2Booter: number }, known: readonly KnownUcode[],
): Recognised {
  const imem = secureImem(start);
  if (imem === undefined) return { unknown: true };
  const header = readSyntheticHeader(imem.bytes);
  if (header === undefined) {
    const candidates = known.filter(({ imemLength }) => imemLength === imem.length);
    if (candidates.length === 0) return { unknown: true };
    const digest = hex(sha256(imem.bytes.subarray(0, imem.length)));
    const ucode = candidates.find(({ imemSha256 }) => imemSha256 === digest);
    return ucode === undefined ? { unknown: true } : checkBrom(start, ucode) ?? { ucode };
  }
  const wrong = checkBrom(start, header);
  if (wrong !== undefined) return wrong;
  if (header.chip !== chip) return { refused: `made for ${header.chip}` };
  return checkSynthetic(start, imem, header, fuses) ?? { ucode: header };
}

function checkBrom({ engine, brom }: FalconStart, ucode: Ucode): Recognised | undefined {
  const expected = ucode.kind in BROM ? BROM[ucode.kind as keyof typeof BROM] : undefined;
  if (expected === undefined) return { refused: `${ucode.kind} does not run on a falcon` };
  if (expected.engine !== engine) return { refused: `${ucode.kind} does not run on ${engine}` };
  if (brom === undefined) return undefined;
  if (brom.algorithm !== RSA3K) return { refused: `signature algorithm ${brom.algorithm}` };
  if (brom.engineIdMask !== expected.engineIdMask) return { refused: `engine mask 0x${brom.engineIdMask.toString(16)}` };
  if (brom.ucodeId !== expected.ucodeId) return { refused: `ucode id ${brom.ucodeId}` };
  return undefined;
}

function checkSynthetic(
  start: FalconStart, imem: { readonly bytes: Uint8Array; readonly length: number }, header: SyntheticHeader,
  fuses: { readonly gspFwsec: number; readonly sec2Booter: number },
): Recognised | undefined {
  const { imemLength, dmemLength, patched } = header;
  const { falconSize, withoutBootRom } = SYNTHETIC_SIGNATURE;
  if (imemLength < size || imemLength > imem.length || dmemLength > start.dmem.length) return { refused: 'less loaded than the header says' };
  const at = start.brom ? start.brom.paraAddr : withoutBootRom.dmemOffset;
  // What checks itself has a slot as Turing's, or one as those behind a boot ROM: GA100's booters.
  const full = readSignature(start.dmem.subarray(at, dmemLength));
  const slot = start.brom !== undefined || full !== undefined ? falconSize : withoutBootRom.size;
  if (at + slot > dmemLength || patched.start + patched.length > dmemLength) return { refused: 'signature or patched range outside DMEM' };
  const block = start.dmem.subarray(at, at + slot);
  const signature = start.brom ? full : full ?? { fuseVersion: 0, digest: block };
  if (signature === undefined) return { refused: 'no signature' };
  const fuse = start.brom ? fuses[BROM[header.kind as keyof typeof BROM].fuse] : 0;
  if (signature.fuseVersion !== fuse) return { refused: `signature is for fuse version ${signature.fuseVersion}, the chip has ${fuse}` };
  const dmem = start.dmem.slice(0, dmemLength);
  dmem.fill(0, at, at + slot);
  dmem.fill(0, patched.start, patched.start + patched.length);
  const digest = sha256.create().update(imem.bytes.subarray(0, imemLength)).update(dmem).digest();
  return equalBytes(digest.subarray(0, signature.digest.length), signature.digest) ? undefined : { refused: 'signature does not match' };
}

export function hex(bytes: Uint8Array): string {
  let text = '';
  for (const byte of bytes) text += byte.toString(16).padStart(2, '0');
  return text;
}
