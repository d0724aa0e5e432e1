import { dataView } from '@nova-stack/c-layout';
import * as manager from '@nova-stack/nvrm-headers/r570_144/ctrl2080vgpumgrinternal';
import { NVA081_CTRL_VGPU_INFO, NVA081_MAX_VGPU_TYPES_PER_PGPU } from '@nova-stack/nvrm-headers/r570_144/ctrla081';

import type { PluginBoot, VgpuControls } from '../vgpu-abi.ts';
import { REGION } from './plugin.ts';

const nothing = (): undefined => undefined;
/** No MIG partition. */
const NO_PARTITION = 0;

function encodeBoot(boot: PluginBoot): Uint8Array {
  const params = manager.NV2080_CTRL_VGPU_MGR_INTERNAL_BOOTLOAD_GSP_VGPU_PLUGIN_TASK_PARAMS;
  const chidOffset = Array.from({ length: manager.NV2080_GPU_MAX_ENGINES }, (_, engine) => (boot.engines.includes(engine) ? boot.channels.first : 0));
  // Log buffers are told by address, everything else of the heap by offset.
  const log = ({ offset, size }: { readonly offset: number; readonly size: number }): [bigint, bigint] => [BigInt(boot.heap.start + offset), BigInt(size)];
  const [initTaskLogBuffOffset, initTaskLogBuffSize] = log(REGION.initTaskLog);
  const [vgpuTaskLogBuffOffset, vgpuTaskLogBuffSize] = log(REGION.vgpuTaskLog);
  const [kernelLogBuffOffset, kernelLogBuffSize] = log(REGION.kernelLog);
  return params.create({
    dbdf: boot.vfAddress,
    gfid: boot.gfid,
    vgpuType: boot.typeId,
    vmPid: boot.processId,
    swizzId: NO_PARTITION,
    numChannels: boot.channels.count,
    numPluginChannels: boot.channels.plugin,
    chidOffset,
    bDisableDefaultSmcExecPartRestore: false,
    numGuestFbSegments: 1,
    guestFbPhysAddrList: firstOf(manager.NV2080_CTRL_MAX_VMMU_SEGMENTS, boot.guestMemory.start),
    guestFbLengthList: firstOf(manager.NV2080_CTRL_MAX_VMMU_SEGMENTS, boot.guestMemory.size),
    pluginHeapMemoryPhysAddr: BigInt(boot.heap.start),
    pluginHeapMemoryLength: BigInt(boot.heap.size),
    ctrlBuffOffset: BigInt(REGION.control.offset),
    initTaskLogBuffOffset, initTaskLogBuffSize, vgpuTaskLogBuffOffset, vgpuTaskLogBuffSize, kernelLogBuffOffset, kernelLogBuffSize,
    bDeviceProfilingEnabled: false,
  });
}

function firstOf(length: number, value: number): bigint[] {
  return Array.from({ length }, (_, i) => (i === 0 ? BigInt(value) : 0n));
}

export const vgpuControls: VgpuControls = {
  uploadTypes: {
    name: 'VGPU_MGR_INTERNAL_PGPU_ADD_VGPU_TYPE',
    command: manager.NV2080_CTRL_CMD_VGPU_MGR_INTERNAL_PGPU_ADD_VGPU_TYPE,
    encode({ discardOthers, records }) {
      const { size, offsets } = manager.NV2080_CTRL_VGPU_MGR_INTERNAL_PGPU_ADD_VGPU_TYPE_PARAMS;
      if (records.length > NVA081_MAX_VGPU_TYPES_PER_PGPU) throw new RangeError(`${records.length} types are above ${NVA081_MAX_VGPU_TYPES_PER_PGPU}`);
      const params = new Uint8Array(size);
      params[offsets.discardVgpuTypes] = Number(discardOthers);
      dataView(params).setUint32(offsets.vgpuInfoCount, records.length, true);
      // Records pass as they are: parts of them are signed.
      for (const [i, record] of records.entries()) {
        if (record.length !== NVA081_CTRL_VGPU_INFO.size) throw new RangeError(`a type record of ${record.length} bytes, not ${NVA081_CTRL_VGPU_INFO.size}`);
        params.set(record, offsets.vgpuInfo + i * record.length);
      }
      return params;
    },
    decode: nothing,
  },
  bootPlugin: {
    name: 'VGPU_MGR_INTERNAL_BOOTLOAD_GSP_VGPU_PLUGIN_TASK',
    command: manager.NV2080_CTRL_CMD_VGPU_MGR_INTERNAL_BOOTLOAD_GSP_VGPU_PLUGIN_TASK,
    encode: encodeBoot,
    decode: nothing,
  },
  shutdownPlugin: {
    name: 'VGPU_MGR_INTERNAL_SHUTDOWN_GSP_VGPU_PLUGIN_TASK',
    command: manager.NV2080_CTRL_CMD_VGPU_MGR_INTERNAL_SHUTDOWN_GSP_VGPU_PLUGIN_TASK,
    encode: ({ gfid }) => manager.NV2080_CTRL_VGPU_MGR_INTERNAL_SHUTDOWN_GSP_VGPU_PLUGIN_TASK_PARAMS.create({ gfid }),
    decode: nothing,
  },
  cleanupPlugin: {
    name: 'VGPU_MGR_INTERNAL_VGPU_PLUGIN_CLEANUP',
    command: manager.NV2080_CTRL_CMD_VGPU_MGR_INTERNAL_VGPU_PLUGIN_CLEANUP,
    encode: ({ gfid }) => manager.NV2080_CTRL_VGPU_MGR_INTERNAL_VGPU_PLUGIN_CLEANUP_PARAMS.create({ gfid }),
    decode: nothing,
  },
  encoderShare: {
    name: 'VGPU_MGR_INTERNAL_SET_VGPU_ENCODER_CAPACITY',
    command: manager.NV2080_CTRL_CMD_VGPU_MGR_INTERNAL_SET_VGPU_ENCODER_CAPACITY,
    encode: ({ gfid, percent }) => manager.NV2080_CTRL_VGPU_MGR_INTERNAL_SET_VGPU_ENCODER_CAPACITY_PARAMS.create({ gfid, encoderCapacity: percent }),
    decode: nothing,
  },
};
