import { sha256 } from '@noble/hashes/sha2.js';
import { text, type Layout } from '@nova-stack/c-layout';
import type { VgpuIntents } from '../control-intents.ts';
import type { ControlCodec, ReleaseControls } from '../release.ts';
import { equalBytes, readSignature } from '../ucode.ts';
import type { UploadedType } from '../vgpu/requests.ts';
import { toNumber } from './words.ts';
import type { Needs } from './needs.ts';

type Codec<Name extends keyof VgpuIntents> = ControlCodec<VgpuIntents[Name]['in'], VgpuIntents[Name]['out']>;

const MAX_TYPES = 64;
const MAX_SEGMENTS = 384;
const MAX_VGPUS = 32;

/** What is read of the order to start a task; not every release has a log of the kernel. */
interface Bootload {
  readonly dbdf: number;
  readonly gfid: number;
  readonly vgpuType: number;
  readonly vmPid: number;
  readonly numChannels: number;
  readonly numPluginChannels: number;
  readonly chidOffset: readonly number[];
  readonly numGuestFbSegments: number;
  readonly guestFbPhysAddrList: readonly bigint[];
  readonly guestFbLengthList: readonly bigint[];
  readonly pluginHeapMemoryPhysAddr: bigint;
  readonly pluginHeapMemoryLength: bigint;
  readonly ctrlBuffOffset: bigint;
  readonly initTaskLogBuffOffset: bigint;
  readonly initTaskLogBuffSize: bigint;
  readonly vgpuTaskLogBuffOffset: bigint;
  readonly vgpuTaskLogBuffSize: bigint;
  readonly kernelLogBuffOffset?: bigint;
  readonly kernelLogBuffSize?: bigint;
}

/** What is read of a type. */
interface TypeRecord {
  readonly vgpuType: number;
  readonly vgpuName: Uint8Array;
  readonly vgpuSignature: Uint8Array;
  readonly maxInstance: number;
  readonly pdevId: bigint;
  readonly profileSize: bigint;
  readonly fbLength: bigint;
  readonly gspHeapSize: bigint;
}

export interface VgpuNeeds extends Needs<
  | 'NV2080_CTRL_CMD_VGPU_MGR_INTERNAL_BOOTLOAD_GSP_VGPU_PLUGIN_TASK' | 'NV2080_CTRL_CMD_VGPU_MGR_INTERNAL_ENUMERATE_VGPU_PER_PGPU'
  | 'NV2080_CTRL_CMD_VGPU_MGR_INTERNAL_PGPU_ADD_VGPU_TYPE' | 'NV2080_CTRL_CMD_VGPU_MGR_INTERNAL_SET_VGPU_ENCODER_CAPACITY'
  | 'NV2080_CTRL_CMD_VGPU_MGR_INTERNAL_SHUTDOWN_GSP_VGPU_PLUGIN_TASK' | 'NV2080_CTRL_CMD_VGPU_MGR_INTERNAL_VGPU_PLUGIN_CLEANUP'
  | 'NV2080_CTRL_VGPU_MGR_INTERNAL_ENUMERATE_VGPU_PER_PGPU_PARAMS' | 'NV2080_CTRL_VGPU_MGR_INTERNAL_SET_VGPU_ENCODER_CAPACITY_PARAMS'
  | 'NV2080_CTRL_VGPU_MGR_INTERNAL_SHUTDOWN_GSP_VGPU_PLUGIN_TASK_PARAMS' | 'NV2080_CTRL_VGPU_MGR_INTERNAL_VGPU_PLUGIN_CLEANUP_PARAMS'
> {
  readonly NV2080_CTRL_VGPU_MGR_INTERNAL_BOOTLOAD_GSP_VGPU_PLUGIN_TASK_PARAMS: Pick<Layout<Bootload>, 'size' | 'read'>;
  readonly NV2080_CTRL_VGPU_MGR_INTERNAL_PGPU_ADD_VGPU_TYPE_PARAMS: {
    readonly size: number;
    readonly offsets: { readonly discardVgpuTypes: number; readonly vgpuInfoCount: number; readonly vgpuInfo: number };
  };
  readonly NVA081_CTRL_VGPU_INFO: Pick<Layout<TypeRecord>, 'size' | 'read' | 'offsets'>;
}

/** This project's signatures are a digest over the record with the signature as zero; NVIDIA's cannot be judged. */
function judgeSignature(record: Uint8Array, signature: Uint8Array, at: number): UploadedType['signature'] {
  if (signature.every((byte) => byte === 0)) return 'none';
  const signed = readSignature(signature);
  if (signed === undefined) return 'foreign';
  const unsigned = record.slice();
  unsigned.fill(0, at, at + signature.length);
  return equalBytes(sha256(unsigned), signed.digest) ? 'good' : 'bad';
}

/** Controls that have to do with virtual GPUs, of a release that hosts them. */
export function vgpuControls(rm: VgpuNeeds): Pick<ReleaseControls, keyof VgpuIntents> {
  const {
    NV2080_CTRL_VGPU_MGR_INTERNAL_BOOTLOAD_GSP_VGPU_PLUGIN_TASK_PARAMS: BOOTLOAD, NV2080_CTRL_VGPU_MGR_INTERNAL_ENUMERATE_VGPU_PER_PGPU_PARAMS: ENUMERATE,
    NV2080_CTRL_VGPU_MGR_INTERNAL_PGPU_ADD_VGPU_TYPE_PARAMS: ADD_TYPE, NV2080_CTRL_VGPU_MGR_INTERNAL_SET_VGPU_ENCODER_CAPACITY_PARAMS: ENCODER,
    NV2080_CTRL_VGPU_MGR_INTERNAL_SHUTDOWN_GSP_VGPU_PLUGIN_TASK_PARAMS: SHUTDOWN, NV2080_CTRL_VGPU_MGR_INTERNAL_VGPU_PLUGIN_CLEANUP_PARAMS: CLEANUP,
    NVA081_CTRL_VGPU_INFO: TYPE,
  } = rm;

  function decodeType(bytes: Uint8Array): UploadedType {
    const type = TYPE.read(bytes);
    return {
      id: type.vgpuType, name: text(type.vgpuName), maxInstances: type.maxInstance, physicalDevice: toNumber(type.pdevId & 0xffffn),
      profileSize: toNumber(type.profileSize), fbLength: toNumber(type.fbLength), heapSize: toNumber(type.gspHeapSize),
      signature: judgeSignature(bytes, type.vgpuSignature, TYPE.offsets.vgpuSignature),
    };
  }

  const uploadTypes: Codec<'uploadTypes'> = {
    command: rm.NV2080_CTRL_CMD_VGPU_MGR_INTERNAL_PGPU_ADD_VGPU_TYPE, on: 'subdevice', size: ADD_TYPE.size,
    decode: (params) => {
      const { discardVgpuTypes: discardAt, vgpuInfoCount: countAt, vgpuInfo: infoAt } = ADD_TYPE.offsets;
      const count = new DataView(params.buffer, params.byteOffset).getUint32(countAt, true);
      const types = Array.from({ length: Math.min(count, MAX_TYPES) }, (_, i) => {
        const at = infoAt + i * TYPE.size;
        return decodeType(params.subarray(at, at + TYPE.size));
      });
      return { discard: params[discardAt] !== 0, count, types };
    },
    encode: () => undefined,
  };

  const bootPlugin: Codec<'bootPlugin'> = {
    command: rm.NV2080_CTRL_CMD_VGPU_MGR_INTERNAL_BOOTLOAD_GSP_VGPU_PLUGIN_TASK, on: 'subdevice', size: BOOTLOAD.size,
    decode: (params) => {
      const task = BOOTLOAD.read(params);
      const heap = { start: toNumber(task.pluginHeapMemoryPhysAddr), size: toNumber(task.pluginHeapMemoryLength) };
      // RM adds the heap's address to the logs' offsets before it sends them; the control buffer's stays an offset.
      const log = (name: string, address: bigint, size: bigint): { name: string; offset: number; size: number } =>
        ({ name, offset: toNumber(address) - heap.start, size: toNumber(size) });
      const segments = Math.min(task.numGuestFbSegments, MAX_SEGMENTS);
      return {
        vfAddress: task.dbdf, gfid: task.gfid, typeId: task.vgpuType, processId: task.vmPid,
        channels: task.numChannels, pluginChannels: task.numPluginChannels, channelOffsets: [...task.chidOffset],
        segmentCount: task.numGuestFbSegments,
        guestMemory: Array.from({ length: segments }, (_, i) =>
          ({ start: toNumber(task.guestFbPhysAddrList[i]!), size: toNumber(task.guestFbLengthList[i]!) })),
        heap, controlOffset: toNumber(task.ctrlBuffOffset),
        logs: [
          log('init task', task.initTaskLogBuffOffset, task.initTaskLogBuffSize),
          log('vGPU task', task.vgpuTaskLogBuffOffset, task.vgpuTaskLogBuffSize),
          ...(task.kernelLogBuffOffset === undefined || task.kernelLogBuffSize === undefined ? [] : [log('kernel', task.kernelLogBuffOffset, task.kernelLogBuffSize)]),
        ],
      };
    },
    encode: () => undefined,
  };

  const shutdownPlugin: Codec<'shutdownPlugin'> = {
    command: rm.NV2080_CTRL_CMD_VGPU_MGR_INTERNAL_SHUTDOWN_GSP_VGPU_PLUGIN_TASK, on: 'subdevice', size: SHUTDOWN.size,
    decode: (params) => ({ gfid: SHUTDOWN.read(params).gfid }),
    encode: () => undefined,
  };

  const cleanupPlugin: Codec<'cleanupPlugin'> = {
    command: rm.NV2080_CTRL_CMD_VGPU_MGR_INTERNAL_VGPU_PLUGIN_CLEANUP, on: 'subdevice', size: CLEANUP.size,
    decode: (params) => ({ gfid: CLEANUP.read(params).gfid }),
    encode: () => undefined,
  };

  const enumerateVgpus: Codec<'enumerateVgpus'> = {
    command: rm.NV2080_CTRL_CMD_VGPU_MGR_INTERNAL_ENUMERATE_VGPU_PER_PGPU, on: 'subdevice', size: ENUMERATE.size,
    decode: () => undefined,
    encode: (params, { vgpus }) => {
      const live = vgpus.slice(0, MAX_VGPUS);
      ENUMERATE.write(params, 0, {
        numVgpu: live.length,
        vgpuGuest: Array.from({ length: MAX_VGPUS }, (_, i) => {
          const vgpu = live[i];
          return vgpu === undefined ? {} : {
            guestVmInfo: { vmPid: vgpu.processId },
            vgpuDevice: { gfid: vgpu.gfid, vgpuPciId: BigInt(vgpu.vfAddress), encoderCapacity: 100, bDriverLoaded: false },
          };
        }),
      });
    },
  };

  const encoderShare: Codec<'encoderShare'> = {
    command: rm.NV2080_CTRL_CMD_VGPU_MGR_INTERNAL_SET_VGPU_ENCODER_CAPACITY, on: 'subdevice', size: ENCODER.size,
    decode: (params) => {
      const { gfid, encoderCapacity } = ENCODER.read(params);
      return { gfid, percent: encoderCapacity };
    },
    encode: () => undefined,
  };

  return { uploadTypes, bootPlugin, shutdownPlugin, cleanupPlugin, enumerateVgpus, encoderShare };
}
