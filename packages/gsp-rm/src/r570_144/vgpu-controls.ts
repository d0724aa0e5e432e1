import { sha256 } from '@noble/hashes/sha2.js';
import { text } from '@nova-stack/c-layout';
import type { VgpuIntents } from '../control-intents.ts';
import type { ControlCodec, ReleaseControls } from '../release.ts';
import { equalBytes, readSignature } from '../ucode.ts';
import type { UploadedType } from '../vgpu/requests.ts';
import {
  NV2080_CTRL_CMD_VGPU_MGR_INTERNAL_BOOTLOAD_GSP_VGPU_PLUGIN_TASK,
  NV2080_CTRL_CMD_VGPU_MGR_INTERNAL_ENUMERATE_VGPU_PER_PGPU,
  NV2080_CTRL_CMD_VGPU_MGR_INTERNAL_PGPU_ADD_VGPU_TYPE,
  NV2080_CTRL_CMD_VGPU_MGR_INTERNAL_SET_VGPU_ENCODER_CAPACITY,
  NV2080_CTRL_CMD_VGPU_MGR_INTERNAL_SHUTDOWN_GSP_VGPU_PLUGIN_TASK,
  NV2080_CTRL_CMD_VGPU_MGR_INTERNAL_VGPU_PLUGIN_CLEANUP,
  NV2080_CTRL_VGPU_MGR_INTERNAL_BOOTLOAD_GSP_VGPU_PLUGIN_TASK_PARAMS as BOOTLOAD,
  NV2080_CTRL_VGPU_MGR_INTERNAL_ENUMERATE_VGPU_PER_PGPU_PARAMS as ENUMERATE,
  NV2080_CTRL_VGPU_MGR_INTERNAL_PGPU_ADD_VGPU_TYPE_PARAMS as ADD_TYPE,
  NV2080_CTRL_VGPU_MGR_INTERNAL_SET_VGPU_ENCODER_CAPACITY_PARAMS as ENCODER,
  NV2080_CTRL_VGPU_MGR_INTERNAL_SHUTDOWN_GSP_VGPU_PLUGIN_TASK_PARAMS as SHUTDOWN,
  NV2080_CTRL_VGPU_MGR_INTERNAL_VGPU_PLUGIN_CLEANUP_PARAMS as CLEANUP, NVA081_CTRL_VGPU_INFO as TYPE,
} from './layouts.ts';
import { toNumber } from '../codec/words.ts';

type Codec<Name extends keyof VgpuIntents> = ControlCodec<VgpuIntents[Name]['in'], VgpuIntents[Name]['out']>;

const MAX_TYPES = 64;
const MAX_SEGMENTS = 384;
const MAX_VGPUS = 32;

function decodeType(bytes: Uint8Array): UploadedType {
  const type = TYPE.read(bytes);
  return {
    id: type.vgpuType, name: text(type.vgpuName), maxInstances: type.maxInstance, physicalDevice: toNumber(type.pdevId & 0xffffn),
    profileSize: toNumber(type.profileSize), fbLength: toNumber(type.fbLength), heapSize: toNumber(type.gspHeapSize),
    signature: judgeSignature(bytes, type.vgpuSignature),
  };
}

/** This project's signatures are a digest over the record with the signature as zero; NVIDIA's cannot be judged. */
function judgeSignature(record: Uint8Array, signature: Uint8Array): UploadedType['signature'] {
  if (signature.every((byte) => byte === 0)) return 'none';
  const signed = readSignature(signature);
  if (signed === undefined) return 'foreign';
  const unsigned = record.slice();
  unsigned.fill(0, TYPE.offsets.vgpuSignature, TYPE.offsets.vgpuSignature + signature.length);
  return equalBytes(sha256(unsigned), signed.digest) ? 'good' : 'bad';
}

const uploadTypes: Codec<'uploadTypes'> = {
  command: NV2080_CTRL_CMD_VGPU_MGR_INTERNAL_PGPU_ADD_VGPU_TYPE, on: 'subdevice', size: ADD_TYPE.size,
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
  command: NV2080_CTRL_CMD_VGPU_MGR_INTERNAL_BOOTLOAD_GSP_VGPU_PLUGIN_TASK, on: 'subdevice', size: BOOTLOAD.size,
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
        log('kernel', task.kernelLogBuffOffset, task.kernelLogBuffSize),
      ],
    };
  },
  encode: () => undefined,
};

const shutdownPlugin: Codec<'shutdownPlugin'> = {
  command: NV2080_CTRL_CMD_VGPU_MGR_INTERNAL_SHUTDOWN_GSP_VGPU_PLUGIN_TASK, on: 'subdevice', size: SHUTDOWN.size,
  decode: (params) => ({ gfid: SHUTDOWN.read(params).gfid }),
  encode: () => undefined,
};

const cleanupPlugin: Codec<'cleanupPlugin'> = {
  command: NV2080_CTRL_CMD_VGPU_MGR_INTERNAL_VGPU_PLUGIN_CLEANUP, on: 'subdevice', size: CLEANUP.size,
  decode: (params) => ({ gfid: CLEANUP.read(params).gfid }),
  encode: () => undefined,
};

const enumerateVgpus: Codec<'enumerateVgpus'> = {
  command: NV2080_CTRL_CMD_VGPU_MGR_INTERNAL_ENUMERATE_VGPU_PER_PGPU, on: 'subdevice', size: ENUMERATE.size,
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
  command: NV2080_CTRL_CMD_VGPU_MGR_INTERNAL_SET_VGPU_ENCODER_CAPACITY, on: 'subdevice', size: ENCODER.size,
  decode: (params) => {
    const { gfid, encoderCapacity } = ENCODER.read(params);
    return { gfid, percent: encoderCapacity };
  },
  encode: () => undefined,
};

export const VGPU_CONTROLS: Pick<ReleaseControls, keyof VgpuIntents> = {
  uploadTypes, bootPlugin, shutdownPlugin, cleanupPlugin, enumerateVgpus, encoderShare,
};
