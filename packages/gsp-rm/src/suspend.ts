import { sha256 } from '@noble/hashes/sha2.js';
import type { FirmwareHardware, MemoryJob } from '@nova-stack/hw-model/port';
import { walkRadix3, type Run } from './radix3.ts';
import type { Release } from './release.ts';
import { equalBytes } from './ucode.ts';
import { checkLayout, type WprMeta } from './wpr-meta.ts';

/**
 * Booter's part in a suspend: all of WPR2 goes to pages of system memory that the driver gave, with a digest, and
 * comes back from there.
 *
 * Source: linux: drivers/gpu/drm/nouveau/nvkm/subdev/gsp (r535 and r570: suspend)
 */

/** GSP_FW_SR_META_MAGIC and GSP_FW_SR_META_REVISION. */
export const SR_META_MAGIC = 0x8a3bb9e6c6c39d93n;
const SR_META_REVISION = 2n;
const META_SIZE = 256;
/** Where the structure has room for booter's own: the digest of what was saved. */
const DIGEST_AT = 0x20;
const DIGEST_SIZE = 32;
const PAGE = 0x1000;
const CHUNK = 0x10000;

interface Range extends Readonly<Record<string, number>> {
  readonly start: number;
  readonly end: number;
}

/** Saves WPR2 as the structure at `address` asks. @returns why not, or undefined */
export function* saveProtected(hardware: FirmwareHardware, release: Release, address: number, wpr2: Range): MemoryJob<string | undefined> {
  const bytes = new Uint8Array(META_SIZE);
  if (!(yield { op: 'read', address, into: bytes })) return 'suspend metadata unreachable';
  const runs = yield* readRuns(release, bytes, wpr2.end - wpr2.start);
  if (typeof runs === 'string') return runs;
  const digest = sha256.create();
  let from = wpr2.start;
  for (const run of runs) {
    for (let done = 0; done < run.size;) {
      const part = new Uint8Array(Math.min(CHUNK, run.size - done));
      hardware.readVram(from, part);
      note(digest, part);
      if (!(yield { op: 'write', address: run.address + done, from: part })) return 'memory for the saved firmware unreachable';
      done += part.length;
      from += part.length;
    }
  }
  if (!(yield { op: 'write', address: address + DIGEST_AT, from: digest.digest() })) return 'suspend metadata unreachable';
  hardware.trace('gsp-rm.booter.saved', wpr2);
  return undefined;
}

/** Brings WPR2 back out of what was saved. */
export function* restoreProtected(
  hardware: FirmwareHardware, release: Release, bytes: Uint8Array,
): MemoryJob<{ readonly meta: WprMeta } | { readonly refused: string }> {
  const head = yield* readRuns(release, bytes, PAGE);
  if (typeof head === 'string') return { refused: head };
  const first = new Uint8Array(META_SIZE);
  if (!(yield { op: 'read', address: head[0]!.address, into: first })) return { refused: 'saved firmware unreachable' };
  const meta = release.decodeWprMeta(first);
  const wrong = checkLayout(meta, hardware.facts.vramSize);
  if (wrong !== undefined) return { refused: wrong };
  const size = meta.wprEnd - meta.wprStart;
  const runs = yield* readRuns(release, bytes, size);
  if (typeof runs === 'string') return { refused: runs };
  const digest = sha256.create();
  let to = meta.wprStart;
  for (const run of runs) {
    for (let done = 0; done < run.size;) {
      const part = new Uint8Array(Math.min(CHUNK, run.size - done));
      if (!(yield { op: 'read', address: run.address + done, into: part })) return { refused: 'saved firmware unreachable' };
      // Memory that is all zero takes no room in the model.
      if (note(digest, part)) hardware.writeVram(to, part);
      else hardware.fillVram(to, part.length, 0);
      done += part.length;
      to += part.length;
    }
  }
  if (equalBytes(digest.digest(), bytes.subarray(DIGEST_AT, DIGEST_AT + DIGEST_SIZE))) return { meta };
  hardware.fillVram(meta.wprStart, size, 0);
  return { refused: 'the saved firmware was changed' };
}

const ZERO = Uint8Array.of(0);
const OTHER = Uint8Array.of(1);

/** Whether any byte is not zero; `part` starts at a multiple of eight of its own buffer. */
function holdsSomething(part: Uint8Array): boolean {
  const words = new BigUint64Array(part.buffer, part.byteOffset, part.length >>> 3);
  return !words.every((word) => word === 0n) || part.subarray(words.length * 8).some((byte) => byte !== 0);
}

/** Adds a piece to the digest; most of a heap is zero, for which a mark stands. @returns whether it holds something */
function note(digest: { update(bytes: Uint8Array): unknown }, part: Uint8Array): boolean {
  const something = holdsSomething(part);
  digest.update(something ? OTHER : ZERO);
  if (something) digest.update(part);
  return something;
}

/** The pages that the first `size` bytes of the saved firmware lie in; or what is wrong. */
function* readRuns(release: Release, bytes: Uint8Array, size: number): MemoryJob<readonly Run[] | string> {
  const meta = release.decodeSrMeta(bytes);
  if (meta.magic !== SR_META_MAGIC) return `magic 0x${meta.magic.toString(16)} of the suspend metadata`;
  if (meta.revision !== SR_META_REVISION) return `revision ${meta.revision} of the suspend metadata`;
  // A driver may give whole pages more than there is.
  if (meta.radix3.size < size) return `room for ${meta.radix3.size} bytes of ${size}`;
  const runs = yield* walkRadix3(meta.radix3.address, size);
  return 'failed' in runs ? runs.failed : runs;
}
