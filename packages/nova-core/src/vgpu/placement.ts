import type { VgpuTypeFacts } from '../firmware/vgpu-abi.ts';
import { alignDown, alignUp, GiB } from '../sizes.ts';

/** What placements are made from; fixed while the firmware runs. */
export interface PlacementFacts {
  /** Framebuffer that the driver may give away, bytes. */
  readonly memory: number;
  /** Granularity of a guest's memory, bytes. */
  readonly segment: number;
  /** Host channels of the whole GPU. */
  readonly channels: number;
}

/** What one instance of a type gets. */
export interface InstanceShare {
  /** Bytes for the guest; a multiple of the segment. */
  readonly guestMemory: number;
  /** Bytes for the firmware's task. */
  readonly heap: number;
  /** Host channels, a power of two. */
  readonly channels: number;
}

/** Where one instance of a type goes. */
export interface Placement {
  /** Which of the type's places, from 0. */
  readonly index: number;
  /** First slot, in the firmware's slot numbers. */
  readonly slot: number;
  /** First host channel. */
  readonly firstChannel: number;
}

/** The total is rounded to this many segments before it is shared out; down, so that every share exists. */
const SHARE_SEGMENTS = 8;

function powerOfTwoBelow(value: number): number {
  return value < 1 ? 0 : 2 ** Math.floor(Math.log2(value));
}

/**
 * Share of one instance when all are of one size. A guest's memory is at most the profile's, and often less: the
 * host's share, the task's heap and rounding to segments come off first.
 * Source: the vGPU manager series of 2025 (vfio: drivers/vfio/pci/nvidia-vgpu/vgpu.c), open-gpu-kernel-modules
 * 570.144: kernel_vgpu_mgr.c.
 */
export function instanceShare(facts: PlacementFacts, type: VgpuTypeFacts): InstanceShare {
  const each = alignDown(facts.memory, facts.segment * SHARE_SEGMENTS) / type.maxInstances;
  const guest = Math.min(type.fbLength, each - type.fbReservation - type.heapSize);
  return {
    guestMemory: Math.max(0, alignDown(guest, facts.segment)),
    heap: alignUp(type.heapSize, 0x1_0000),
    channels: powerOfTwoBelow(facts.channels / type.maxInstances),
  };
}

/** First slots of a type's places: as its record names them, else one behind the other. */
export function slotsOf(type: VgpuTypeFacts): readonly number[] {
  if (type.homogeneousPlacements.length > 0) return type.homogeneousPlacements.slice(0, type.maxInstances);
  const size = type.placementSize > 0 ? type.placementSize : Math.ceil(type.profileSize / GiB);
  return Array.from({ length: type.maxInstances }, (_, index) => index * size);
}

/** Channels are given from the top down, so that the host's own stay at the bottom. */
export function placementAt(facts: PlacementFacts, type: VgpuTypeFacts, index: number): Placement | undefined {
  const slot = slotsOf(type)[index];
  if (slot === undefined) return undefined;
  const { channels } = instanceShare(facts, type);
  return { index, slot, firstChannel: facts.channels - (index + 1) * channels };
}
