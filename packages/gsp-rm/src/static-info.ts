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

/** What the firmware keeps for BAR1 and BAR2, a page each, at the start of its own memory. Addresses and size in bytes. */
export interface BarMemory {
  readonly directories: readonly [number, number];
  readonly instances: readonly [number, number];
  readonly size: number;
}

export function barMemory(image: LoadedImage): BarMemory {
  const start = usableEnd(image);
  return { directories: [start, start + PAGE], instances: [start + 2 * PAGE, start + 3 * PAGE], size: 4 * PAGE };
}

export function staticInfo(facts: ChipFacts, image: LoadedImage): StaticInfo {
  const end = usableEnd(image);
  const { directories } = barMemory(image);
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
    bar1Root: directories[0],
    bar2Root: directories[1],
    internal: INTERNAL,
    wprLayout: { nonWprHeap: image.nonWprHeapStart, frts: image.frtsStart },
  };
}
