import { describe, expect, it } from 'vitest';

import type { VgpuTypeFacts } from '../firmware/vgpu-abi.ts';
import { GiB, MiB } from '../sizes.ts';
import { equalSpots } from '../placement/spots.ts';
import { footprintOf, instanceShare, unitsOf, type PlacementFacts } from './placement.ts';

const L40: PlacementFacts = { memory: 47 * GiB + 400 * MiB, segment: 32 * MiB, channels: 2048 };
const type = (gib: number, maxInstances: number, change: Partial<VgpuTypeFacts> = {}): VgpuTypeFacts => ({
  id: 1, name: 'x', physicalDevice: 0x26b5, guestDevice: 0x26b5, guestSubsystem: 0x1771, profileSize: gib * GiB, fbLength: gib * GiB, heapSize: 32 * MiB,
  fbReservation: 0, mappableSize: 4 * MiB, maxInstances, heads: 4, maxX: 7680, maxY: 4320, maxPixels: 0, frameLimit: 60, frameLimited: true,
  eccSupported: true, compute: true, encoderShare: 100, barSize: 256 * MiB, placementSize: gib, partitioned: false, severalPerGuest: false,
  homogeneousPlacements: [], ...change,
});

describe('placement of vGPUs of one size', () => {
  // The vendor's example configuration for boards with 48 GB.
  it.each([[1, 32], [2, 24], [3, 16], [4, 12], [6, 8], [8, 6], [12, 4], [16, 3], [24, 2], [48, 1]])('has room for every instance of %i GiB', (gib, max) => {
    const facts = type(gib, max);
    const share = instanceShare(L40, facts);
    expect(share.guestMemory).toBeGreaterThan(0);
    expect(share.guestMemory % L40.segment).toBe(0);
    expect(share.guestMemory).toBeLessThanOrEqual(facts.fbLength);
    expect((share.guestMemory + share.heap) * max).toBeLessThanOrEqual(L40.memory);
    expect(Math.log2(share.channels) % 1).toBe(0);
    const places = equalSpots({ units: unitsOf(L40, [facts]), channels: L40.channels }, footprintOf(L40, facts));
    expect(places.map(({ start }) => start)).toEqual(Array.from({ length: max }, (_, i) => i * gib));
    const channels = places.map(({ firstChannel }) => firstChannel);
    expect(Math.min(...channels)).toBeGreaterThanOrEqual(0);
    expect(channels[0]).toBe(L40.channels - share.channels);
    for (const [i, first] of channels.entries()) if (i > 0) expect(channels[i - 1]! - first).toBe(share.channels);
  });

  it('takes host share, heap and rounding off before a guest gets its memory', () => {
    expect(instanceShare({ memory: 48 * GiB, segment: 128 * MiB, channels: 2048 }, type(4, 12)).guestMemory).toBe(4 * GiB - 128 * MiB);
    expect(instanceShare({ memory: 48 * GiB, segment: 32 * MiB, channels: 2048 }, type(4, 12, { fbReservation: 100 * MiB })).guestMemory).toBe(4 * GiB - 160 * MiB);
    expect(instanceShare({ memory: 48 * GiB, segment: 32 * MiB, channels: 2048 }, type(4, 12, { fbLength: GiB })).guestMemory).toBe(GiB);
    expect(instanceShare({ memory: GiB, segment: 32 * MiB, channels: 2048 }, type(1, 32, { heapSize: 64 * MiB })).guestMemory).toBe(0);
  });
});
