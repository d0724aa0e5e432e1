import { text } from '@nova-stack/c-layout';

import type { ControlAbi } from '../abi.ts';
import type { Needs, Part } from './needs.ts';

export interface ControlNeeds extends Needs<
  | 'NV2080_CTRL_CMD_GSP_GET_FEATURES' | 'NV2080_CTRL_GSP_GET_FEATURES_PARAMS'
  | 'NV2080_CTRL_CMD_GPU_GET_VMMU_SEGMENT_SIZE' | 'NV2080_CTRL_GPU_GET_VMMU_SEGMENT_SIZE_PARAMS'
  | 'NV2080_CTRL_CMD_INTERNAL_FIFO_GET_NUM_CHANNELS' | 'NV2080_CTRL_INTERNAL_FIFO_GET_NUM_CHANNELS_PARAMS'
  | 'NV2080_CTRL_CMD_GPU_GET_ENGINES_V2' | 'NV2080_CTRL_CMD_GPU_QUERY_ECC_STATUS'
  | 'NV2080_CTRL_CMD_INTERNAL_MEMMGR_MEMORY_TRANSFER_WITH_GSP' | 'NV2080_CTRL_INTERNAL_MEMMGR_MEMORY_TRANSFER_WITH_GSP_PARAMS'
  | 'NV2080_CTRL_MEMMGR_MEMORY_OP_MEMSET' | 'ADDR_FBMEM' | 'NV2080_CTRL_CMD_INTERNAL_INTR_GET_KERNEL_TABLE' | 'MC_ENGINE_IDX_GSP'
> {
  readonly NV2080_CTRL_GPU_GET_ENGINES_V2_PARAMS: Part<{ readonly engineCount: number; readonly engineList: readonly number[] }>;
  readonly NV2080_CTRL_INTERNAL_INTR_GET_KERNEL_TABLE_PARAMS: Part<{
    readonly tableLen: number;
    readonly table: readonly { readonly engineIdx: number; readonly vectorStall: number }[];
  }>;
  readonly NV2080_CTRL_GPU_QUERY_ECC_STATUS_PARAMS: Part<{ readonly units: readonly { readonly enabled: boolean }[] }>;
}

const nothing = (): undefined => undefined;
/** Channels are asked for once for all runlists. */
const ANY_RUNLIST = 0;
/** Stands for no vector. */
const NO_VECTOR = 0xffff_ffff;

export function controls(rm: ControlNeeds): ControlAbi {
  return {
    features: {
      name: 'GSP_GET_FEATURES', command: rm.NV2080_CTRL_CMD_GSP_GET_FEATURES,
      encode: () => rm.NV2080_CTRL_GSP_GET_FEATURES_PARAMS.create(),
      decode(params) {
        const { bValid, firmwareVersion } = rm.NV2080_CTRL_GSP_GET_FEATURES_PARAMS.read(params);
        return { valid: bValid, version: text(firmwareVersion) };
      },
    },
    vmmuSegmentSize: {
      name: 'GPU_GET_VMMU_SEGMENT_SIZE', command: rm.NV2080_CTRL_CMD_GPU_GET_VMMU_SEGMENT_SIZE,
      encode: () => rm.NV2080_CTRL_GPU_GET_VMMU_SEGMENT_SIZE_PARAMS.create(),
      decode(params) {
        const size = Number(rm.NV2080_CTRL_GPU_GET_VMMU_SEGMENT_SIZE_PARAMS.read(params).vmmuSegmentSize);
        if (size < 1 || !Number.isSafeInteger(Math.log2(size))) throw new RangeError(`vmmuSegmentSize = ${size} is no power of two`);
        return size;
      },
    },
    channelCount: {
      name: 'INTERNAL_FIFO_GET_NUM_CHANNELS', command: rm.NV2080_CTRL_CMD_INTERNAL_FIFO_GET_NUM_CHANNELS,
      encode: () => rm.NV2080_CTRL_INTERNAL_FIFO_GET_NUM_CHANNELS_PARAMS.create({ runlistId: ANY_RUNLIST }),
      decode: (params) => rm.NV2080_CTRL_INTERNAL_FIFO_GET_NUM_CHANNELS_PARAMS.read(params).numChannels,
    },
    engines: {
      name: 'GPU_GET_ENGINES_V2', command: rm.NV2080_CTRL_CMD_GPU_GET_ENGINES_V2,
      encode: () => rm.NV2080_CTRL_GPU_GET_ENGINES_V2_PARAMS.create(),
      decode(params) {
        const { engineCount, engineList } = rm.NV2080_CTRL_GPU_GET_ENGINES_V2_PARAMS.read(params);
        if (engineCount > engineList.length) throw new RangeError(`engineCount = ${engineCount} is above ${engineList.length}`);
        return engineList.slice(0, engineCount);
      },
    },
    eccEnabled: {
      name: 'GPU_QUERY_ECC_STATUS', command: rm.NV2080_CTRL_CMD_GPU_QUERY_ECC_STATUS,
      encode: () => rm.NV2080_CTRL_GPU_QUERY_ECC_STATUS_PARAMS.create(),
      decode: (params) => rm.NV2080_CTRL_GPU_QUERY_ECC_STATUS_PARAMS.read(params).units[0]!.enabled,
    },
    gspVector: {
      name: 'INTERNAL_INTR_GET_KERNEL_TABLE', command: rm.NV2080_CTRL_CMD_INTERNAL_INTR_GET_KERNEL_TABLE,
      encode: () => rm.NV2080_CTRL_INTERNAL_INTR_GET_KERNEL_TABLE_PARAMS.create(),
      decode(params) {
        const { tableLen, table } = rm.NV2080_CTRL_INTERNAL_INTR_GET_KERNEL_TABLE_PARAMS.read(params);
        if (tableLen > table.length) throw new RangeError(`tableLen = ${tableLen} is above ${table.length}`);
        const own = table.slice(0, tableLen).find(({ engineIdx, vectorStall }) => engineIdx === rm.MC_ENGINE_IDX_GSP && vectorStall !== NO_VECTOR);
        return own?.vectorStall;
      },
    },
    fill: {
      name: 'INTERNAL_MEMMGR_MEMORY_TRANSFER_WITH_GSP', command: rm.NV2080_CTRL_CMD_INTERNAL_MEMMGR_MEMORY_TRANSFER_WITH_GSP,
      encode: ({ start, size, byte }) => rm.NV2080_CTRL_INTERNAL_MEMMGR_MEMORY_TRANSFER_WITH_GSP_PARAMS.create({
        dst: { baseAddr: BigInt(start), size: BigInt(size), offset: 0n, aperture: rm.ADDR_FBMEM },
        transferSize: BigInt(size),
        value: byte,
        memop: rm.NV2080_CTRL_MEMMGR_MEMORY_OP_MEMSET,
      }),
      decode: nothing,
    },
  };
}
