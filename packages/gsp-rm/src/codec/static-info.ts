import type { Layout, Partially } from '@nova-stack/c-layout';
import type { StaticInfo } from '../static-info.ts';
import { engineNumbers, numbering, type EngineNumbers } from './engines.ts';
import { ascii } from './words.ts';

/** What every release reports of the GPU, under these names. */
interface StaticInfoRecord {
  readonly gidInfo: { readonly flags: number; readonly length: number; readonly data: Uint8Array };
  readonly fbRegionInfoParams: { readonly numFBRegions: number; readonly fbRegion: readonly RegionRecord[] };
  readonly sriovCaps: { readonly totalVFs: number; readonly firstVfOffset: number; readonly bSriovEnabled: boolean };
  readonly sriovMaxGfid: number;
  readonly engineCaps: readonly number[];
  readonly fb_length: bigint;
  readonly fb_bus_width: number;
  readonly fb_ram_type: number;
  readonly l2_cache_size: number;
  readonly gpuNameString: Uint8Array;
  readonly gpuShortNameString: Uint8Array;
  readonly gpuNameString_Unicode: readonly number[];
  readonly bar1PdeBase: bigint;
  readonly bar2PdeBase: bigint;
  readonly bVbiosValid: boolean;
  readonly vbiosSubVendor: number;
  readonly vbiosSubDevice: number;
  readonly hInternalClient: number;
  readonly hInternalDevice: number;
  readonly hInternalSubdevice: number;
}

interface RegionRecord {
  readonly base: bigint;
  readonly limit: bigint;
  readonly reserved: bigint;
  readonly performance: number;
  readonly supportCompressed: boolean;
  readonly supportISO: boolean;
  readonly bProtected: boolean;
}

/** NV2080_GPU_CMD_GPU_GET_GID_FLAGS_FORMAT_BINARY */
const GID_BINARY = 2;
/** Regions that the structure has room for. */
const REGION_LIMIT = 16;
/** Full performance; the only kind of memory on the boards that are modelled. */
const PERFORMANCE = 100;
/** NV2080_CTRL_FB_INFO_RAM_TYPE_* */
export const RAM_TYPES = { GDDR5: 0x08, HBM2: 0x0f, GDDR6: 0x11, GDDR6X: 0x12, HBM3: 0x14, GDDR7: 0x15 } as const;

export interface StaticInfoCodec {
  readonly size: number;
  encode(info: StaticInfo): Uint8Array;
}

/** @param own - what this release alone reports, or in another form */
export function staticInfoCodec<V extends StaticInfoRecord>(
  layout: Layout<V>, engines: EngineNumbers, own: (info: StaticInfo) => Partially<Omit<V, keyof StaticInfoRecord>>,
): StaticInfoCodec {
  const nv2080 = numbering(engines.nv2080);
  const capsWords = layout.read(new Uint8Array(layout.size)).engineCaps.length;
  return {
    size: layout.size,
    encode: (info) => layout.create(Object.assign(own(info), common(info, engineNumbers(nv2080, info.engines), capsWords)) as Partially<V>),
  };
}

function common(info: StaticInfo, engines: readonly number[], capsWords: number): Partially<StaticInfoRecord> {
  const { sriov, internal, memory } = info;
  const uuid = new Uint8Array(256);
  uuid.set(info.uuid.subarray(0, 16));
  const engineCaps = new Array<number>(capsWords).fill(0);
  for (const type of engines) {
    const word = type >>> 5;
    if (word < capsWords) engineCaps[word] = (engineCaps[word]! | (1 << (type & 31))) >>> 0;
  }
  const regions = info.regions.slice(0, REGION_LIMIT).map(({ start, end, reserved, usable }) => ({
    base: BigInt(start), limit: BigInt(end - 1), reserved: BigInt(reserved), performance: PERFORMANCE,
    supportCompressed: usable, supportISO: usable, bProtected: !usable,
  }));
  return {
    gidInfo: { flags: GID_BINARY, length: 16, data: uuid },
    fbRegionInfoParams: { numFBRegions: regions.length, fbRegion: regions },
    sriovCaps: sriov === undefined ? {} : { totalVFs: sriov.totalVfs, firstVfOffset: sriov.firstVfOffset, bSriovEnabled: true },
    sriovMaxGfid: sriov === undefined ? 0 : sriov.totalVfs + 1,
    engineCaps,
    fb_length: BigInt(info.fbSize),
    fb_bus_width: memory.busWidth,
    fb_ram_type: RAM_TYPES[memory.type],
    l2_cache_size: memory.l2CacheSize,
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
  };
}
