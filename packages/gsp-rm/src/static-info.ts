import type { ChipFacts, MemoryFacts } from '@nova-stack/hw-model/port';
import { memorySystem } from './facts/memory-system.ts';
import { INTERNAL, type InternalHandles } from './resources/tree.ts';
import type { LoadedImage } from './state.ts';

/** A range of the framebuffer in the firmware's report; `end` is exclusive. */
export interface FbRegion {
  readonly start: number;
  readonly end: number;
  /** Bytes of it that the firmware keeps. */
  readonly reserved: number;
  readonly usable: boolean;
}

/** What GET_GSP_STATIC_INFO reports, in neutral form; every number follows from the board and from booter's layout. */
export interface StaticInfo {
  readonly name: string;
  readonly uuid: Uint8Array;
  readonly regions: readonly FbRegion[];
  readonly fbSize: number;
  readonly memory: MemoryFacts;
  readonly gpcMask: number;
  /** TPC mask per GPC index. */
  readonly tpcMasks: readonly number[];
  readonly engines: readonly string[];
  readonly sriov: { readonly totalVfs: number; readonly firstVfOffset: number } | undefined;
  readonly vbios: { readonly vendor: number; readonly device: number };
  /** VRAM addresses of the root page directories of BAR1 and BAR2. */
  readonly bar1Root: number;
  readonly bar2Root: number;
  readonly internal: InternalHandles;
  readonly wprLayout: { readonly nonWprHeap: number; readonly frts: number };
}

/** Memory that GSP-RM keeps outside WPR2, below the non-WPR heap: page tables and context buffers. 16 MiB. */
const RM_RESERVED = 0x100_0000;
const PAGE = 0x1000;

/** First byte that is not the driver's to use. */
export function usableEnd(image: LoadedImage): number {
  return image.nonWprHeapStart - RM_RESERVED;
}

/** Where the root page directories of BAR1 and BAR2 lie, a page each; empty at first. */
export function pageDirectories(image: LoadedImage): number {
  return usableEnd(image);
}

/** Bytes of them. */
export const PAGE_DIRECTORIES: number = 2 * PAGE;

export function staticInfo(facts: ChipFacts, image: LoadedImage): StaticInfo {
  const end = usableEnd(image);
  return {
    name: facts.productName,
    uuid: facts.uuid,
    regions: [
      { start: 0, end, reserved: 0, usable: true },
      { start: end, end: facts.vramSize, reserved: facts.vramSize - end, usable: false },
    ],
    fbSize: facts.vramSize,
    memory: memorySystem(facts),
    gpcMask: facts.gpcMask,
    tpcMasks: facts.tpcMasks,
    engines: facts.engines,
    sriov: facts.sriov,
    vbios: { vendor: facts.pci.subsystemVendor, device: facts.pci.subsystem },
    bar1Root: pageDirectories(image),
    bar2Root: pageDirectories(image) + PAGE,
    internal: INTERNAL,
    wprLayout: { nonWprHeap: image.nonWprHeapStart, frts: image.frtsStart },
  };
}
