import { GSP_ARGUMENTS_CACHED } from '@nova-stack/nvrm-headers/r570_144/gsp_init_args';
import * as heap from '@nova-stack/nvrm-headers/r570_144/gsp_fw_heap';
import { GSP_FW_WPR_META_MAGIC, GSP_FW_WPR_META_REVISION, GspFwWprMeta } from '@nova-stack/nvrm-headers/r570_144/gsp_fw_wpr_meta';
import {
  LIBOS_MEMORY_REGION_CONTIGUOUS, LIBOS_MEMORY_REGION_INIT_ARGUMENTS_MAX, LIBOS_MEMORY_REGION_LOC_SYSMEM, LibosMemoryRegionInitArgument,
} from '@nova-stack/nvrm-headers/r570_144/libos_init_args';

import { MiB, PAGE } from '../../sizes.ts';
import type { BootAbi } from '../abi.ts';

/** A name of up to 8 characters as one big-endian number. */
function packedName(name: string): bigint {
  let packed = 0n;
  for (const character of name) packed = (packed << 8n) | BigInt(character.charCodeAt(0));
  return packed;
}

export const boot: BootAbi = {
  heap: {
    carveout: heap.GSP_FW_HEAP_PARAM_OS_SIZE_LIBOS3_BAREMETAL,
    baseRm: heap.GSP_FW_HEAP_PARAM_BASE_RM_SIZE_TU10X,
    perGiB: heap.GSP_FW_HEAP_PARAM_SIZE_PER_GB_FB,
    clients: heap.GSP_FW_HEAP_PARAM_CLIENT_ALLOC_SIZE,
    min: heap.GSP_FW_HEAP_SIZE_OVERRIDE_LIBOS3_BAREMETAL_MIN_MB * MiB,
    max: heap.GSP_FW_HEAP_SIZE_OVERRIDE_LIBOS3_BAREMETAL_MAX_MB * MiB - 1,
    vgpu: heap.GSP_FW_HEAP_SIZE_VGPU_DEFAULT,
  },

  wprMeta: ({ layout, radix3, bootloader, signature }) => GspFwWprMeta.create({
    magic: GSP_FW_WPR_META_MAGIC,
    revision: BigInt(GSP_FW_WPR_META_REVISION),
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
  }),

  libosArguments(regions) {
    const { size } = LibosMemoryRegionInitArgument;
    if ((regions.length + 1) * size > LIBOS_MEMORY_REGION_INIT_ARGUMENTS_MAX) throw new RangeError(`${regions.length} regions do not fit one page`);
    // The list ends with an entry of zeros, and the page is zero behind it.
    const page = new Uint8Array(PAGE);
    for (const [i, region] of regions.entries()) {
      LibosMemoryRegionInitArgument.write(page, i * size, {
        id8: packedName(region.name),
        pa: BigInt(region.address),
        size: BigInt(region.size),
        kind: LIBOS_MEMORY_REGION_CONTIGUOUS,
        loc: LIBOS_MEMORY_REGION_LOC_SYSMEM,
      });
    }
    return page;
  },

  rmArguments: (queues) => GSP_ARGUMENTS_CACHED.create({
    messageQueueInitArguments: {
      sharedMemPhysAddr: BigInt(queues.sharedMemPhysAddr),
      pageTableEntryCount: queues.pageTableEntryCount,
      cmdQueueOffset: BigInt(queues.cmdQueueOffset),
      statQueueOffset: BigInt(queues.statQueueOffset),
    },
    bDmemStack: true,
  }),
};
