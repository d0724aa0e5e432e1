import { text } from '@nova-stack/c-layout';
import type { NVA081_CTRL_VGPU_INFO } from '@nova-stack/nvrm-headers/r535_113_01/ctrla081';

import { MiB } from '../../sizes.ts';
import type { VgpuTypeFacts } from '../vgpu-abi.ts';

/** What every version says of a type. @throws RangeError for sizes that cannot be. */
export function typeFacts(info: NVA081_CTRL_VGPU_INFO): Omit<VgpuTypeFacts, 'placementSize' | 'homogeneousPlacements'> {
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
  };
}
