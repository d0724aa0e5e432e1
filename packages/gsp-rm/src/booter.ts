import type { FirmwareHardware, MemoryJob } from '@nova-stack/hw-model/port';
import { verifyBootloader, verifyImage, type KnownBootloader, type KnownImage } from './images.ts';
import { walkRadix3 } from './radix3.ts';
import type { Release } from './release.ts';
import { findRelease } from './releases.ts';
import type { LoadedImage } from './state.ts';
import { restoreProtected, saveProtected, SR_META_MAGIC } from './suspend.ts';
import { BOOTER_ERRORS, checkLayout, type WprMeta } from './wpr-meta.ts';

/**
 * Booter, the secure ucode on SEC2: load puts the GSP firmware into WPR2 and starts the GSP's RISC-V core before
 * SEC2 halts; unload takes WPR2 down.
 *
 * Sources: linux: drivers/gpu/nova-core/firmware/booter.rs, drivers/gpu/nova-core/gsp/boot.rs
 */

const META_SIZE = 256;
const WPR_META_MAGIC = 0xdc3aae21371a60b3n;
const SIGNATURE_LIMIT = 0x10000;
const BOOTLOADER_LIMIT = 0x100000;

export type BooterVerdict =
  | { readonly image: LoadedImage; readonly resuming: boolean }
  | { readonly error: number; readonly reason: string };

const refuse = (error: keyof typeof BOOTER_ERRORS, reason: string): BooterVerdict => ({ error: BOOTER_ERRORS[error], reason });

/** Real files that are recognised beside synthetic ones. */
export interface KnownFiles {
  readonly images: readonly KnownImage[];
  readonly bootloaders: readonly KnownBootloader[];
}

/** Booter load, up to the point where RISC-V may start. */
export function* bootLoad(
  hardware: FirmwareHardware, address: number, release: Release, known: KnownFiles,
): MemoryJob<BooterVerdict> {
  const fault = hardware.fault('gsp-rm.booter.load');
  if (fault !== undefined) return { error: fault.value ?? 0xbad, reason: 'fault plan' };
  const bytes = new Uint8Array(META_SIZE);
  if (!(yield { op: 'read', address, into: bytes })) return refuse('unreachable', 'WPR metadata unreachable');
  const meta = release.decodeWprMeta(bytes);
  if (meta.magic === SR_META_MAGIC) return yield* resume(hardware, bytes, release);
  if (meta.magic !== WPR_META_MAGIC) return refuse('magic', `magic 0x${meta.magic.toString(16)}`);
  if (meta.revision !== 1n) return refuse('revision', `revision ${meta.revision}`);
  const wrong = checkLayout(meta, hardware.facts.vramSize);
  if (wrong !== undefined) return refuse('layout', wrong);
  const wpr2 = hardware.wpr2();
  if (wpr2 === undefined ? meta.frts.size > 0 : wpr2.start !== meta.frts.start || wpr2.end !== meta.frts.start + meta.frts.size) {
    return refuse('wpr2', 'WPR2 is not the FRTS region of the metadata');
  }

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

  hardware.writeVram(meta.wprStart, release.verifiedMeta(bytes));
  hardware.setWpr2(meta.wprStart, meta.wprEnd);
  hardware.trace('gsp-rm.booter.loaded', {
    version: verdict.release, size: meta.radix3.size, start: meta.wprStart, end: meta.wprEnd,
  });
  return { image: loadedImage(verdict.release, meta), resuming: false };
}

function loadedImage(release: string, meta: WprMeta): LoadedImage {
  return {
    release, imageStart: meta.imageStart, imageSize: meta.radix3.size,
    heapStart: meta.heap.start, heapSize: meta.heap.size, wprStart: meta.wprStart, wprEnd: meta.wprEnd,
    nonWprHeapStart: meta.nonWprHeap.start, nonWprHeapSize: meta.nonWprHeap.size, frtsStart: meta.frts.start,
  };
}

/** Booter load with what an earlier booter unload saved: WPR2 comes back as it was. */
function* resume(hardware: FirmwareHardware, bytes: Uint8Array, release: Release): MemoryJob<BooterVerdict> {
  if (hardware.wpr2() !== undefined) return refuse('wpr2', 'WPR2 is set already');
  const restored = yield* restoreProtected(hardware, release, bytes);
  if ('refused' in restored) return refuse('resume', restored.refused);
  hardware.setWpr2(restored.meta.wprStart, restored.meta.wprEnd);
  // The same image as at the suspend: it was verified then, and the saved memory's digest now.
  hardware.trace('gsp-rm.booter.resumed', { version: release.version, start: restored.meta.wprStart, end: restored.meta.wprEnd });
  return { image: loadedImage(release.version, restored.meta), resuming: true };
}

/** Copies image and bootloader from system memory to their places, straight into VRAM. */
function* copyImage(hardware: FirmwareHardware, meta: WprMeta): MemoryJob<BooterVerdict | undefined> {
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

/** What drivers put into both mailboxes to ask for unload instead of the address of saved state. */
const UNLOAD_MAILBOX = 0xff;

/** Booter unload: with both mailboxes 0xff the end, else the address of where to save WPR2. @returns the value for mailbox 0 */
export function* bootUnload(
  hardware: FirmwareHardware, mailbox0: number, mailbox1: number, release: Release, gspRuns: boolean,
): MemoryJob<number> {
  const refused = (error: keyof typeof BOOTER_ERRORS, reason: string): number => {
    hardware.trace('gsp-rm.booter.refused', { error: BOOTER_ERRORS[error], reason });
    return BOOTER_ERRORS[error];
  };
  if (gspRuns) return refused('gspRuns', 'the GSP still runs');
  const wpr2 = hardware.wpr2();
  if (mailbox0 !== UNLOAD_MAILBOX || mailbox1 !== UNLOAD_MAILBOX) {
    if (wpr2 === undefined) return refused('mailbox', 'there is nothing to save');
    const failed = yield* saveProtected(hardware, release, mailbox0 + mailbox1 * 0x1_0000_0000, wpr2);
    if (failed !== undefined) return refused('mailbox', failed);
  }
  if (wpr2 !== undefined) {
    // What was protected must not become readable.
    hardware.fillVram(wpr2.start, wpr2.end - wpr2.start, 0);
    hardware.clearWpr2();
  }
  hardware.trace('gsp-rm.booter.unloaded');
  return 0;
}
