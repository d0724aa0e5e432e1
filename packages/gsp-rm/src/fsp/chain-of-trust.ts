import { sha256, sha384 } from '@noble/hashes/sha2.js';
import { COT_PAYLOAD, CHIPS, SYNTHETIC_UCODE, type ChipName, type CotPayload } from '@nova-stack/gpu-regs';
import type { ChipFacts, MemoryJob } from '@nova-stack/hw-model/port';
import { findRelease } from '../releases.ts';
import { equalBytes, hex, readSignature, readSyntheticHeader } from '../ucode.ts';
import type { FspError } from './packets.ts';

/**
 * The FSP's part in the chain of trust: it measures the GSP-FMC that it is pointed to, holds it against hash and signature, and
 * starts it.
 *
 * Source: open-gpu-kernel-modules 570.144: src/nvidia/src/kernel/gpu/fsp/arch/hopper/kern_fsp_gh100.c (kfspSetupGspImages, kfspSendBootCommands)
 */

/** A GSP-FMC of NVIDIA's. */
export interface KnownFmc {
  readonly release: string;
  /** Chips that it is for, by the beginning of their names. */
  readonly chips: string;
  /** Bytes of the image. */
  readonly size: number;
  /** SHA-384 of the image, lower-case hexadecimal; it is in the message as well. */
  readonly sha384: string;
  /** SHA-256 of public key and signature, one behind the other, as long as the chip has them. */
  readonly signature: string;
}

/** What is to be started, once it was found good. */
export interface TrustedFmc {
  readonly release: string;
  /** Bus address of GSP_FMC_BOOT_PARAMS. */
  readonly bootParams: number;
  /** Region for run-time services: bytes from the end of VRAM to its end, and its size; 0 and 0 where firmware is resumed. */
  readonly frts: { readonly offset: number; readonly size: number };
}

/** Larger is no FMC. */
const IMAGE_LIMIT = 0x10_0000;
const SAFE = BigInt(Number.MAX_SAFE_INTEGER);

/** Judges a chain-of-trust message. */
export function* trust(facts: ChipFacts, payload: Uint8Array, known: readonly KnownFmc[]): MemoryJob<TrustedFmc | { readonly error: FspError; readonly reason: string }> {
  const refuse = (error: FspError, reason: string): { readonly error: FspError; readonly reason: string } => ({ error, reason });
  const expected = CHIPS[facts.chip as ChipName].family.chainOfTrust;
  if (expected === undefined || payload.length < COT_PAYLOAD.size) return refuse('payload', `payload of ${payload.length} bytes`);
  const cot = COT_PAYLOAD.read(payload);
  if (cot.version !== expected.version) return refuse('payload', `version ${cot.version}: the chip wants ${expected.version}`);
  if (cot.size !== COT_PAYLOAD.size) return refuse('payload', `size ${cot.size}`);
  const { gspFmcSysmemOffset: address, gspBootArgsSysmemOffset: bootParams, frtsVidmemOffset: offset } = cot;
  if (address > SAFE || bootParams > SAFE || offset > BigInt(facts.vramSize)) return refuse('payload', 'an address that no memory has');

  const size = yield* imageSize(Number(address), cot, known);
  if (size === undefined) return refuse('image', 'unknown image');
  const image = new Uint8Array(size);
  if (!(yield { op: 'read', address: Number(address), into: image })) return refuse('unreachable', 'image unreachable');
  const measured = sha384(image);
  if (!equalBytes(measured, cot.hash384)) return refuse('hash', 'the image is not what its hash says');
  const signed = cot.signature.subarray(0, expected.signatureSize);
  const release = recognise(facts.chip, image, hex(measured), { key: cot.publicKey.subarray(0, expected.publicKeySize), signed }, known);
  if ('reason' in release) return refuse('signature', release.reason);
  if (findRelease(release.version) === undefined) return refuse('release', `GSP-FMC of ${release.version} is not modelled`);
  return { release: release.version, bootParams: Number(bootParams), frts: { offset: Number(offset), size: cot.frtsVidmemSize } };
}

/** Length of the image, which the message does not tell: real ones are known by their hash, synthetic ones tell themselves. */
function* imageSize(address: number, { hash384 }: CotPayload, known: readonly KnownFmc[]): MemoryJob<number | undefined> {
  const claimed = hex(hash384);
  const real = known.find((fmc) => fmc.sha384 === claimed);
  if (real !== undefined) return real.size;
  const head = new Uint8Array(SYNTHETIC_UCODE.size);
  if (!(yield { op: 'read', address, into: head })) return undefined;
  const length = readSyntheticHeader(head)?.imemLength;
  return length !== undefined && length >= head.length && length <= IMAGE_LIMIT ? length : undefined;
}

function recognise(
  chip: string, image: Uint8Array, measured: string, { key, signed }: { readonly key: Uint8Array; readonly signed: Uint8Array }, known: readonly KnownFmc[],
): { readonly version: string } | { readonly reason: string } {
  const real = known.find((fmc) => fmc.sha384 === measured);
  if (real !== undefined) {
    if (!chip.startsWith(real.chips)) return { reason: `made for ${real.chips}` };
    const digest = hex(sha256.create().update(key).update(signed).digest());
    return digest === real.signature ? { version: real.release } : { reason: 'public key or signature is not that of the image' };
  }
  const header = readSyntheticHeader(image);
  if (header?.kind !== 'fmc') return { reason: `${header?.kind ?? 'something'} in place of the GSP-FMC` };
  if (header.chip !== chip) return { reason: `made for ${header.chip}` };
  const signature = readSignature(signed);
  return signature !== undefined && equalBytes(sha256(image), signature.digest) ? { version: header.version } : { reason: 'signature does not match' };
}
