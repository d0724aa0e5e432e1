import type { LibosRegion, RmArguments } from '../release.ts';
import type { SrMeta, WprMeta } from '../wpr-meta.ts';
import type { Needs, Part } from './needs.ts';
import { toNumber } from './words.ts';

/** What booter and the firmware find in memory when they come up. */
export interface BootCodec {
  decodeWprMeta(bytes: Uint8Array): WprMeta;
  /** The metadata as booter leaves it in WPR2, marked as verified. */
  verifiedMeta(bytes: Uint8Array): Uint8Array;
  /** The metadata with the places that the GSP-FMC has chosen. */
  placedMeta(bytes: Uint8Array, meta: WprMeta): Uint8Array;
  decodeSrMeta(bytes: Uint8Array): SrMeta;
  readonly fmcBootParams: { readonly size: number; decode(bytes: Uint8Array): FmcBootParams };
  /** Regions up to the first without a name. */
  decodeLibosArguments(page: Uint8Array): readonly LibosRegion[];
  readonly rmArguments: { readonly size: number; decode(bytes: Uint8Array): RmArguments };
}

/** What the GSP-FMC is started with. Addresses are of system memory. */
export interface FmcBootParams {
  /** Metadata of WPR2, or of a firmware that is to be taken up again. */
  readonly meta: { readonly address: number; readonly size: number };
  /** Whether GSP-RM is what is to be started. */
  readonly startsRm: boolean;
  readonly libosArguments: number;
}

interface FmcParamsRecord {
  readonly bootGspRmParams: { readonly gspRmDescSize: number; readonly gspRmDescOffset: bigint; readonly bIsGspRmBoot: boolean };
  readonly gspRmParams: { readonly bootArgsOffset: bigint };
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
  readonly GSP_FMC_BOOT_PARAMS: Part<FmcParamsRecord, keyof FmcParamsRecord>;
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
    placedMeta(bytes, meta) {
      const copy = bytes.slice();
      const { offsets } = rm.GspFwWprMeta;
      const view = new DataView(copy.buffer);
      for (const [field, value] of [
        ['nonWprHeapOffset', meta.nonWprHeap.start], ['gspFwWprStart', meta.wprStart], ['gspFwHeapOffset', meta.heap.start], ['gspFwHeapSize', meta.heap.size],
        ['gspFwOffset', meta.imageStart], ['bootBinOffset', meta.bootBinStart], ['frtsOffset', meta.frts.start], ['gspFwWprEnd', meta.wprEnd], ['fbSize', meta.fbSize],
        ['vgaWorkspaceOffset', meta.vgaWorkspace.start],
      ] as const) view.setBigUint64(offsets[field], BigInt(value), true);
      return copy;
    },
    fmcBootParams: {
      size: rm.GSP_FMC_BOOT_PARAMS.size,
      decode(bytes) {
        const { bootGspRmParams: boot, gspRmParams } = rm.GSP_FMC_BOOT_PARAMS.read(bytes);
        return {
          meta: { address: toNumber(boot.gspRmDescOffset), size: boot.gspRmDescSize }, startsRm: boot.bIsGspRmBoot,
          libosArguments: toNumber(gspRmParams.bootArgsOffset),
        };
      },
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
