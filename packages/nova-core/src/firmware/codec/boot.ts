import type { Layout, Partially } from '@nova-stack/c-layout';

import type { HeapSizing } from '../../fb-layout.ts';
import { MiB, PAGE } from '../../sizes.ts';
import type { BootAbi, LibosRegion, WprMetaInput } from '../abi.ts';
import type { Needs, Part } from './needs.ts';

/** Under these names every version has them. */
type WprMetaRecord = Readonly<Record<
  | 'magic' | 'revision' | 'sysmemAddrOfRadix3Elf' | 'sizeOfRadix3Elf' | 'sysmemAddrOfBootloader' | 'sizeOfBootloader'
  | 'bootloaderCodeOffset' | 'bootloaderDataOffset' | 'bootloaderManifestOffset' | 'sysmemAddrOfSignature' | 'sizeOfSignature'
  | 'gspFwRsvdStart' | 'nonWprHeapOffset' | 'nonWprHeapSize' | 'gspFwWprStart' | 'gspFwHeapOffset' | 'gspFwHeapSize' | 'gspFwOffset'
  | 'bootBinOffset' | 'frtsOffset' | 'frtsSize' | 'gspFwWprEnd' | 'fbSize' | 'vgaWorkspaceOffset' | 'vgaWorkspaceSize', bigint
>> & { readonly gspFwHeapVfPartitionCount: number };

interface FmcBootParamsRecord {
  readonly bootGspRmParams: {
    readonly target: number; readonly gspRmDescSize: number; readonly gspRmDescOffset: bigint; readonly wprCarveoutOffset: bigint; readonly wprCarveoutSize: number;
    readonly bIsGspRmBoot: boolean;
  };
  readonly gspRmParams: { readonly target: number; readonly bootArgsOffset: bigint };
}

/** RM arguments that every version has. */
export interface ArgumentsRecord {
  readonly messageQueueInitArguments: {
    readonly sharedMemPhysAddr: bigint;
    readonly pageTableEntryCount: number;
    readonly cmdQueueOffset: bigint;
    readonly statQueueOffset: bigint;
  };
  readonly srInitArguments: { readonly oldLevel: number; readonly flags: number; readonly bInPMTransition: boolean };
}

type SrMetaRecord = Readonly<Record<'magic' | 'revision' | 'sysmemAddrOfSuspendResumeData' | 'sizeOfSuspendResumeData', bigint>>;

/** Power level that the firmware comes back from. */
export const SUSPEND_LEVEL = 3;
/** GPU_STATE_FLAGS_PRESERVING and GPU_STATE_FLAGS_PM_TRANSITION: linux: drivers/gpu/drm/nouveau/nvkm/subdev/gsp/rm/r570/gsp.c (set_rmargs). */
const RESUME_FLAGS = 0b101;

export interface BootNeeds<Arguments extends ArgumentsRecord> extends Needs<
  | 'LibosMemoryRegionInitArgument' | 'LIBOS_MEMORY_REGION_CONTIGUOUS' | 'LIBOS_MEMORY_REGION_LOC_SYSMEM' | 'LIBOS_MEMORY_REGION_INIT_ARGUMENTS_MAX'
  | 'GSP_FW_SR_META_MAGIC' | 'GSP_FW_SR_META_REVISION' | 'GSP_FW_WPR_META_MAGIC' | 'GSP_FW_WPR_META_REVISION' | 'GSP_FW_HEAP_PARAM_BASE_RM_SIZE_TU10X' | 'GSP_FW_HEAP_PARAM_CLIENT_ALLOC_SIZE'
  | 'GSP_FW_HEAP_PARAM_BASE_RM_SIZE_GH100' | 'GSP_DMA_TARGET_COHERENT_SYSTEM' | 'GSP_DMA_TARGET_NONCOHERENT_SYSTEM'
  | 'GSP_FW_HEAP_PARAM_OS_SIZE_LIBOS2' | 'GSP_FW_HEAP_SIZE_OVERRIDE_LIBOS2_MIN_MB' | 'GSP_FW_HEAP_SIZE_OVERRIDE_LIBOS2_MAX_MB'
  | 'GSP_FW_HEAP_SIZE_OVERRIDE_LIBOS3_BAREMETAL_MIN_MB' | 'GSP_FW_HEAP_SIZE_OVERRIDE_LIBOS3_BAREMETAL_MAX_MB' | 'GSP_FW_HEAP_SIZE_VGPU_DEFAULT'
> {
  readonly GspFwWprMeta: Part<WprMetaRecord>;
  readonly GSP_FMC_BOOT_PARAMS: Part<FmcBootParamsRecord>;
  readonly GspFwSRMeta: Part<SrMetaRecord>;
  readonly GSP_ARGUMENTS_CACHED: Layout<Arguments>;
}

/** What versions do not have alike. */
export interface BootOwn<Arguments> {
  /** Of the heap: the operating system's part with LIBOS 3, and what each GiB of framebuffer adds. */
  readonly heap: Pick<HeapSizing, 'carveout' | 'perGiB'>;
  /** Metadata that not every version has. */
  readonly wprMeta?: (layout: WprMetaInput['layout']) => object;
  /** RM arguments beside the queues. */
  readonly rmArguments: Partially<Omit<Arguments, keyof ArgumentsRecord>>;
}

export function bootAbi<Arguments extends ArgumentsRecord>(rm: BootNeeds<Arguments>, own: BootOwn<Arguments>): BootAbi {
  const heap = {
    ...own.heap, baseRm: rm.GSP_FW_HEAP_PARAM_BASE_RM_SIZE_TU10X, clients: rm.GSP_FW_HEAP_PARAM_CLIENT_ALLOC_SIZE, vgpu: rm.GSP_FW_HEAP_SIZE_VGPU_DEFAULT,
  };
  const libos3 = {
    ...heap,
    min: rm.GSP_FW_HEAP_SIZE_OVERRIDE_LIBOS3_BAREMETAL_MIN_MB * MiB, max: rm.GSP_FW_HEAP_SIZE_OVERRIDE_LIBOS3_BAREMETAL_MAX_MB * MiB - 1,
  };
  return {
    heap: {
      2: {
        ...heap, carveout: rm.GSP_FW_HEAP_PARAM_OS_SIZE_LIBOS2,
        min: rm.GSP_FW_HEAP_SIZE_OVERRIDE_LIBOS2_MIN_MB * MiB, max: rm.GSP_FW_HEAP_SIZE_OVERRIDE_LIBOS2_MAX_MB * MiB - 1,
      },
      3: libos3,
    },
    fspHeap: { ...libos3, baseRm: rm.GSP_FW_HEAP_PARAM_BASE_RM_SIZE_GH100 },
    wprMeta: (input) => wprMeta(rm, input, own.wprMeta?.(input.layout) ?? {}),
    fmcBootParams: (addresses) => rm.GSP_FMC_BOOT_PARAMS.create({
      bootGspRmParams: {
        target: rm.GSP_DMA_TARGET_COHERENT_SYSTEM, gspRmDescSize: rm.GspFwWprMeta.size, gspRmDescOffset: BigInt(addresses.wprMeta), bIsGspRmBoot: true,
      },
      gspRmParams: { target: rm.GSP_DMA_TARGET_NONCOHERENT_SYSTEM, bootArgsOffset: BigInt(addresses.libosArguments) },
    }),
    libosArguments: (regions) => libosArguments(rm, regions),
    srMeta: ({ address, size }) => rm.GspFwSRMeta.create({
      magic: rm.GSP_FW_SR_META_MAGIC, revision: BigInt(rm.GSP_FW_SR_META_REVISION),
      sysmemAddrOfSuspendResumeData: BigInt(address), sizeOfSuspendResumeData: BigInt(size),
    }),
    rmArguments: (queues, { resuming }) => rm.GSP_ARGUMENTS_CACHED.create(Object.assign({
      messageQueueInitArguments: {
        sharedMemPhysAddr: BigInt(queues.sharedMemPhysAddr),
        pageTableEntryCount: queues.pageTableEntryCount,
        cmdQueueOffset: BigInt(queues.cmdQueueOffset),
        statQueueOffset: BigInt(queues.statQueueOffset),
      },
      ...(resuming && { srInitArguments: { oldLevel: SUSPEND_LEVEL, flags: RESUME_FLAGS, bInPMTransition: true } }),
    }, own.rmArguments) as Partially<Arguments>),
  };
}

type WprNeeds = Pick<BootNeeds<ArgumentsRecord>, 'GspFwWprMeta' | 'GSP_FW_WPR_META_MAGIC' | 'GSP_FW_WPR_META_REVISION'>;

function wprMeta(rm: WprNeeds, { layout, radix3, bootloader, signature }: WprMetaInput, more: object): Uint8Array {
  return rm.GspFwWprMeta.create({
    magic: rm.GSP_FW_WPR_META_MAGIC,
    revision: BigInt(rm.GSP_FW_WPR_META_REVISION),
    sysmemAddrOfRadix3Elf: BigInt(radix3.address),
    sizeOfRadix3Elf: BigInt(radix3.size),
    sysmemAddrOfBootloader: BigInt(bootloader.address),
    sizeOfBootloader: BigInt(bootloader.size),
    bootloaderCodeOffset: BigInt(bootloader.codeOffset),
    bootloaderDataOffset: BigInt(bootloader.dataOffset),
    bootloaderManifestOffset: BigInt(bootloader.manifestOffset),
    sysmemAddrOfSignature: BigInt(signature.address),
    sizeOfSignature: BigInt(signature.size),
    gspFwRsvdStart: BigInt(layout.nonWprHeap.start),
    nonWprHeapOffset: BigInt(layout.nonWprHeap.start),
    nonWprHeapSize: BigInt(layout.nonWprHeap.size),
    gspFwWprStart: BigInt(layout.wpr2.start),
    gspFwHeapOffset: BigInt(layout.heap.start),
    gspFwHeapSize: BigInt(layout.heap.size),
    gspFwOffset: BigInt(layout.image.start),
    bootBinOffset: BigInt(layout.bootloader.start),
    frtsOffset: BigInt(layout.frts.start),
    frtsSize: BigInt(layout.frts.size),
    gspFwWprEnd: BigInt(layout.wpr2.start + layout.wpr2.size),
    fbSize: BigInt(layout.fb.size),
    vgaWorkspaceOffset: BigInt(layout.vgaWorkspace.start),
    vgaWorkspaceSize: BigInt(layout.vgaWorkspace.size),
    gspFwHeapVfPartitionCount: layout.vfs,
    ...more,
  });
}

type LibosNeeds = Needs<
  'LibosMemoryRegionInitArgument' | 'LIBOS_MEMORY_REGION_CONTIGUOUS' | 'LIBOS_MEMORY_REGION_LOC_SYSMEM' | 'LIBOS_MEMORY_REGION_INIT_ARGUMENTS_MAX'
>;

function libosArguments(rm: LibosNeeds, regions: readonly LibosRegion[]): Uint8Array {
  const layout = rm.LibosMemoryRegionInitArgument;
  if ((regions.length + 1) * layout.size > rm.LIBOS_MEMORY_REGION_INIT_ARGUMENTS_MAX) throw new RangeError(`${regions.length} regions do not fit one page`);
  // The list ends with an entry of zeros, and the page is zero behind it.
  const page = new Uint8Array(PAGE);
  for (const [i, region] of regions.entries()) {
    layout.write(page, i * layout.size, {
      id8: packedName(region.name),
      pa: BigInt(region.address),
      size: BigInt(region.size),
      kind: rm.LIBOS_MEMORY_REGION_CONTIGUOUS,
      loc: rm.LIBOS_MEMORY_REGION_LOC_SYSMEM,
    });
  }
  return page;
}

/** A name of up to 8 characters as one big-endian number. */
function packedName(name: string): bigint {
  let packed = 0n;
  for (const character of name) packed = (packed << 8n) | BigInt(character.charCodeAt(0));
  return packed;
}
