import { text } from '@nova-stack/c-layout';
import { NVA081_CTRL_VGPU_INFO, NVA081_MAX_VGPU_PER_PGPU, NVA081_MAX_VGPU_TYPES_PER_PGPU } from '@nova-stack/nvrm-headers/r570_144/ctrla081';

import { MiB } from '../../sizes.ts';
import type { VgpuAbi, VgpuTypeFacts } from '../vgpu-abi.ts';
import { plugin } from './plugin.ts';
import { vgpuControls } from './vgpu-controls.ts';

function decodeType(record: Uint8Array): VgpuTypeFacts {
  const info = NVA081_CTRL_VGPU_INFO.read(record);
  const size = (field: 'profileSize' | 'fbLength' | 'gspHeapSize' | 'fbReservation' | 'mappableVideoSize' | 'bar1Length'): number => {
    const value = info[field];
    if (value > 2n ** 48n) throw new RangeError(`${field} = 0x${value.toString(16)} is above 2^48`);
    return Number(value);
  };
  return {
    id: info.vgpuType,
    name: text(info.vgpuName),
    physicalDevice: Number(info.pdevId & 0xffffn),
    guestDevice: Number((info.vdevId >> 16n) & 0xffffn),
    guestSubsystem: Number(info.vdevId & 0xffffn),
    profileSize: size('profileSize'),
    fbLength: size('fbLength'),
    heapSize: size('gspHeapSize'),
    fbReservation: size('fbReservation'),
    mappableSize: size('mappableVideoSize'),
    maxInstances: info.maxInstance,
    heads: info.numHeads,
    maxX: info.maxResolutionX,
    maxY: info.maxResolutionY,
    maxPixels: info.maxPixels,
    frameLimit: info.frlConfig,
    frameLimited: info.frlEnable !== 0,
    partitioned: info.gpuInstanceSize !== 0,
    severalPerGuest: info.multiVgpuSupported !== 0,
    eccSupported: info.eccSupported !== 0,
    compute: info.cudaEnabled !== 0,
    encoderShare: info.encoderCapacity,
    barSize: size('bar1Length') * MiB,
    placementSize: info.placementSize,
    homogeneousPlacements: info.homogeneousPlacementIds.slice(0, info.homogeneousPlacementCount),
  };
}

export const vgpu: VgpuAbi = {
  typeRecordSize: NVA081_CTRL_VGPU_INFO.size,
  maxTypes: NVA081_MAX_VGPU_TYPES_PER_PGPU,
  maxInstances: NVA081_MAX_VGPU_PER_PGPU,
  decodeType,
  controls: vgpuControls,
  plugin,
};
