import type { Absent } from '../absent.ts';
import type { GpuIntents, InterruptUnit } from '../control-intents.ts';
import type { ReleaseControls } from '../release.ts';
import { exchange, order, query } from './control.ts';
import { engineNumbers, numbering, type EngineNumbers } from './engines.ts';
import type { Needs, Part } from './needs.ts';
import { ascii } from './words.ts';

/** Controls about the whole GPU. */

interface InterruptTableRecord {
  readonly tableLen: number;
  readonly table: readonly { readonly engineIdx: number; readonly pmcIntrMask: number; readonly vectorStall: number; readonly vectorNonStall: number }[];
}

interface EccRecord {
  readonly units: readonly { readonly enabled: boolean; readonly scrubComplete: boolean; readonly supported: boolean }[];
}

interface FalconRecord {
  readonly numConstructedFalcons: number;
  readonly constructedFalconsTable: readonly { readonly engDesc: number; readonly ctxBufferSize: number; readonly registerBase: number }[];
}

/** Where a release has the list of its falcons. */
export interface FalconNeeds {
  readonly command: number;
  readonly layout: Part<FalconRecord, keyof FalconRecord>;
}

interface EnginesRecord {
  readonly engineCount: number;
  readonly engineList: readonly number[];
}

export interface GpuNeeds extends Needs<
  | 'NV2080_CTRL_CMD_GSP_GET_FEATURES' | 'NV2080_CTRL_GSP_GET_FEATURES_PARAMS'
  | 'NV2080_CTRL_CMD_GPU_GET_VMMU_SEGMENT_SIZE' | 'NV2080_CTRL_GPU_GET_VMMU_SEGMENT_SIZE_PARAMS'
  | 'NV2080_CTRL_CMD_GPU_QUERY_ECC_STATUS' | 'NV2080_CTRL_CMD_GPU_GET_ENGINES_V2'
  | 'NV2080_CTRL_CMD_GPU_GET_FERMI_GPC_INFO' | 'NV2080_CTRL_GPU_GET_FERMI_GPC_INFO_PARAMS'
  | 'NV2080_CTRL_CMD_GPU_GET_FERMI_TPC_INFO' | 'NV2080_CTRL_GPU_GET_FERMI_TPC_INFO_PARAMS'
  | 'NV2080_CTRL_CMD_INTERNAL_INTR_GET_KERNEL_TABLE' | 'NV2080_CTRL_CMD_EVENT_SET_NOTIFICATION' | 'NV2080_CTRL_EVENT_SET_NOTIFICATION_PARAMS'
  | 'NV2080_CTRL_CMD_PERF_BOOST' | 'NV2080_CTRL_PERF_BOOST_PARAMS'
> {
  readonly NV2080_CTRL_GPU_QUERY_ECC_STATUS_PARAMS: Part<EccRecord, keyof EccRecord>;
  readonly NV2080_CTRL_GPU_GET_ENGINES_V2_PARAMS: Part<EnginesRecord, keyof EnginesRecord>;
  readonly NV2080_CTRL_INTERNAL_INTR_GET_KERNEL_TABLE_PARAMS: Part<InterruptTableRecord, keyof InterruptTableRecord>;
}

/** Units whose error correction a release reports. */
const eccUnits = (layout: GpuNeeds['NV2080_CTRL_GPU_QUERY_ECC_STATUS_PARAMS']): number => layout.read(new Uint8Array(layout.size)).units.length;

/** No vector. */
const NONE = 0xffffffff;

/** RM's class id of an engine's driver; a descriptor has the instance in its lowest byte. Source: src/nvidia/generated/g_eng_desc_nvoc.h */
const DESCRIPTORS: Readonly<Record<string, number>> = {
  GR: 0xd334df, COPY: 0x793ceb, NVDEC: 0x8f99e1, NVENC: 0xe97b6c, NVJPEG: 0x2b3a54, OFA: 0xdd7bab, SEC2: 0x28c408,
};

/** ENG_DESC of an engine; the same in the device table and in the list of falcons, for drivers compare them. */
export const engineDescriptor = ({ kind, instance }: { readonly kind: string; readonly instance: number }): number =>
  (((DESCRIPTORS[kind] ?? 0) << 8) | instance) >>> 0;

export function gpuControls(rm: GpuNeeds, engines: EngineNumbers, falcons: FalconNeeds): Pick<ReleaseControls, keyof GpuIntents> {
  const nv2080 = numbering(engines.nv2080);
  const mc = numbering(engines.mc);
  const units = eccUnits(rm.NV2080_CTRL_GPU_QUERY_ECC_STATUS_PARAMS);
  return {
    features: query(rm.NV2080_CTRL_CMD_GSP_GET_FEATURES, rm.NV2080_CTRL_GSP_GET_FEATURES_PARAMS, 'subdevice',
      ({ version }) => ({ gspFeatures: 1, bValid: true, bDefaultGspRmGpu: true, firmwareVersion: ascii(version, 64) })),
    vmmuSegmentSize: query(rm.NV2080_CTRL_CMD_GPU_GET_VMMU_SEGMENT_SIZE, rm.NV2080_CTRL_GPU_GET_VMMU_SEGMENT_SIZE_PARAMS, 'subdevice',
      ({ size }) => ({ vmmuSegmentSize: BigInt(size) })),
    eccStatus: query(rm.NV2080_CTRL_CMD_GPU_QUERY_ECC_STATUS, rm.NV2080_CTRL_GPU_QUERY_ECC_STATUS_PARAMS, 'subdevice',
      ({ enabled }) => ({ units: Array.from({ length: units }, () => ({ enabled, scrubComplete: enabled, supported: enabled })) })),
    engines: query(rm.NV2080_CTRL_CMD_GPU_GET_ENGINES_V2, rm.NV2080_CTRL_GPU_GET_ENGINES_V2_PARAMS, 'subdevice', ({ names }) => {
      const engineList = engineNumbers(nv2080, names);
      return { engineCount: engineList.length, engineList };
    }),
    gpcMask: query(rm.NV2080_CTRL_CMD_GPU_GET_FERMI_GPC_INFO, rm.NV2080_CTRL_GPU_GET_FERMI_GPC_INFO_PARAMS, 'subdevice', ({ mask }) => ({ gpcMask: mask })),
    tpcMask: exchange(rm.NV2080_CTRL_CMD_GPU_GET_FERMI_TPC_INFO, rm.NV2080_CTRL_GPU_GET_FERMI_TPC_INFO_PARAMS, 'subdevice',
      ({ gpcId }) => ({ gpc: gpcId }), ({ mask }) => ({ tpcMask: mask })),
    falcons: query(falcons.command, falcons.layout, 'subdevice', ({ falcons: list }) => ({
      numConstructedFalcons: list.length,
      constructedFalconsTable: list.map((falcon) => ({ engDesc: engineDescriptor(falcon), ctxBufferSize: falcon.contextSize, registerBase: falcon.registerBase })),
    })),
    interruptTable: query(rm.NV2080_CTRL_CMD_INTERNAL_INTR_GET_KERNEL_TABLE, rm.NV2080_CTRL_INTERNAL_INTR_GET_KERNEL_TABLE_PARAMS, 'subdevice', (answer) => {
      const known = answer.units.flatMap(({ name, stall, nonStall }: InterruptUnit) => {
        const engineIdx = mc.number(name);
        return engineIdx === undefined ? [] : [{ engineIdx, pmcIntrMask: 0, vectorStall: stall ?? NONE, vectorNonStall: nonStall ?? NONE }];
      });
      return { tableLen: known.length, table: known };
    }),
    setNotification: order(rm.NV2080_CTRL_CMD_EVENT_SET_NOTIFICATION, rm.NV2080_CTRL_EVENT_SET_NOTIFICATION_PARAMS, 'subdevice',
      ({ event, action }) => ({ event, action })),
    boost: order(rm.NV2080_CTRL_CMD_PERF_BOOST, rm.NV2080_CTRL_PERF_BOOST_PARAMS, 'subdevice', ({ duration }) => ({ duration })),
  };
}

/** Controls that a release lacks, each for the same reason. */
export function absentControls<Name extends string>(names: readonly Name[], absence: Absent): Readonly<Record<Name, Absent>> {
  return Object.fromEntries(names.map((name) => [name, absence])) as Record<Name, Absent>;
}
