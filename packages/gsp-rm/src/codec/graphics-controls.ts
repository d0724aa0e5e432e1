import type { Absent } from '../absent.ts';
import type { GraphicsIntents } from '../control-intents.ts';
import type { ContextBuffer, GraphicsShape } from '../facts/graphics.ts';
import type { ControlCodec, ReleaseControls } from '../release.ts';
import { exchange, order, query } from './control.ts';
import { numbering, type EngineNumbers } from './engines.ts';
import type { Needs, Part } from './needs.ts';
import { toNumber } from './words.ts';

/** Controls about graphics and compute. */

interface ContextBuffersRecord {
  readonly engineContextBuffersInfo: readonly { readonly engine: readonly { readonly size: number; readonly alignment: number }[] }[];
}

interface GraphicsInfoRecord {
  readonly engineInfo: readonly { readonly infoList: readonly { readonly index: number; readonly data: number }[] }[];
}

interface SmErrorsRecord {
  readonly hTargetChannel: number;
  readonly numSMsToRead: number;
  readonly startingSM: number;
}

export interface GraphicsNeeds extends Needs<
  | 'NV2080_CTRL_CMD_INTERNAL_STATIC_KGR_GET_CONTEXT_BUFFERS_INFO' | 'NV2080_CTRL_CMD_INTERNAL_STATIC_KGR_GET_INFO'
  | 'NV2080_CTRL_CMD_GR_GET_ZCULL_INFO' | 'NV2080_CTRL_GR_GET_ZCULL_INFO_PARAMS'
  | 'NV2080_CTRL_CMD_GPU_PROMOTE_CTX' | 'NV2080_CTRL_GPU_PROMOTE_CTX_PARAMS' | 'NV83DE_CTRL_CMD_DEBUG_READ_ALL_SM_ERROR_STATES'
> {
  readonly NV2080_CTRL_INTERNAL_STATIC_GR_GET_CONTEXT_BUFFERS_INFO_PARAMS: Part<ContextBuffersRecord, keyof ContextBuffersRecord>;
  readonly NV2080_CTRL_INTERNAL_STATIC_GR_GET_INFO_PARAMS: Part<GraphicsInfoRecord, keyof GraphicsInfoRecord>;
  readonly NV83DE_CTRL_DEBUG_READ_ALL_SM_ERROR_STATES_PARAMS: Part<SmErrorsRecord, keyof SmErrorsRecord>;
}

/** Place of a buffer in the list. Source: src/common/sdk/nvidia/inc/ctrl/ctrl0080/ctrl0080fifo.h (ENGINE_CONTEXT_PROPERTIES_ENGINE_ID) */
const BUFFER_INDEX: Readonly<Record<ContextBuffer, number>> = {
  main: 0x00, zcull: 0x08, pagepool: 0x0d, patch: 0x10, bundle: 0x11, pagepoolGlobal: 0x12, attribute: 0x13, rtv: 0x14, gfxpPool: 0x15,
  gfxpControl: 0x16, fecsEvent: 0x17, privAccessMap: 0x18, setup: 0x19,
};

/** NV0080_CTRL_GR_INFO_INDEX_* that are told apart from zero. Source: src/common/sdk/nvidia/inc/ctrl/ctrl0080/ctrl0080gr.h */
const INFO = {
  shaderPipes: 0x07, smVersion: 0x0c, warpsPerSm: 0x0d, threadsPerWarp: 0x0e, gpcs: 0x14, fbps: 0x15, tpcsPerGpc: 0x17,
  cores: 0x1d, smsPerTpc: 0x20, ltcs: 0x25, subcontexts: 0x2c,
} as const;
const THREADS_PER_WARP = 32;

function infoWords({ shape, memory, subcontexts }: GraphicsIntents['graphicsInfo']['out']): ReadonlyMap<number, number> {
  const fbps = memory.fbpMask.toString(2).replaceAll('0', '').length;
  return new Map([
    [INFO.shaderPipes, shape.gpcs], [INFO.smVersion, shape.smVersion], [INFO.warpsPerSm, shape.warpsPerSm], [INFO.threadsPerWarp, THREADS_PER_WARP],
    [INFO.gpcs, shape.gpcs], [INFO.fbps, fbps], [INFO.tpcsPerGpc, shape.tpcsPerGpc], [INFO.cores, cores(shape)], [INFO.smsPerTpc, shape.smsPerTpc],
    [INFO.ltcs, memory.ltcCount], [INFO.subcontexts, subcontexts],
  ]);
}

const cores = ({ tpcs, smsPerTpc, coresPerSm }: GraphicsShape): number => tpcs * smsPerTpc * coresPerSm;

export function graphicsControls(
  rm: GraphicsNeeds, engines: EngineNumbers, scrubberTeardown: ControlCodec<{ readonly teardown: boolean }, undefined> | Absent,
): Pick<ReleaseControls, keyof GraphicsIntents> {
  const nv2080 = numbering(engines.nv2080);
  const buffersLayout = rm.NV2080_CTRL_INTERNAL_STATIC_GR_GET_CONTEXT_BUFFERS_INFO_PARAMS;
  const infoLayout = rm.NV2080_CTRL_INTERNAL_STATIC_GR_GET_INFO_PARAMS;
  // How many there are differs between releases.
  const bufferCount = buffersLayout.read(new Uint8Array(buffersLayout.size)).engineContextBuffersInfo[0]!.engine.length;
  const infoCount = infoLayout.read(new Uint8Array(infoLayout.size)).engineInfo[0]!.infoList.length;
  return {
    contextBuffers: query(rm.NV2080_CTRL_CMD_INTERNAL_STATIC_KGR_GET_CONTEXT_BUFFERS_INFO, buffersLayout, 'subdevice', ({ buffers }) => {
      const engine = Array.from({ length: bufferCount }, () => ({ size: 0, alignment: 0 }));
      for (const [name, index] of Object.entries(BUFFER_INDEX)) if (index < bufferCount) engine[index] = { ...buffers[name as ContextBuffer] };
      return { engineContextBuffersInfo: [{ engine }] };
    }),
    graphicsInfo: query(rm.NV2080_CTRL_CMD_INTERNAL_STATIC_KGR_GET_INFO, infoLayout, 'subdevice', (answer) => {
      const words = infoWords(answer);
      return { engineInfo: [{ infoList: Array.from({ length: infoCount }, (_, index) => ({ index, data: words.get(index) ?? 0 })) }] };
    }),
    zcull: query(rm.NV2080_CTRL_CMD_GR_GET_ZCULL_INFO, rm.NV2080_CTRL_GR_GET_ZCULL_INFO_PARAMS, 'subdevice', (zcull) => ({
      widthAlignPixels: zcull.widthAlign, heightAlignPixels: zcull.heightAlign, pixelSquaresByAliquots: zcull.pixelsByAliquots,
      aliquotTotal: zcull.aliquots, zcullRegionByteMultiplier: zcull.regionMultiplier, zcullRegionHeaderSize: zcull.regionHeader,
      zcullSubregionHeaderSize: zcull.subregionHeader, subregionCount: zcull.subregions,
      subregionWidthAlignPixels: zcull.subregionWidthAlign, subregionHeightAlignPixels: zcull.subregionHeightAlign,
    })),
    promoteContext: order(rm.NV2080_CTRL_CMD_GPU_PROMOTE_CTX, rm.NV2080_CTRL_GPU_PROMOTE_CTX_PARAMS, 'subdevice',
      ({ engineType, hChanClient, hObject, ChID, entryCount, promoteEntry }) => ({
        engine: { number: engineType, name: nv2080.name(engineType) }, client: hChanClient, object: hObject, channel: ChID, count: entryCount,
        buffers: promoteEntry.slice(0, entryCount).map((entry) => ({
          id: entry.bufferId, physical: toNumber(entry.gpuPhysAddr), virtual: toNumber(entry.gpuVirtAddr), size: toNumber(entry.size),
          initialise: entry.bInitialize !== 0, mapped: entry.bNonmapped === 0,
        })),
      })),
    scrubberTeardown,
    smErrors: exchange(rm.NV83DE_CTRL_CMD_DEBUG_READ_ALL_SM_ERROR_STATES, rm.NV83DE_CTRL_DEBUG_READ_ALL_SM_ERROR_STATES_PARAMS, 'debugger',
      ({ hTargetChannel, startingSM, numSMsToRead }) => ({ channel: hTargetChannel, first: startingSM, count: numSMsToRead }),
      ({ read }) => ({ numSMsToRead: read })),
  };
}
