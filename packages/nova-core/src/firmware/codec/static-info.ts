import { text } from '@nova-stack/c-layout';

import type { Call, ReportedRegion, StaticInfo } from '../abi.ts';
import type { Needs, Part } from './needs.ts';

interface RegionRecord {
  readonly base: bigint;
  readonly limit: bigint;
  readonly reserved: bigint;
  readonly supportCompressed: boolean;
  readonly supportISO: boolean;
  readonly bProtected: boolean;
}

/** Under these names every version has them, at offsets of its own. */
interface StaticInfoRecord {
  readonly gidInfo: { readonly length: number; readonly data: Uint8Array };
  readonly fbRegionInfoParams: { readonly numFBRegions: number; readonly fbRegion: readonly RegionRecord[] };
  readonly fb_length: bigint;
  readonly gpuNameString: Uint8Array;
  readonly hInternalClient: number;
  readonly hInternalDevice: number;
  readonly hInternalSubdevice: number;
}

export interface StaticInfoNeeds extends Needs<'NV_VGPU_MSG_FUNCTION_GET_GSP_STATIC_INFO'> {
  readonly GspStaticConfigInfo: Part<StaticInfoRecord>;
}

const UUID_SIZE = 16;

export function staticInfo(rm: StaticInfoNeeds): Call<undefined, StaticInfo> {
  const layout = rm.GspStaticConfigInfo;
  return {
    name: 'GET_GSP_STATIC_INFO', function: rm.NV_VGPU_MSG_FUNCTION_GET_GSP_STATIC_INFO,
    encode: () => layout.create(),
    decode(payload) {
      const info = layout.read(payload);
      const { numFBRegions, fbRegion } = info.fbRegionInfoParams;
      if (numFBRegions > fbRegion.length) throw new RangeError(`numFBRegions = ${numFBRegions} is above ${fbRegion.length}`);
      return {
        name: text(info.gpuNameString),
        uuid: info.gidInfo.length >= UUID_SIZE ? info.gidInfo.data.slice(0, UUID_SIZE) : undefined,
        fbSize: exact(info.fb_length, 'fb_length'),
        regions: fbRegion.slice(0, numFBRegions).map(reportedRegion),
        internal: { client: info.hInternalClient, device: info.hInternalDevice, subdevice: info.hInternalSubdevice },
      };
    },
  };
}

function reportedRegion(region: RegionRecord, i: number): ReportedRegion {
  const start = exact(region.base, `fbRegion[${i}].base`);
  const last = exact(region.limit, `fbRegion[${i}].limit`);
  if (last < start) throw new RangeError(`fbRegion[${i}].limit is below its base`);
  return {
    start, size: last - start + 1, reserved: exact(region.reserved, `fbRegion[${i}].reserved`),
    isProtected: region.bProtected, compressible: region.supportCompressed, scanout: region.supportISO,
  };
}

/** 64-bit fields that are addresses and sizes. @throws RangeError above 2^53. */
function exact(value: bigint, field: string): number {
  if (value > BigInt(Number.MAX_SAFE_INTEGER)) throw new RangeError(`${field} = 0x${value.toString(16)} is above 2^53`);
  return Number(value);
}
