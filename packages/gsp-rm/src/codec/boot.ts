import type { LibosRegion, RmArguments } from '../release.ts';
import type { SrMeta, WprMeta } from '../wpr-meta.ts';
import type { Needs, Part } from './needs.ts';
import { toNumber } from './words.ts';

/** What booter and the firmware find in memory when they come up. */
export interface BootCodec {
  decodeWprMeta(bytes: Uint8Array): WprMeta;
  /** The metadata as booter leaves it in WPR2, marked as verified. */
  verifiedMeta(bytes: Uint8Array): Uint8Array;
  decodeSrMeta(bytes: Uint8Array): SrMeta;
  /** Regions up to the first without a name. */
  decodeLibosArguments(page: Uint8Array): readonly LibosRegion[];
  readonly rmArguments: { readonly size: number; decode(bytes: Uint8Array): RmArguments };
}

interface QueueArguments {
  readonly sharedMemPhysAddr: bigint;
  readonly pageTableEntryCount: number;
  readonly cmdQueueOffset: bigint;
  readonly statQueueOffset: bigint;
}

interface CachedArguments {
  readonly messageQueueInitArguments: QueueArguments;
  readonly srInitArguments: { readonly oldLevel: number; readonly flags: number; readonly bInPMTransition: boolean };
  readonly gpuInstance: number;
}

type SrMetaFields = 'magic' | 'revision' | 'sysmemAddrOfSuspendResumeData' | 'sizeOfSuspendResumeData';

export interface BootNeeds extends Needs<'LibosMemoryRegionInitArgument'> {
  readonly GspFwWprMeta: Part<WprMetaRecord, keyof WprMetaRecord>;
  readonly GspFwSRMeta: Part<Readonly<Record<SrMetaFields, bigint>>, SrMetaFields>;
  readonly GSP_ARGUMENTS_CACHED: Part<CachedArguments, keyof CachedArguments>;
}

type WprMetaRecord = Readonly<Record<
  | 'magic' | 'revision' | 'sysmemAddrOfRadix3Elf' | 'sizeOfRadix3Elf' | 'sysmemAddrOfBootloader' | 'sizeOfBootloader'
  | 'bootloaderManifestOffset' | 'sysmemAddrOfSignature' | 'sizeOfSignature' | 'nonWprHeapOffset' | 'nonWprHeapSize' | 'gspFwWprStart'
  | 'gspFwHeapOffset' | 'gspFwHeapSize' | 'gspFwOffset' | 'bootBinOffset' | 'frtsOffset' | 'frtsSize' | 'gspFwWprEnd' | 'fbSize'
  | 'vgaWorkspaceOffset' | 'vgaWorkspaceSize' | 'verified', bigint
>>;

/** GSP_FW_WPR_META_VERIFIED */
const VERIFIED = 0xa0a0a0a0a0a0a0a0n;
const CONTIGUOUS = 1;
const SYSTEM_MEMORY = 1;

export function bootCodec(rm: BootNeeds): BootCodec {
  return {
    decodeWprMeta(bytes) {
      const meta = rm.GspFwWprMeta.read(bytes);
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
    },
    verifiedMeta(bytes) {
      const copy = bytes.slice();
      new DataView(copy.buffer).setBigUint64(rm.GspFwWprMeta.offsets.verified, VERIFIED, true);
      return copy;
    },
    decodeSrMeta(bytes) {
      const meta = rm.GspFwSRMeta.read(bytes);
      return {
        magic: meta.magic, revision: meta.revision,
        radix3: { address: toNumber(meta.sysmemAddrOfSuspendResumeData), size: toNumber(meta.sizeOfSuspendResumeData) },
      };
    },
    decodeLibosArguments(page) {
      const regions: LibosRegion[] = [];
      const { size } = rm.LibosMemoryRegionInitArgument;
      for (let at = 0; at + size <= page.length; at += size) {
        const region = rm.LibosMemoryRegionInitArgument.read(page, at);
        if (region.id8 === 0n) break;
        regions.push({
          name: regionName(region.id8), address: toNumber(region.pa), size: toNumber(region.size),
          usable: region.kind === CONTIGUOUS && region.loc === SYSTEM_MEMORY && region.pa <= BigInt(Number.MAX_SAFE_INTEGER),
        });
      }
      return regions;
    },
    rmArguments: {
      size: rm.GSP_ARGUMENTS_CACHED.size,
      decode(bytes) {
        const { messageQueueInitArguments: queues, srInitArguments, gpuInstance } = rm.GSP_ARGUMENTS_CACHED.read(bytes);
        return {
          sharedMemPhysAddr: toNumber(queues.sharedMemPhysAddr), pageTableEntryCount: queues.pageTableEntryCount,
          cmdQueueOffset: toNumber(queues.cmdQueueOffset), statQueueOffset: toNumber(queues.statQueueOffset),
          gpuInstance, resume: srInitArguments.oldLevel !== 0,
        };
      },
    },
  };
}

/** The id holds the name's characters, the first in the highest byte in use. */
function regionName(id: bigint): string {
  let name = '';
  for (let rest = id; rest > 0n; rest >>= 8n) name = String.fromCharCode(Number(rest & 0xffn)) + name;
  return name;
}
