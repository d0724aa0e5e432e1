import { sha256 } from '@noble/hashes/sha2.js';
import { SYNTHETIC_KINDS, SYNTHETIC_SIGNATURE, SYNTHETIC_UCODE } from '@nova-stack/gpu-regs';

/** Fills a multiple of 4 bytes with what looks like code and is the same on every run. `label` picks which. */
export function fillFrom(label: string, bytes: Uint8Array): Uint8Array {
  // FNV-1a makes the seed, xorshift32 the bytes: nothing here needs to be secret or good, only fixed.
  let state = 0x811c9dc5;
  for (let i = 0; i < label.length; i++) state = Math.imul(state ^ label.charCodeAt(i), 0x01000193);
  state ||= 1;
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  for (let i = 0; i < bytes.length; i += 4) {
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    view.setInt32(i, state, true);
  }
  return bytes;
}

/** What the header of synthetic ucode says; see {@link SYNTHETIC_UCODE}. */
export interface UcodeHeader {
  readonly kind: keyof typeof SYNTHETIC_KINDS;
  readonly version: string;
  readonly chip: string;
  readonly imemLength: number;
  readonly dmemLength: number;
}

function putText(bytes: Uint8Array, at: number, text: string, limit: number): void {
  if (text.length > limit || !/^[\x20-\x7e]*$/.test(text)) throw new RangeError(`${JSON.stringify(text)} is no ASCII of at most ${limit} characters`);
  for (let i = 0; i < limit; i++) bytes[at + i] = i < text.length ? text.charCodeAt(i) : 0;
}

/** Writes the header over the first bytes of `bytes`. */
export function putHeader(bytes: Uint8Array, header: UcodeHeader): void {
  const { offsets, magic, size } = SYNTHETIC_UCODE;
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  bytes.fill(0, 0, size);
  putText(bytes, offsets.magic, magic, 8);
  view.setUint32(offsets.kind, SYNTHETIC_KINDS[header.kind], true);
  view.setUint32(offsets.imemLength, header.imemLength, true);
  putText(bytes, offsets.version, header.version, 16);
  putText(bytes, offsets.chip, header.chip, 16);
  view.setUint32(offsets.dmemLength, header.dmemLength, true);
}

/** A signature block of `size` bytes for what hashes to `digest`. */
export function signatureBlock(size: number, fuseVersion: number, digest: Uint8Array): Uint8Array {
  const { magic, offsets } = SYNTHETIC_SIGNATURE;
  const block = new Uint8Array(size);
  putText(block, offsets.magic, magic, 8);
  new DataView(block.buffer).setUint32(offsets.fuseVersion, fuseVersion, true);
  block.set(digest, offsets.digest);
  return block;
}

/** SHA-256 over the parts, in order. Signature slots in them are zero already. */
export function digestOf(...parts: readonly Uint8Array[]): Uint8Array {
  const hash = sha256.create();
  for (const part of parts) hash.update(part);
  return hash.digest();
}
