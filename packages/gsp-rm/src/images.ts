import { sha256 } from '@noble/hashes/sha2.js';
import { SYNTHETIC_SIGNATURE } from '@nova-stack/gpu-regs';
import type { FirmwareHardware } from '@nova-stack/hw-model/port';
import { equalBytes, hex, readSignature, readSyntheticHeader } from './ucode.ts';

/** A known real GSP image: recognised by size and by a digest over a sample of its pages. */
export interface KnownImage {
  readonly release: string;
  /** SHA-256 of the signature that booter gets, by the chips that it is for: lower-case names or their beginning. */
  readonly signatures: Readonly<Record<string, string>>;
  readonly size: number;
  /** Lower-case hexadecimal SHA-256 over the pages that {@link samplePages} names. */
  readonly sample: string;
}

/** A known real RISC-V bootloader. */
export interface KnownBootloader {
  readonly chip: string;
  /** Bytes. */
  readonly size: number;
  /** Lower-case hexadecimal, over all of it. */
  readonly sha256: string;
}

const PAGE = 0x1000;
const SAMPLES = 64;

/** Page indices of an image of `size` bytes that the sampled digest covers: first, last and evenly spread ones. */
export function samplePages(size: number): readonly number[] {
  const whole = Math.floor(size / PAGE);
  const pages = new Set<number>();
  for (let i = 0; i < SAMPLES; i++) pages.add(Math.floor((i * (whole - 1)) / (SAMPLES - 1)));
  return [...pages].sort((a, b) => a - b);
}

/** Digest of the sample; `read` fills a page of the image. */
export function sampleDigest(size: number, read: (offset: number, into: Uint8Array) => void): string {
  const hash = sha256.create();
  const page = new Uint8Array(PAGE);
  for (const index of samplePages(size)) {
    read(index * PAGE, page);
    hash.update(page);
  }
  return hex(hash.digest());
}

const CHUNK = 1 << 20;

/** SHA-256 of VRAM `[start, start + size)`, without a copy of it. */
function digestVram(hardware: FirmwareHardware, start: number, size: number): Uint8Array {
  const hash = sha256.create();
  for (let at = 0; at < size;) {
    const span = hardware.vramSpan(start + at, Math.min(CHUNK, size - at));
    hash.update(span);
    at += span.length;
  }
  return hash.digest();
}

export type ImageVerdict = { readonly release: string } | { readonly refused: string };

/** What the GSP image that lies in VRAM is, and whether its signature is right. */
export function verifyImage(
  hardware: FirmwareHardware, start: number, size: number, signature: Uint8Array, known: readonly KnownImage[],
): ImageVerdict {
  const head = new Uint8Array(Math.min(size, 0x40));
  hardware.readVram(start, head);
  const header = readSyntheticHeader(head);
  const { chip } = hardware.facts;
  if (header === undefined) {
    const candidates = known.filter((image) => image.size === size);
    if (candidates.length === 0) return { refused: 'unknown image' };
    const sample = sampleDigest(size, (offset, into) => {
      hardware.readVram(start + offset, into);
    });
    const image = candidates.find((candidate) => candidate.sample === sample);
    if (image === undefined) return { refused: 'unknown image' };
    const digest = hex(sha256(signature));
    const right = Object.entries(image.signatures).some(([chips, expected]) => chip.startsWith(chips) && expected === digest);
    return right ? { release: image.release } : { refused: `signature is not ${chip}'s` };
  }
  if (header.kind !== 'gspRm') return { refused: `${header.kind} in place of the GSP image` };
  if (header.chip !== chip) return { refused: `image made for ${header.chip}` };
  if (header.imemLength !== size) return { refused: `image of ${size} bytes says it has ${header.imemLength}` };
  const signed = readSignature(signature);
  if (signed === undefined) return { refused: 'no signature' };
  return equalBytes(digestVram(hardware, start, size), signed.digest) ? { release: header.version } : { refused: 'signature does not match' };
}

/** Why the RISC-V bootloader would not run; undefined when it is sound. */
export function verifyBootloader(chip: string, bytes: Uint8Array, known: readonly KnownBootloader[]): string | undefined {
  const header = readSyntheticHeader(bytes);
  if (header === undefined) {
    const digest = hex(sha256(bytes));
    return known.some((each) => each.size === bytes.length && each.sha256 === digest) ? undefined : 'unknown bootloader';
  }
  if (header.kind !== 'gspBootloader') return `${header.kind} in place of the bootloader`;
  if (header.chip !== chip) return `bootloader made for ${header.chip}`;
  if (header.imemLength !== bytes.length) return `bootloader of ${bytes.length} bytes says it has ${header.imemLength}`;
  const { bootloaderOffset: at, falconSize } = SYNTHETIC_SIGNATURE;
  const signed = readSignature(bytes.subarray(at, at + falconSize));
  if (signed === undefined) return 'bootloader without signature';
  const unsigned = bytes.slice();
  unsigned.fill(0, at, at + falconSize);
  return equalBytes(sha256(unsigned), signed.digest) ? undefined : 'signature of the bootloader does not match';
}
