import type { ChannelAbi } from '../abi.ts';
import type { Needs, Part } from './needs.ts';

interface ChannelRecord {
  readonly gpFifoOffset: bigint;
  readonly gpFifoEntries: number;
  readonly flags: number;
  readonly hVASpace: number;
  readonly engineType: number;
  readonly internalFlags: number;
  readonly instanceMem: MemoryDescription;
  readonly userdMem: MemoryDescription;
  readonly ramfcMem: MemoryDescription;
  readonly mthdbufMem: MemoryDescription;
}
interface MemoryDescription {
  readonly base: bigint;
  readonly size: bigint;
  readonly addressSpace: number;
  readonly cacheAttrib: number;
}

export interface ChannelNeeds extends Needs<
  | 'NV2080_ALLOC_PARAMETERS' | 'NVB0B5_ALLOCATION_PARAMETERS' | 'NV0080_CTRL_CMD_DMA_SET_PAGE_DIRECTORY' | 'NV0080_CTRL_DMA_SET_PAGE_DIRECTORY_PARAMS'
  | 'NV2080_CTRL_CMD_FIFO_GET_DEVICE_INFO_TABLE' | 'NV2080_CTRL_FIFO_GET_DEVICE_INFO_TABLE_PARAMS' | 'NVA06F_CTRL_BIND_PARAMS' | 'NVA06F_CTRL_CMD_BIND'
  | 'NVC36F_CTRL_CMD_GPFIFO_GET_WORK_SUBMIT_TOKEN' | 'NVC36F_CTRL_CMD_GPFIFO_GET_WORK_SUBMIT_TOKEN_PARAMS' | 'NVA06F_CTRL_CMD_GPFIFO_SCHEDULE' | 'NV_VASPACE_ALLOCATION_FLAGS_IS_EXTERNALLY_OWNED'
> {
  readonly NV0000_ALLOC_PARAMETERS: Part<{ readonly hClient: number; readonly processID: number }>;
  readonly NV0080_ALLOC_PARAMETERS: Part<{ readonly hClientShare: number }>;
  readonly NV_VASPACE_ALLOCATION_PARAMETERS: Part<{ readonly flags: number }>;
  readonly NV_CHANNEL_ALLOC_PARAMS: Part<ChannelRecord>;
  readonly NVA06F_CTRL_GPFIFO_SCHEDULE_PARAMS: Part<{ readonly bEnable: boolean }>;
}

/** Source: open-gpu-kernel-modules 570.144: src/common/sdk/nvidia/inc/class/cl0000.h, cl0080.h, cl2080.h, cl90f1.h */
const CLASSES = { client: 0x0000, device: 0x0080, subdevice: 0x2080, vaspace: 0x90f1 } as const;
/** ADDR_FBMEM as these parameters count it. */
const IN_VRAM = 2;
/** The kernel's own process. */
const NO_PROCESS = 0xffff_ffff;
/** NVOS04_FLAGS_PRIVILEGED_CHANNEL. */
const PRIVILEGED = 1 << 5;
/** NV_KERNELCHANNEL_ALLOC_INTERNALFLAGS: of an administrator; no error and no ECC notifier. */
const INTERNAL = 0x15;
/** ENGINE_INFO_TYPE_*: words of an engine's data. Source: src/nvidia/inc/kernel/gpu/fifo (kernel_fifo.h) */
const WORDS = { type: 2, runlist: 3 } as const;
/** NV2080_ENGINE_TYPE_COPY0 and RM_ENGINE_TYPE_COPY0, which go together as far as COPY9. */
const FIRST_COPY = 9;
const COPIES = 10;
/** Version of a copy object's parameters in which its engine is named by its type. */
const BY_TYPE = 1;

const vram = ({ address, size }: { readonly address: number; readonly size: number }): MemoryDescription => ({ base: BigInt(address), size: BigInt(size), addressSpace: IN_VRAM, cacheAttrib: 0 });

export function channels(rm: ChannelNeeds): ChannelAbi {
  return {
    objects: {
      client: { class: CLASSES.client, params: ({ handle }) => rm.NV0000_ALLOC_PARAMETERS.create({ hClient: handle, processID: NO_PROCESS }) },
      device: { class: CLASSES.device, params: ({ client }) => rm.NV0080_ALLOC_PARAMETERS.create({ hClientShare: client }) },
      subdevice: { class: CLASSES.subdevice, params: () => rm.NV2080_ALLOC_PARAMETERS.create() },
      vaspace: { class: CLASSES.vaspace, params: () => rm.NV_VASPACE_ALLOCATION_PARAMETERS.create({ flags: rm.NV_VASPACE_ALLOCATION_FLAGS_IS_EXTERNALLY_OWNED }) },
    },
    pageDirectory: {
      name: 'DMA_SET_PAGE_DIRECTORY', command: rm.NV0080_CTRL_CMD_DMA_SET_PAGE_DIRECTORY,
      // The aperture that 0 stands for is the framebuffer.
      encode: ({ vaspace, address, entries }) => rm.NV0080_CTRL_DMA_SET_PAGE_DIRECTORY_PARAMS.create({ physAddress: BigInt(address), numEntries: entries, hVASpace: vaspace }),
      decode: () => undefined,
    },
    copyEngines: {
      name: 'FIFO_GET_DEVICE_INFO_TABLE', command: rm.NV2080_CTRL_CMD_FIFO_GET_DEVICE_INFO_TABLE,
      encode: () => rm.NV2080_CTRL_FIFO_GET_DEVICE_INFO_TABLE_PARAMS.create(),
      decode(params) {
        const { numEntries, entries } = rm.NV2080_CTRL_FIFO_GET_DEVICE_INFO_TABLE_PARAMS.read(params);
        if (numEntries > entries.length) throw new RangeError(`numEntries = ${numEntries} is above ${entries.length}`);
        const engines = entries.slice(0, numEntries).map(({ engineData }) => ({ engine: engineData[WORDS.type]!, runlist: engineData[WORDS.runlist]! }));
        const copies = engines.filter(({ engine }) => engine >= FIRST_COPY && engine < FIRST_COPY + COPIES);
        // A runlist that graphics is on too is graphics'.
        return copies.filter(({ runlist }) => engines.every((other) => other.runlist !== runlist || copies.includes(other)));
      },
    },
    channel: ({ vaspace, engine, ring, entries, instance, userd, methodBuffer }) => rm.NV_CHANNEL_ALLOC_PARAMS.create({
      gpFifoOffset: BigInt(ring), gpFifoEntries: entries, flags: PRIVILEGED, internalFlags: INTERNAL, hVASpace: vaspace, engineType: engine,
      instanceMem: vram(instance), ramfcMem: vram({ ...instance, size: userd.size }), userdMem: vram(userd), mthdbufMem: vram(methodBuffer),
    }),
    bind: { name: 'BIND', command: rm.NVA06F_CTRL_CMD_BIND, encode: (engine) => rm.NVA06F_CTRL_BIND_PARAMS.create({ engineType: engine }), decode: () => undefined },
    schedule: {
      name: 'GPFIFO_SCHEDULE', command: rm.NVA06F_CTRL_CMD_GPFIFO_SCHEDULE,
      encode: (enable) => rm.NVA06F_CTRL_GPFIFO_SCHEDULE_PARAMS.create({ bEnable: enable }), decode: () => undefined,
    },
    token: {
      name: 'GPFIFO_GET_WORK_SUBMIT_TOKEN', command: rm.NVC36F_CTRL_CMD_GPFIFO_GET_WORK_SUBMIT_TOKEN,
      encode: () => rm.NVC36F_CTRL_CMD_GPFIFO_GET_WORK_SUBMIT_TOKEN_PARAMS.create(),
      decode: (params) => rm.NVC36F_CTRL_CMD_GPFIFO_GET_WORK_SUBMIT_TOKEN_PARAMS.read(params).workSubmitToken,
    },
    copyObject: (engine) => rm.NVB0B5_ALLOCATION_PARAMETERS.create({ version: BY_TYPE, engineType: engine }),
  };
}
