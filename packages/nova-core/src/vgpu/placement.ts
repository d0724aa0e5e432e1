import type { VgpuTypeFacts } from '../firmware/vgpu-abi.ts';
import type { Footprint } from '../placement/spots.ts';
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

/** What a type needs of a place. */
export function footprintOf(facts: PlacementFacts, type: VgpuTypeFacts): Footprint {
  const { guestMemory, channels } = instanceShare(facts, type);
  return {
    units: type.placementSize > 0 ? type.placementSize : Math.ceil(type.profileSize / GiB),
    maxInstances: type.maxInstances, channels, named: type.homogeneousPlacements, fullGiB: guestMemory === GiB,
  };
}

/** Units of the whole GPU: those of a type of which it takes one, else a GiB each. */
export function unitsOf(facts: PlacementFacts, types: readonly VgpuTypeFacts[]): number {
  const whole = types.filter(({ maxInstances }) => maxInstances === 1).map((type) => footprintOf(facts, type).units);
  return Math.max(Math.ceil(facts.memory / GiB), ...whole);
}
