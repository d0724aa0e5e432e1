import { dataView, type Layout } from '@nova-stack/c-layout';
import type { NV2080_CTRL_VGPU_MGR_INTERNAL_BOOTLOAD_GSP_VGPU_PLUGIN_TASK_PARAMS as Boot } from '@nova-stack/nvrm-headers/r535_113_01/ctrl2080vgpumgrinternal';
import type * as Manager from '@nova-stack/nvrm-headers/r570_144/ctrl2080vgpumgrinternal';

import type { PluginBoot, VgpuControls } from '../vgpu-abi.ts';
import type { Region } from './vgpu-plugin.ts';

export interface VgpuControlNeeds extends Pick<typeof Manager,
  | 'NV2080_CTRL_CMD_VGPU_MGR_INTERNAL_PGPU_ADD_VGPU_TYPE' | 'NV2080_CTRL_CMD_VGPU_MGR_INTERNAL_BOOTLOAD_GSP_VGPU_PLUGIN_TASK'
  | 'NV2080_CTRL_CMD_VGPU_MGR_INTERNAL_SHUTDOWN_GSP_VGPU_PLUGIN_TASK' | 'NV2080_CTRL_CMD_VGPU_MGR_INTERNAL_VGPU_PLUGIN_CLEANUP'
  | 'NV2080_CTRL_CMD_VGPU_MGR_INTERNAL_SET_VGPU_ENCODER_CAPACITY' | 'NV2080_CTRL_VGPU_MGR_INTERNAL_SHUTDOWN_GSP_VGPU_PLUGIN_TASK_PARAMS'
  | 'NV2080_CTRL_VGPU_MGR_INTERNAL_VGPU_PLUGIN_CLEANUP_PARAMS' | 'NV2080_CTRL_VGPU_MGR_INTERNAL_SET_VGPU_ENCODER_CAPACITY_PARAMS' | 'NV2080_CTRL_MAX_VMMU_SEGMENTS'
> {
  readonly NV2080_GPU_MAX_ENGINES: number;
  readonly NV2080_CTRL_VGPU_MGR_INTERNAL_PGPU_ADD_VGPU_TYPE_PARAMS: Pick<Layout<{ discardVgpuTypes: boolean; vgpuInfoCount: number; vgpuInfo: unknown }>, 'size' | 'offsets'>;
}

/** What of the version the controls are made with besides. */
export interface OwnVgpuControls {
  /** Bytes of a type record. */
  readonly recordSize: number;
  /** Most records in one upload. */
  readonly maxTypes: number;
  readonly encodeBoot: (boot: PluginBoot) => Uint8Array;
}

const nothing = (): undefined => undefined;
/** No MIG partition. */
const NO_PARTITION = 0;

/** Address and size of a log: logs are told by address, everything else of the heap by offset. */
export const logAt = ({ heap }: PluginBoot, { offset, size }: { readonly offset: number; readonly size: number }): readonly [bigint, bigint] => [BigInt(heap.start + offset), BigInt(size)];

/** What every version is told to start a task with. */
export function bootOf(rm: Pick<VgpuControlNeeds, 'NV2080_GPU_MAX_ENGINES' | 'NV2080_CTRL_MAX_VMMU_SEGMENTS'>, region: Region, boot: PluginBoot): Boot {
  const [initTaskLogBuffOffset, initTaskLogBuffSize] = logAt(boot, region.initTaskLog);
  const [vgpuTaskLogBuffOffset, vgpuTaskLogBuffSize] = logAt(boot, region.vgpuTaskLog);
  return {
    dbdf: boot.vfAddress,
    gfid: boot.gfid,
    vgpuType: boot.typeId,
    vmPid: boot.processId,
    swizzId: NO_PARTITION,
    numChannels: boot.channels.count,
    numPluginChannels: boot.channels.plugin,
    chidOffset: Array.from({ length: rm.NV2080_GPU_MAX_ENGINES }, (_, engine) => (boot.engines.includes(engine) ? boot.channels.first : 0)),
    bDisableDefaultSmcExecPartRestore: false,
    numGuestFbSegments: 1,
    guestFbPhysAddrList: firstOf(rm.NV2080_CTRL_MAX_VMMU_SEGMENTS, boot.guestMemory.start),
    guestFbLengthList: firstOf(rm.NV2080_CTRL_MAX_VMMU_SEGMENTS, boot.guestMemory.size),
    pluginHeapMemoryPhysAddr: BigInt(boot.heap.start),
    pluginHeapMemoryLength: BigInt(boot.heap.size),
    ctrlBuffOffset: BigInt(region.control.offset),
    initTaskLogBuffOffset, initTaskLogBuffSize, vgpuTaskLogBuffOffset, vgpuTaskLogBuffSize,
    bDeviceProfilingEnabled: false,
  };
}

function firstOf(length: number, value: number): bigint[] {
  return Array.from({ length }, (_, i) => (i === 0 ? BigInt(value) : 0n));
}

export function vgpuControls(rm: VgpuControlNeeds, { recordSize, maxTypes, encodeBoot }: OwnVgpuControls): VgpuControls {
  return {
    uploadTypes: {
      name: 'VGPU_MGR_INTERNAL_PGPU_ADD_VGPU_TYPE',
      command: rm.NV2080_CTRL_CMD_VGPU_MGR_INTERNAL_PGPU_ADD_VGPU_TYPE,
      encode({ discardOthers, records }) {
        const { size, offsets } = rm.NV2080_CTRL_VGPU_MGR_INTERNAL_PGPU_ADD_VGPU_TYPE_PARAMS;
        if (records.length > maxTypes) throw new RangeError(`${records.length} types are above ${maxTypes}`);
        const params = new Uint8Array(size);
        params[offsets.discardVgpuTypes] = Number(discardOthers);
        dataView(params).setUint32(offsets.vgpuInfoCount, records.length, true);
        // Records pass as they are: parts of them are signed.
        for (const [i, record] of records.entries()) {
          if (record.length !== recordSize) throw new RangeError(`a type record of ${record.length} bytes, not ${recordSize}`);
          params.set(record, offsets.vgpuInfo + i * record.length);
        }
        return params;
      },
      decode: nothing,
    },
    bootPlugin: {
      name: 'VGPU_MGR_INTERNAL_BOOTLOAD_GSP_VGPU_PLUGIN_TASK',
      command: rm.NV2080_CTRL_CMD_VGPU_MGR_INTERNAL_BOOTLOAD_GSP_VGPU_PLUGIN_TASK,
      encode: encodeBoot,
      decode: nothing,
    },
    shutdownPlugin: {
      name: 'VGPU_MGR_INTERNAL_SHUTDOWN_GSP_VGPU_PLUGIN_TASK',
      command: rm.NV2080_CTRL_CMD_VGPU_MGR_INTERNAL_SHUTDOWN_GSP_VGPU_PLUGIN_TASK,
      encode: ({ gfid }) => rm.NV2080_CTRL_VGPU_MGR_INTERNAL_SHUTDOWN_GSP_VGPU_PLUGIN_TASK_PARAMS.create({ gfid }),
      decode: nothing,
    },
    cleanupPlugin: {
      name: 'VGPU_MGR_INTERNAL_VGPU_PLUGIN_CLEANUP',
      command: rm.NV2080_CTRL_CMD_VGPU_MGR_INTERNAL_VGPU_PLUGIN_CLEANUP,
      encode: ({ gfid }) => rm.NV2080_CTRL_VGPU_MGR_INTERNAL_VGPU_PLUGIN_CLEANUP_PARAMS.create({ gfid }),
      decode: nothing,
    },
    encoderShare: {
      name: 'VGPU_MGR_INTERNAL_SET_VGPU_ENCODER_CAPACITY',
      command: rm.NV2080_CTRL_CMD_VGPU_MGR_INTERNAL_SET_VGPU_ENCODER_CAPACITY,
      encode: ({ gfid, percent }) => rm.NV2080_CTRL_VGPU_MGR_INTERNAL_SET_VGPU_ENCODER_CAPACITY_PARAMS.create({ gfid, encoderCapacity: percent }),
      decode: nothing,
    },
  };
}
