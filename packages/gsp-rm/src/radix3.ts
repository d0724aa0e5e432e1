import type { MemoryJob } from '@nova-stack/hw-model/port';

/**
 * The radix-3 table that describes an image in system memory: one page with the address of a level-1 page, whose
 * entries name level-2 pages, whose entries name the image's pages. Entries behind the last used one may be stale;
 * the size alone says where the image ends.
 *
 * Source: linux: drivers/gpu/nova-core/gsp/fw (radix3), open-gpu-kernel-modules 570.144: src/nvidia/inc/kernel/gpu/gsp/kernel_gsp.h
 */

const PAGE = 0x1000;
const ENTRIES = PAGE / 8;
/** Largest image that one level-1 page can describe. */
export const RADIX3_LIMIT: number = ENTRIES * ENTRIES * PAGE;

/** A contiguous piece of the image; bytes. */
export interface Run {
  readonly address: number;
  readonly size: number;
}

/** Why a walk ended early. */
export interface WalkFailure {
  readonly failed: string;
}

/** The image's pieces in order, contiguous pages joined. */
export function* walkRadix3(root: number, size: number): MemoryJob<readonly Run[] | WalkFailure> {
  if (size <= 0 || size > RADIX3_LIMIT) return { failed: `image size 0x${size.toString(16)}` };
  const pages = Math.ceil(size / PAGE);
  const level1 = yield* readEntries(root, 1);
  if (level1 === undefined) return { failed: 'level 0 unreachable' };
  const level2 = yield* readEntries(level1[0]!, Math.ceil(pages / ENTRIES));
  if (level2 === undefined) return { failed: 'level 1 unreachable' };

  const runs: { address: number; size: number }[] = [];
  let last: { address: number; size: number } | undefined;
  for (const [index, table] of level2.entries()) {
    const entries = yield* readEntries(table, Math.min(ENTRIES, pages - index * ENTRIES));
    if (entries === undefined) return { failed: `level 2 page ${index} unreachable` };
    for (const address of entries) {
      if (last !== undefined && last.address + last.size === address) last.size += PAGE;
      else runs.push((last = { address, size: PAGE }));
    }
  }
  // The last page counts only as far as the image reaches.
  if (last !== undefined) last.size -= pages * PAGE - size;
  return runs;
}

/** `count` addresses from a table page; undefined when it cannot be read or an address is no page. */
function* readEntries(table: number, count: number): MemoryJob<number[] | undefined> {
  const bytes = new Uint8Array(count * 8);
  if (!(yield { op: 'read', address: table, into: bytes })) return undefined;
  const view = new DataView(bytes.buffer);
  const addresses: number[] = [];
  for (let i = 0; i < bytes.length; i += 8) {
    const address = view.getUint32(i, true) + view.getUint32(i + 4, true) * 0x1_0000_0000;
    if (address % PAGE !== 0 || !Number.isSafeInteger(address)) return undefined;
    addresses.push(address);
  }
  return addresses;
}
