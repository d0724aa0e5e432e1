import type { FirmwareHardware, MemoryJob } from '@nova-stack/hw-model/port';
import { loadedImage, placeFirmware, refuse, type KnownFiles, type Refusal } from './place-firmware.ts';
import type { Release } from './release.ts';
import type { LoadedImage } from './state.ts';
import { restoreProtected, saveProtected, SR_META_MAGIC } from './suspend.ts';
import { BOOTER_ERRORS, checkLayout, WPR_META_MAGIC } from './wpr-meta.ts';

/**
 * Booter, the secure ucode on SEC2: load puts the GSP firmware into WPR2 and starts the GSP's RISC-V core before
 * SEC2 halts; unload takes WPR2 down.
 *
 * Sources: linux: drivers/gpu/nova-core/firmware/booter.rs, drivers/gpu/nova-core/gsp/boot.rs
 */

const META_SIZE = 256;

export type BooterVerdict =
  | { readonly image: LoadedImage; readonly resuming: boolean }
  | Refusal;

/** Booter load, up to the point where RISC-V may start. */
export function* bootLoad(
  hardware: FirmwareHardware, address: number, release: Release, known: KnownFiles,
): MemoryJob<BooterVerdict> {
  const fault = hardware.fault('gsp-rm.booter.load');
  if (fault !== undefined) return { error: fault.value ?? 0xbad, reason: 'fault plan' };
  const bytes = new Uint8Array(META_SIZE);
  if (!(yield { op: 'read', address, into: bytes })) return refuse('unreachable', 'WPR metadata unreachable');
  const meta = release.decodeWprMeta(bytes);
  if (meta.magic === SR_META_MAGIC) return yield* resumeProtected(hardware, bytes, release);
  if (meta.magic !== WPR_META_MAGIC) return refuse('magic', `magic 0x${meta.magic.toString(16)}`);
  if (meta.revision !== 1n) return refuse('revision', `revision ${meta.revision}`);
  const wrong = checkLayout(meta, hardware.facts.vramSize);
  if (wrong !== undefined) return refuse('layout', wrong);
  const wpr2 = hardware.wpr2();
  if (wpr2 === undefined ? meta.frts.size > 0 : wpr2.start !== meta.frts.start || wpr2.end !== meta.frts.start + meta.frts.size) {
    return refuse('wpr2', 'WPR2 is not the FRTS region of the metadata');
  }

  const placed = yield* placeFirmware(hardware, meta, bytes, release, known);
  if ('error' in placed) return placed;
  hardware.trace('gsp-rm.booter.loaded', {
    version: placed.version, size: meta.radix3.size, start: meta.wprStart, end: meta.wprEnd,
  });
  return { image: loadedImage(placed.version, meta), resuming: false };
}

/** A boot from what was saved at a suspend: WPR2 comes back as it was. */
export function* resumeProtected(hardware: FirmwareHardware, bytes: Uint8Array, release: Release): MemoryJob<BooterVerdict> {
  if (hardware.wpr2() !== undefined) return refuse('wpr2', 'WPR2 is set already');
  const restored = yield* restoreProtected(hardware, release, bytes);
  if ('refused' in restored) return refuse('resume', restored.refused);
  hardware.setWpr2(restored.meta.wprStart, restored.meta.wprEnd);
  // The same image as at the suspend: it was verified then, and the saved memory's digest now.
  hardware.trace('gsp-rm.booter.resumed', { version: release.version, start: restored.meta.wprStart, end: restored.meta.wprEnd });
  return { image: loadedImage(release.version, restored.meta), resuming: true };
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
