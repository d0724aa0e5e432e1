import type { FirmwareHardware, MemoryJob } from '@nova-stack/hw-model/port';
import { verifyBootloader, verifyImage, type KnownBootloader, type KnownImage } from './images.ts';
import { walkRadix3 } from './radix3.ts';
import type { Release } from './release.ts';
import { findRelease } from './releases.ts';
import type { LoadedImage } from './state.ts';
import { BOOTER_ERRORS, type WprMeta } from './wpr-meta.ts';

/** What booter on SEC2 and the GSP-FMC both do: they bring the GSP firmware into WPR2 and check it there. */

const SIGNATURE_LIMIT = 0x10000;
const BOOTLOADER_LIMIT = 0x100000;

/** Real files that are recognised beside synthetic ones. */
export interface KnownFiles {
  readonly images: readonly KnownImage[];
  readonly bootloaders: readonly KnownBootloader[];
}

export interface Refusal {
  readonly error: number;
  readonly reason: string;
}
export const refuse = (error: keyof typeof BOOTER_ERRORS, reason: string): Refusal => ({ error: BOOTER_ERRORS[error], reason });

/**
 * Copies image and bootloader to where `meta` has them, verifies them, and sets WPR2 around them.
 *
 * @param header - the metadata as it is to stand at the start of WPR2
 * @returns the release, or why nothing is there now
 */
export function* placeFirmware(
  hardware: FirmwareHardware, meta: WprMeta, header: Uint8Array, release: Release, known: KnownFiles,
): MemoryJob<{ readonly version: string } | Refusal> {
  const copied = yield* copyImage(hardware, meta);
  if (copied !== undefined) return copied;
  if (meta.signature.size > SIGNATURE_LIMIT) return refuse('signature', `signature of ${meta.signature.size} bytes`);
  const signature = new Uint8Array(meta.signature.size);
  if (!(yield { op: 'read', address: meta.signature.address, into: signature })) return refuse('unreachable', 'signature unreachable');
  const verdict = verifyImage(hardware, meta.imageStart, meta.radix3.size, signature, known.images);
  const bootloader = new Uint8Array(meta.bootloader.size);
  hardware.readVram(meta.bootBinStart, bootloader);
  const refused = 'refused' in verdict ? verdict.refused : verifyBootloader(hardware.facts.chip, bootloader, known.bootloaders);
  if ('refused' in verdict || refused !== undefined) {
    hardware.fillVram(meta.imageStart, meta.radix3.size, 0);
    hardware.fillVram(meta.bootBinStart, meta.bootloader.size, 0);
    return refuse('signature', refused ?? '');
  }
  if (findRelease(verdict.release) === undefined) return refuse('release', `firmware ${verdict.release} is not modelled`);

  hardware.writeVram(meta.wprStart, release.verifiedMeta(header));
  hardware.setWpr2(meta.wprStart, meta.wprEnd);
  return { version: verdict.release };
}

export function loadedImage(release: string, meta: WprMeta): LoadedImage {
  return {
    release, imageStart: meta.imageStart, imageSize: meta.radix3.size,
    heapStart: meta.heap.start, heapSize: meta.heap.size, wprStart: meta.wprStart, wprEnd: meta.wprEnd,
    nonWprHeapStart: meta.nonWprHeap.start, nonWprHeapSize: meta.nonWprHeap.size, frtsStart: meta.frts.start,
  };
}

/** Copies image and bootloader from system memory to their places, straight into VRAM. */
function* copyImage(hardware: FirmwareHardware, meta: WprMeta): MemoryJob<Refusal | undefined> {
  const runs = yield* walkRadix3(meta.radix3.address, meta.radix3.size);
  if ('failed' in runs) return refuse('radix3', runs.failed);
  let to = meta.imageStart;
  for (const { address, size } of runs) {
    if (!(yield* copyIn(hardware, address, to, size))) return refuse('unreachable', 'image unreachable');
    to += size;
  }
  if (meta.bootloader.size > BOOTLOADER_LIMIT) return refuse('layout', `bootloader of ${meta.bootloader.size} bytes`);
  if (!(yield* copyIn(hardware, meta.bootloader.address, meta.bootBinStart, meta.bootloader.size))) {
    return refuse('unreachable', 'bootloader unreachable');
  }
  return undefined;
}

/** Reads system memory into VRAM in place: no buffer in between. */
function* copyIn(hardware: FirmwareHardware, from: number, to: number, size: number): MemoryJob<boolean> {
  for (let done = 0; done < size;) {
    const into = hardware.vramSpan(to + done, size - done);
    if (!(yield { op: 'read', address: from + done, into })) return false;
    done += into.length;
  }
  return true;
}
