import type { LibosRegion, RmArguments } from '../release.ts';
import type { WprMeta } from '../wpr-meta.ts';
import { GSP_ARGUMENTS_CACHED, GspFwWprMeta, LibosMemoryRegionInitArgument } from './layouts.ts';
import { toNumber } from './words.ts';

/** What 570.144 finds in memory when it comes up. */

export function decodeWprMeta(bytes: Uint8Array): WprMeta {
  const meta = GspFwWprMeta.read(bytes);
  return {
    magic: meta.magic,
    revision: meta.revision,
    radix3: { address: toNumber(meta.sysmemAddrOfRadix3Elf), size: toNumber(meta.sizeOfRadix3Elf) },
    bootloader: {
      address: toNumber(meta.sysmemAddrOfBootloader), size: toNumber(meta.sizeOfBootloader),
      manifestOffset: toNumber(meta.bootloaderManifestOffset),
    },
    signature: { address: toNumber(meta.sysmemAddrOfSignature), size: toNumber(meta.sizeOfSignature) },
    nonWprHeap: { start: toNumber(meta.nonWprHeapOffset), size: toNumber(meta.nonWprHeapSize) },
    wprStart: toNumber(meta.gspFwWprStart),
    heap: { start: toNumber(meta.gspFwHeapOffset), size: toNumber(meta.gspFwHeapSize) },
    imageStart: toNumber(meta.gspFwOffset),
    bootBinStart: toNumber(meta.bootBinOffset),
    frts: { start: toNumber(meta.frtsOffset), size: toNumber(meta.frtsSize) },
    wprEnd: toNumber(meta.gspFwWprEnd),
    fbSize: toNumber(meta.fbSize),
    vgaWorkspace: { start: toNumber(meta.vgaWorkspaceOffset), size: toNumber(meta.vgaWorkspaceSize) },
  };
}

/** GSP_FW_WPR_META_VERIFIED */
const VERIFIED = 0xa0a0a0a0a0a0a0a0n;

export function verifiedMeta(bytes: Uint8Array): Uint8Array {
  const copy = bytes.slice();
  new DataView(copy.buffer).setBigUint64(GspFwWprMeta.offsets.verified, VERIFIED, true);
  return copy;
}

const CONTIGUOUS = 1;
const SYSTEM_MEMORY = 1;

/** Regions up to the first without a name. */
export function decodeLibosArguments(page: Uint8Array): readonly LibosRegion[] {
  const regions: LibosRegion[] = [];
  const { size } = LibosMemoryRegionInitArgument;
  for (let at = 0; at + size <= page.length; at += size) {
    const region = LibosMemoryRegionInitArgument.read(page, at);
    if (region.id8 === 0n) break;
    regions.push({
      name: regionName(region.id8), address: toNumber(region.pa), size: toNumber(region.size),
      usable: region.kind === CONTIGUOUS && region.loc === SYSTEM_MEMORY && region.pa <= BigInt(Number.MAX_SAFE_INTEGER),
    });
  }
  return regions;
}

/** The id holds the name's characters, the first in the highest byte in use. */
function regionName(id: bigint): string {
  let name = '';
  for (let rest = id; rest > 0n; rest >>= 8n) name = String.fromCharCode(Number(rest & 0xffn)) + name;
  return name;
}

export const RM_ARGUMENTS: { readonly size: number; decode(bytes: Uint8Array): RmArguments } = {
  size: GSP_ARGUMENTS_CACHED.size,
  decode(bytes) {
    const { messageQueueInitArguments: queues, srInitArguments, gpuInstance } = GSP_ARGUMENTS_CACHED.read(bytes);
    return {
      sharedMemPhysAddr: toNumber(queues.sharedMemPhysAddr), pageTableEntryCount: queues.pageTableEntryCount,
      cmdQueueOffset: toNumber(queues.cmdQueueOffset), statQueueOffset: toNumber(queues.statQueueOffset),
      gpuInstance, resume: srInitArguments.oldLevel !== 0,
    };
  },
};
