import type { StaticInfo } from '../static-info.ts';
import { engineTypes } from './engines.ts';
import { GspStaticConfigInfo } from './layouts.ts';
import { ascii } from './words.ts';

/** NV2080_GPU_CMD_GPU_GET_GID_FLAGS_FORMAT_BINARY */
const GID_BINARY = 2;
/** Regions that the structure has room for. */
const REGION_LIMIT = 16;

/** Full performance; the only kind of memory on the boards that are modelled. */
const PERFORMANCE = 100;

export const STATIC_INFO: { readonly size: number; encode(info: StaticInfo): Uint8Array } = {
  size: GspStaticConfigInfo.size,
  encode(info) {
    const { sriov, internal } = info;
    const uuid = new Uint8Array(256);
    uuid.set(info.uuid.subarray(0, 16));
    const engineCaps = [0, 0, 0];
    for (const type of engineTypes(info.engines)) engineCaps[type >>> 5] = (engineCaps[type >>> 5]! | (1 << (type & 31))) >>> 0;
    const regions = info.regions.slice(0, REGION_LIMIT).map(({ start, end, reserved, usable }) => ({
      base: BigInt(start), limit: BigInt(end - 1), reserved: BigInt(reserved), performance: PERFORMANCE,
      supportCompressed: usable, supportISO: usable, bProtected: !usable,
    }));
    return GspStaticConfigInfo.create({
      gidInfo: { flags: GID_BINARY, length: 16, data: uuid },
      fbRegionInfoParams: { numFBRegions: regions.length, fbRegion: regions },
      sriovCaps: sriov === undefined ? {} : { totalVFs: sriov.totalVfs, firstVfOffset: sriov.firstVfOffset, bSriovEnabled: true },
      sriovMaxGfid: sriov === undefined ? 0 : sriov.totalVfs + 1,
      engineCaps,
      fb_length: BigInt(info.fbSize),
      gpuNameString: ascii(info.name, 64),
      gpuShortNameString: ascii(info.name.replace(/^NVIDIA /, ''), 64),
      gpuNameString_Unicode: Array.from(info.name.slice(0, 63), (character) => character.charCodeAt(0)),
      bar1PdeBase: BigInt(info.bar1Root),
      bar2PdeBase: BigInt(info.bar2Root),
      bVbiosValid: true,
      vbiosSubVendor: info.vbios.vendor,
      vbiosSubDevice: info.vbios.device,
      hInternalClient: internal.client,
      hInternalDevice: internal.device,
      hInternalSubdevice: internal.subdevice,
      fwWprLayoutOffset: { nonWprHeapOffset: BigInt(info.wprLayout.nonWprHeap), frtsOffset: BigInt(info.wprLayout.frts) },
    });
  },
};
