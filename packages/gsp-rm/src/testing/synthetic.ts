import { sha256 } from '@noble/hashes/sha2.js';
import { SYNTHETIC_KINDS, SYNTHETIC_SIGNATURE, SYNTHETIC_UCODE } from '@nova-stack/gpu-regs';
import type { FalconStart } from '@nova-stack/hw-model/port';

/** Makes ucode in the synthetic form for tests of the reader. */

export interface UcodeParts {
  readonly kind: keyof typeof SYNTHETIC_KINDS;
  readonly imem: number;
  readonly dmem: Uint8Array;
  readonly version?: string;
  readonly chip?: string;
  readonly interfaceOffset?: number;
  readonly patched?: { readonly start: number; readonly length: number };
}

function text(bytes: Uint8Array, at: number, value: string): void {
  for (let i = 0; i < value.length; i++) bytes[at + i] = value.charCodeAt(i);
}

/** Bytes of the IMEM part, header first. */
export function synthetic({ kind, imem, dmem, version = '570.144', chip = 'ad102', interfaceOffset = 0, patched = { start: 0, length: 0 } }: UcodeParts): Uint8Array {
  const bytes = Uint8Array.from({ length: imem }, (_, i) => (i * 13) & 0xff);
  bytes.fill(0, 0, SYNTHETIC_UCODE.size);
  const view = new DataView(bytes.buffer);
  const at = SYNTHETIC_UCODE.offsets;
  text(bytes, at.magic, SYNTHETIC_UCODE.magic);
  view.setUint32(at.kind, SYNTHETIC_KINDS[kind], true);
  view.setUint32(at.imemLength, imem, true);
  text(bytes, at.version, version);
  text(bytes, at.chip, chip);
  view.setUint32(at.dmemLength, dmem.length, true);
  view.setUint32(at.interfaceOffset, interfaceOffset, true);
  view.setUint32(at.patchedStart, patched.start, true);
  view.setUint32(at.patchedLength, patched.length, true);
  return bytes;
}

export function signature(digest: Uint8Array, fuseVersion: number, size: number = SYNTHETIC_SIGNATURE.falconSize): Uint8Array {
  const block = new Uint8Array(size);
  text(block, SYNTHETIC_SIGNATURE.offsets.magic, SYNTHETIC_SIGNATURE.magic);
  new DataView(block.buffer).setUint32(SYNTHETIC_SIGNATURE.offsets.fuseVersion, fuseVersion, true);
  block.set(digest, SYNTHETIC_SIGNATURE.offsets.digest);
  return block;
}

/** What a falcon holds when a driver has loaded the ucode rightly. `dmem` is as signed; `patch` comes after. */
export function loadedFalcon(parts: UcodeParts, pkc: number, fuseVersion: number, patch: (dmem: DataView) => void = () => {}): Partial<FalconStart> {
  const imem = new Uint8Array(0x10000);
  const code = synthetic(parts);
  imem.set(code);
  const dmem = new Uint8Array(0x10000);
  dmem.set(parts.dmem);
  dmem.fill(0, pkc, pkc + SYNTHETIC_SIGNATURE.falconSize);
  const { start, length } = parts.patched ?? { start: 0, length: 0 };
  dmem.fill(0, start, start + length);
  const digest = sha256.create().update(code).update(dmem.subarray(0, parts.dmem.length)).digest();
  dmem.set(parts.dmem.subarray(start, start + length), start);
  dmem.set(signature(digest, fuseVersion), pkc);
  patch(new DataView(dmem.buffer));
  const brom = parts.kind === 'fwsec'
    ? { algorithm: 1, ucodeId: 9, engineIdMask: 0x400, paraAddr: pkc }
    : { algorithm: 1, ucodeId: 3, engineIdMask: 1, paraAddr: pkc };
  const loadedImem = Array.from({ length: Math.ceil(code.length / 0x100) }, (_, block) => ({ block, tag: block, secure: true }));
  return { imem, dmem, loadedImem, brom };
}

/** Code at an IMEM offset, in whole blocks, as the ports or a transfer leave it behind. */
export const blocksOf = (offset: number, size: number, tag: number, secure: boolean): { block: number; tag: number; secure: boolean }[] =>
  Array.from({ length: Math.ceil(size / 0x100) }, (_, i) => ({ block: offset / 0x100 + i, tag: tag + i, secure }));

/**
 * What belongs into the memories of a falcon without a boot ROM: code that runs unsigned before the secure part, and data
 * with the signature in it. `patch` comes after the signature.
 */
export function turingUcode(parts: UcodeParts, patch: (dmem: DataView) => void = () => {}): { readonly code: Uint8Array; readonly secureAt: number; readonly dmem: Uint8Array } {
  const secureAt = 0x100;
  const { dmemOffset, size } = SYNTHETIC_SIGNATURE.withoutBootRom;
  const secure = synthetic(parts);
  const code = new Uint8Array(secureAt + secure.length);
  code.set(secure, secureAt);
  const dmem = parts.dmem.slice();
  const measured = dmem.slice();
  const { start, length } = parts.patched ?? { start: 0, length: 0 };
  measured.fill(0, start, start + length);
  measured.fill(0, dmemOffset, dmemOffset + size);
  dmem.set(sha256.create().update(secure).update(measured).digest().subarray(0, size), dmemOffset);
  patch(new DataView(dmem.buffer));
  return { code, secureAt, dmem };
}

/** The bootloader that fetches FWSEC on Turing, as the synthetic pack has it. */
export const falconBootloader = (chip: string): Uint8Array => synthetic({ kind: 'genericBootloader', imem: 0x200, dmem: new Uint8Array(0), chip });
