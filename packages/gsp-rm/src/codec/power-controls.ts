import type { Absent } from '../absent.ts';
import type { PowerIntents } from '../control-intents.ts';
import type { ReleaseControls } from '../release.ts';
import { order, query } from './control.ts';
import type { Needs, Part } from './needs.ts';
import { toNumber } from './words.ts';

/** Controls about suspend, as 570 and later have them. */
export type PowerNeeds = Needs<
  | 'NV2080_CTRL_CMD_INTERNAL_FBSR_INIT' | 'NV2080_CTRL_INTERNAL_FBSR_INIT_PARAMS'
  | 'NV2080_CTRL_CMD_INTERNAL_GCX_ENTRY_PREREQUISITE' | 'NV2080_CTRL_INTERNAL_GCX_ENTRY_PREREQUISITE_PARAMS'
>;

interface RegionsRecord {
  readonly numRegions: number;
  readonly hClient: number;
  readonly hSysMem: number;
}

/** The same as 535 has them. */
export interface RegionNeeds {
  readonly NV2080_CTRL_CMD_INTERNAL_FBSR_INIT: number;
  readonly NV2080_CTRL_INTERNAL_FBSR_INIT_PARAMS: Part<RegionsRecord, keyof RegionsRecord>;
  readonly NV2080_CTRL_CMD_INTERNAL_FBSR_SEND_REGION_INFO: number;
  readonly NV2080_CTRL_INTERNAL_FBSR_SEND_REGION_INFO_PARAMS: Part<RegionRecord, keyof RegionRecord>;
  readonly NV2080_CTRL_CMD_INTERNAL_GC6_ENTRY_PREREQUISITE: number;
  readonly NV2080_CTRL_INTERNAL_GC6_ENTRY_PREREQUISITE_PARAMS: Part<{ readonly bIsSatisfied: boolean }, 'bIsSatisfied'>;
}

interface RegionRecord {
  readonly hClient: number;
  readonly hVidMem: number;
  readonly vidOffset: bigint;
  readonly sysOffset: bigint;
  readonly size: bigint;
}

export function powerControls(rm: PowerNeeds, regions: Absent): Pick<ReleaseControls, keyof PowerIntents> {
  return {
    saveRegions: regions,
    saveRegion: regions,
    saveInit: order(rm.NV2080_CTRL_CMD_INTERNAL_FBSR_INIT, rm.NV2080_CTRL_INTERNAL_FBSR_INIT_PARAMS, 'subdevice',
      ({ hClient, hSysMem, sysmemAddrOfSuspendResumeData }) => ({ client: hClient, memory: hSysMem, data: toNumber(sysmemAddrOfSuspendResumeData) })),
    deepSleepReady: query(rm.NV2080_CTRL_CMD_INTERNAL_GCX_ENTRY_PREREQUISITE, rm.NV2080_CTRL_INTERNAL_GCX_ENTRY_PREREQUISITE_PARAMS, 'subdevice',
      ({ gc6, gcoff }) => ({ bIsGC6Satisfied: gc6, bIsGCOFFSatisfied: gcoff })),
  };
}

export function regionPowerControls(rm: RegionNeeds, init: Absent): Pick<ReleaseControls, keyof PowerIntents> {
  return {
    saveInit: init,
    saveRegions: order(rm.NV2080_CTRL_CMD_INTERNAL_FBSR_INIT, rm.NV2080_CTRL_INTERNAL_FBSR_INIT_PARAMS, 'subdevice',
      ({ hClient, hSysMem, numRegions }) => ({ client: hClient, memory: hSysMem, regions: numRegions })),
    saveRegion: order(rm.NV2080_CTRL_CMD_INTERNAL_FBSR_SEND_REGION_INFO, rm.NV2080_CTRL_INTERNAL_FBSR_SEND_REGION_INFO_PARAMS, 'subdevice',
      ({ hClient, hVidMem, vidOffset, sysOffset, size }) => ({ client: hClient, memory: hVidMem, vram: toNumber(vidOffset), offset: toNumber(sysOffset), size: toNumber(size) })),
    deepSleepReady: query(rm.NV2080_CTRL_CMD_INTERNAL_GC6_ENTRY_PREREQUISITE, rm.NV2080_CTRL_INTERNAL_GC6_ENTRY_PREREQUISITE_PARAMS, 'subdevice', ({ gc6 }) => ({ bIsSatisfied: gc6 })),
  };
}
