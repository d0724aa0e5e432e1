import type { FirmwareHardware, MemoryJob } from '@nova-stack/hw-model/port';
import { resumeProtected, type BooterVerdict } from './booter.ts';
import type { TrustedFmc } from './fsp/chain-of-trust.ts';
import { loadedImage, placeFirmware, refuse, type KnownFiles } from './place-firmware.ts';
import { findRelease } from './releases.ts';
import { SR_META_MAGIC } from './suspend.ts';
import { checkLayout, layOut, WPR_META_MAGIC } from './wpr-meta.ts';

/**
 * The GSP-FMC, the first code on the GSP of chips with an FSP: it does what booter does on earlier chips, and chooses
 * itself where everything lies.
 *
 * Sources: open-gpu-kernel-modules 570.144: src/nvidia/src/kernel/gpu/gsp/arch/hopper/kernel_gsp_gh100.c;
 * linux: drivers/gpu/nova-core/gsp/hal/gh100.rs
 */

const META_SIZE = 256;

/** A verdict, and what the firmware is to be started with. */
export type FmcVerdict = BooterVerdict & { readonly libosArguments: number };

/** Brings the firmware into WPR2, up to the point where it may start. */
export function* runFmc(hardware: FirmwareHardware, { release: version, bootParams, frts }: TrustedFmc, known: KnownFiles): MemoryJob<FmcVerdict> {
  const release = findRelease(version)!;
  const parameters = new Uint8Array(release.fmcBootParams.size);
  if (!(yield { op: 'read', address: bootParams, into: parameters })) return { ...refuse('unreachable', 'boot parameters unreachable'), libosArguments: 0 };
  const { meta: { address, size }, startsRm, libosArguments } = release.fmcBootParams.decode(parameters);
  const done = (verdict: BooterVerdict): FmcVerdict => ({ ...verdict, libosArguments });
  const fault = hardware.fault('gsp-rm.fmc');
  if (fault !== undefined) return done({ error: fault.value ?? 0xbad, reason: 'fault plan' });
  if (!startsRm) return done(refuse('layout', 'the parameters do not ask for GSP-RM'));
  const bytes = new Uint8Array(META_SIZE);
  if (size < META_SIZE || !(yield { op: 'read', address, into: bytes })) return done(refuse('unreachable', `metadata of ${size} bytes unreachable`));
  const told = release.decodeWprMeta(bytes);
  if (told.magic === SR_META_MAGIC) return done(yield* resumeProtected(hardware, bytes, release));
  if (told.magic !== WPR_META_MAGIC) return done(refuse('magic', `magic 0x${told.magic.toString(16)}`));
  if (told.revision !== 1n) return done(refuse('revision', `revision ${told.revision}`));
  if (hardware.wpr2() !== undefined) return done(refuse('wpr2', 'WPR2 is set already'));
  const { vramSize } = hardware.facts;
  // The FSP and the GSP-FMC are told of the region separately.
  if (told.frts.size !== frts.size) return done(refuse('layout', `FRTS of ${told.frts.size} bytes, the FSP made ${frts.size}`));
  const meta = layOut(told, vramSize, vramSize - frts.offset);
  const wrong = meta === undefined ? 'the framebuffer is too small' : checkLayout(meta, vramSize);
  if (meta === undefined || wrong !== undefined) return done(refuse('layout', wrong!));

  const placed = yield* placeFirmware(hardware, meta, release.placedMeta(bytes, meta), release, known);
  if ('error' in placed) return done(placed);
  hardware.trace('gsp-rm.fmc.loaded', { version: placed.version, size: meta.radix3.size, start: meta.wprStart, end: meta.wprEnd });
  return done({ image: loadedImage(placed.version, meta), resuming: false });
}
