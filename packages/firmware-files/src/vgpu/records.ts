import { ascii } from '@nova-stack/c-layout';
import { NVA081_CTRL_VGPU_INFO as RECORD_535 } from '@nova-stack/nvrm-headers/r535_113_01/ctrla081';
import { NVA081_CTRL_VGPU_INFO as RECORD_570 } from '@nova-stack/nvrm-headers/r570_144/ctrla081';

import { digestOf, signatureBlock } from '../synthetic/ucode.ts';
import { equalSizePlacements } from './placements.ts';
import { SERIES, type VgpuGpu, type VgpuProfile } from './profiles.ts';

const MIB = 2 ** 20;
const GIB = 2 ** 30;

/**
 * Per head, and in sum, by series and memory. B of 1 GiB is the record of L40-1B;
 * resolutions of the others follow NVIDIA's vGPU user guide, their sums of pixels are assumed.
 */
function display({ series, gib }: VgpuProfile): { readonly x: number; readonly y: number; readonly pixels: number } {
  switch (series) {
    case 'Q': {
      const pixels = gib === 1 ? 18_432_000 : gib < 4 ? 36_864_000 : gib < 8 ? 58_982_400 : 66_355_200;
      return gib === 1 ? { x: 5120, y: 2880, pixels } : { x: 7680, y: 4320, pixels };
    }
    case 'B': return { x: 5120, y: 2880, pixels: gib === 1 ? 16_384_000 : 35_389_440 };
    case 'A': return { x: 1280, y: 1024, pixels: 1280 * 1024 };
    case 'C': return { x: 4096, y: 2160, pixels: 4096 * 2160 };
  }
}

/** What the record of L40-1B has, and every type here gets, for want of a public source. */
const COMMON = { gspHeapSize: 32 * MIB, fbReservation: 0, mappableVideoSize: 4 * MIB, encoderCapacity: 100, bar1Mib: 256 };

/** What all releases want to know of a type. */
function facts(gpu: VgpuGpu, profile: VgpuProfile): Parameters<typeof RECORD_535.create>[0] {
  const { class: vgpuClass, license, heads, frameRateLimit, cuda } = SERIES[profile.series];
  const { x, y, pixels } = display(profile);
  const name = `NVIDIA ${profile.name}`;
  return {
    vgpuType: profile.id,
    vgpuName: ascii(name, 32),
    vgpuClass: ascii(vgpuClass, 32),
    license: ascii(license, 128),
    maxInstance: profile.maxInstances,
    numHeads: heads,
    maxResolutionX: x,
    maxResolutionY: y,
    maxPixels: pixels,
    frlConfig: frameRateLimit,
    frlEnable: 1,
    cudaEnabled: Number(cuda),
    eccSupported: Number(profile.series !== 'B'),
    multiVgpuSupported: Number(profile.gib === gpu.gib && cuda),
    multiVgpuExclusive: 1,
    vdevId: (BigInt(gpu.device) << 16n) | BigInt(profile.subsystem),
    pdevId: BigInt(gpu.device),
    profileSize: BigInt(profile.gib * GIB),
    fbLength: BigInt(profile.gib * GIB),
    gspHeapSize: BigInt(COMMON.gspHeapSize),
    fbReservation: BigInt(COMMON.fbReservation),
    mappableVideoSize: BigInt(COMMON.mappableVideoSize),
    encoderCapacity: COMMON.encoderCapacity,
    bar1Length: BigInt(COMMON.bar1Mib),
    adapterName: ascii(name, 64),
    adapterName_Unicode: [...ascii(name, 64)],
    shortGpuNameString: ascii(gpu.name, 64),
    licensedProductName: ascii(license.split(',')[0]!, 128),
  };
}

/** Puts a synthetic signature over the rest of the record. */
function signed(record: Uint8Array, { vgpuSignature: at, license: end }: { readonly vgpuSignature: number; readonly license: number }): Uint8Array {
  record.set(signatureBlock(end - at, 0, digestOf(record)), at);
  return record;
}

/** A type as firmware 535.113.01 wants it, which knows nothing of places. */
export function record535(gpu: VgpuGpu, profile: VgpuProfile): Uint8Array {
  return signed(RECORD_535.create(facts(gpu, profile)), RECORD_535.offsets);
}

/** A type as firmware 570.144 wants it. */
export function record570(gpu: VgpuGpu, profile: VgpuProfile): Uint8Array {
  const placements = equalSizePlacements(profile.gib, gpu.gib, profile.maxInstances);
  return signed(RECORD_570.create({
    ...facts(gpu, profile), placementSize: profile.gib, homogeneousPlacementCount: placements.length, homogeneousPlacementIds: placements,
  }), RECORD_570.offsets);
}
