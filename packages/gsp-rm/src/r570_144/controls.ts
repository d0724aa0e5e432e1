import type { ControlIntents } from '../control-intents.ts';
import type { ControlCodec, ReleaseControls } from '../release.ts';
import { engineTypes } from './engines.ts';
import {
  NV2080_CTRL_CMD_GPU_GET_ENGINES_V2,
  NV2080_CTRL_CMD_GPU_GET_FERMI_GPC_INFO,
  NV2080_CTRL_CMD_GPU_GET_FERMI_TPC_INFO,
  NV2080_CTRL_CMD_GPU_GET_VMMU_SEGMENT_SIZE,
  NV2080_CTRL_CMD_GPU_QUERY_ECC_STATUS,
  NV2080_CTRL_CMD_GSP_GET_FEATURES,
  NV2080_CTRL_CMD_INTERNAL_FIFO_GET_NUM_CHANNELS,
  NV2080_CTRL_CMD_INTERNAL_MEMMGR_MEMORY_TRANSFER_WITH_GSP,
  NV2080_CTRL_GPU_GET_ENGINES_V2_PARAMS, NV2080_CTRL_GPU_GET_FERMI_GPC_INFO_PARAMS, NV2080_CTRL_GPU_GET_FERMI_TPC_INFO_PARAMS,
  NV2080_CTRL_GPU_GET_VMMU_SEGMENT_SIZE_PARAMS, NV2080_CTRL_GPU_QUERY_ECC_STATUS_PARAMS, NV2080_CTRL_GSP_GET_FEATURES_PARAMS,
  NV2080_CTRL_INTERNAL_FIFO_GET_NUM_CHANNELS_PARAMS, NV2080_CTRL_INTERNAL_MEMMGR_MEMORY_TRANSFER_WITH_GSP_PARAMS,
} from './layouts.ts';
import { VGPU_CONTROLS } from './vgpu-controls.ts';
import { ascii, toNumber } from './words.ts';

type Codec<Name extends keyof ControlIntents> = ControlCodec<ControlIntents[Name]['in'], ControlIntents[Name]['out']>;

const MAX_ENGINES = 84;
const ECC_UNITS = 36;
/** Framebuffer, as an address space of RM. */
const FBMEM = 2;
const OPERATIONS: Readonly<Record<number, 'copy' | 'set'>> = { 0: 'copy', 1: 'set' };

const features: Codec<'features'> = {
  command: NV2080_CTRL_CMD_GSP_GET_FEATURES, on: 'subdevice', size: NV2080_CTRL_GSP_GET_FEATURES_PARAMS.size,
  decode: () => undefined,
  encode: (params, { version }) => NV2080_CTRL_GSP_GET_FEATURES_PARAMS.write(params, 0, {
    gspFeatures: 1, bValid: true, bDefaultGspRmGpu: true, firmwareVersion: ascii(version, 64),
  }),
};

const vmmuSegmentSize: Codec<'vmmuSegmentSize'> = {
  command: NV2080_CTRL_CMD_GPU_GET_VMMU_SEGMENT_SIZE, on: 'subdevice', size: NV2080_CTRL_GPU_GET_VMMU_SEGMENT_SIZE_PARAMS.size,
  decode: () => undefined,
  encode: (params, { size }) => NV2080_CTRL_GPU_GET_VMMU_SEGMENT_SIZE_PARAMS.write(params, 0, { vmmuSegmentSize: BigInt(size) }),
};

const eccStatus: Codec<'eccStatus'> = {
  command: NV2080_CTRL_CMD_GPU_QUERY_ECC_STATUS, on: 'subdevice', size: NV2080_CTRL_GPU_QUERY_ECC_STATUS_PARAMS.size,
  decode: () => undefined,
  encode: (params, { enabled }) => NV2080_CTRL_GPU_QUERY_ECC_STATUS_PARAMS.write(params, 0, {
    units: Array.from({ length: ECC_UNITS }, () => ({ enabled, scrubComplete: enabled, supported: enabled })),
  }),
};

const engines: Codec<'engines'> = {
  command: NV2080_CTRL_CMD_GPU_GET_ENGINES_V2, on: 'subdevice', size: NV2080_CTRL_GPU_GET_ENGINES_V2_PARAMS.size,
  decode: () => undefined,
  encode: (params, { names }) => {
    const types = engineTypes(names);
    NV2080_CTRL_GPU_GET_ENGINES_V2_PARAMS.write(params, 0, {
      engineCount: types.length, engineList: Array.from({ length: MAX_ENGINES }, (_, i) => types[i] ?? 0),
    });
  },
};

const channelCount: Codec<'channelCount'> = {
  command: NV2080_CTRL_CMD_INTERNAL_FIFO_GET_NUM_CHANNELS, on: 'subdevice', size: NV2080_CTRL_INTERNAL_FIFO_GET_NUM_CHANNELS_PARAMS.size,
  decode: (params) => ({ runlist: NV2080_CTRL_INTERNAL_FIFO_GET_NUM_CHANNELS_PARAMS.read(params).runlistId }),
  encode: (params, { count }) => NV2080_CTRL_INTERNAL_FIFO_GET_NUM_CHANNELS_PARAMS.write(params, 0, {
    ...NV2080_CTRL_INTERNAL_FIFO_GET_NUM_CHANNELS_PARAMS.read(params), numChannels: count,
  }),
};

const gpcMask: Codec<'gpcMask'> = {
  command: NV2080_CTRL_CMD_GPU_GET_FERMI_GPC_INFO, on: 'subdevice', size: NV2080_CTRL_GPU_GET_FERMI_GPC_INFO_PARAMS.size,
  decode: () => undefined,
  encode: (params, { mask }) => NV2080_CTRL_GPU_GET_FERMI_GPC_INFO_PARAMS.write(params, 0, { gpcMask: mask }),
};

const tpcMask: Codec<'tpcMask'> = {
  command: NV2080_CTRL_CMD_GPU_GET_FERMI_TPC_INFO, on: 'subdevice', size: NV2080_CTRL_GPU_GET_FERMI_TPC_INFO_PARAMS.size,
  decode: (params) => ({ gpc: NV2080_CTRL_GPU_GET_FERMI_TPC_INFO_PARAMS.read(params).gpcId }),
  encode: (params, { mask }) => NV2080_CTRL_GPU_GET_FERMI_TPC_INFO_PARAMS.write(params, 0, {
    ...NV2080_CTRL_GPU_GET_FERMI_TPC_INFO_PARAMS.read(params), tpcMask: mask,
  }),
};

const memoryTransfer: Codec<'memoryTransfer'> = {
  command: NV2080_CTRL_CMD_INTERNAL_MEMMGR_MEMORY_TRANSFER_WITH_GSP, on: 'subdevice',
  size: NV2080_CTRL_INTERNAL_MEMMGR_MEMORY_TRANSFER_WITH_GSP_PARAMS.size,
  decode: (params) => {
    const { src, dst, transferSize, value, memop } = NV2080_CTRL_INTERNAL_MEMMGR_MEMORY_TRANSFER_WITH_GSP_PARAMS.read(params);
    const surface = ({ baseAddr, offset, size, aperture }: typeof src): ControlIntents['memoryTransfer']['in']['source'] =>
      ({ address: toNumber(baseAddr + offset), size: toNumber(size > offset ? size - offset : 0n), vram: aperture === FBMEM });
    return { operation: OPERATIONS[memop] ?? 'unknown', source: surface(src), target: surface(dst), size: toNumber(transferSize), value };
  },
  encode: () => undefined,
};

/** Every intent as 570.144 spells it. */
export const CONTROLS: ReleaseControls = {
  features, vmmuSegmentSize, eccStatus, engines, channelCount, gpcMask, tpcMask, memoryTransfer, ...VGPU_CONTROLS,
};
