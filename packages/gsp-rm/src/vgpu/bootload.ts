import type { FirmwareHardware } from '@nova-stack/hw-model/port';
import { usableEnd } from '../static-info.ts';
import type { LoadedImage, SystemInfo } from '../state.ts';
import { STATUS, type Status } from '../status.ts';
import type { BootPlugin } from './requests.ts';
import type { Range, VgpuState } from './state.ts';

/**
 * What must hold before a plugin task is started.
 *
 * Sources: open-gpu-kernel-modules 570.144: src/nvidia/src/kernel/virtualization/kernel_vgpu_mgr.c,
 * src/nvidia/src/kernel/virtualization/kernel_hostvgpudeviceapi.c
 */

/** NVA081_MAX_VGPU_PER_PGPU. */
const MAX_TASKS = 32;
const MAX_GFID = 64;
const MAX_PLUGIN_CHANNELS = 5;
const PAGE = 0x1000;

interface Surroundings {
  readonly hardware: FirmwareHardware;
  readonly state: VgpuState;
  readonly image: LoadedImage;
  readonly systemInfo: SystemInfo;
  /** Bytes of the region shared with the host. */
  readonly communicationSize: number;
}

export type Verdict = { readonly status: Status; readonly reason: string } | undefined;

const refuse = (status: keyof typeof STATUS, reason: string): Verdict => ({ status: STATUS[status], reason });
const end = ({ start, size }: Range): number => start + size;
const overlap = (a: Range, b: Range): boolean => a.start < end(b) && b.start < end(a);

export function judgeBootload(around: Surroundings, request: BootPlugin): Verdict {
  return judgeIdentity(around, request) ?? judgeChannels(around, request) ?? judgeMemory(around, request);
}

function judgeIdentity({ hardware, state, systemInfo }: Surroundings, request: BootPlugin): Verdict {
  const { sriov } = hardware.facts;
  const { gfid } = request;
  if (sriov === undefined) return refuse('NOT_SUPPORTED', 'the board has no virtual functions');
  if (gfid < 1 || gfid > Math.min(sriov.totalVfs, MAX_GFID)) return refuse('OUT_OF_RANGE', `GFID ${gfid}`);
  if (state.tasks.has(gfid)) return refuse('STATE_IN_USE', `GFID ${gfid} has a task`);
  if (state.tasks.size >= MAX_TASKS) return refuse('INSUFFICIENT_RESOURCES', `${state.tasks.size} tasks`);
  // Older managers leave the type open until the task is configured.
  if (request.typeId !== 0) {
    const type = state.types.get(request.typeId);
    if (type === undefined) return refuse('OBJECT_NOT_FOUND', `type ${request.typeId} was not uploaded`);
    let same = 0;
    for (const task of state.tasks.values()) if (task.typeId === type.id) same++;
    if (same >= type.maxInstances) return refuse('INSUFFICIENT_RESOURCES', `${same} instances of type ${type.id}`);
  }
  const expected = systemInfo.busDeviceFunction + sriov.firstVfOffset + sriov.vfStride * (gfid - 1);
  if ((request.vfAddress & 0xffff) !== (expected & 0xffff)) {
    return refuse('INVALID_ARGUMENT', `VF 0x${request.vfAddress.toString(16)} is not GFID ${gfid}'s 0x${expected.toString(16)}`);
  }
  return undefined;
}

function judgeChannels({ hardware, state }: Surroundings, { channels, pluginChannels, channelOffsets }: BootPlugin): Verdict {
  const { channels: total } = hardware.facts;
  if (channels < 1 || pluginChannels > MAX_PLUGIN_CHANNELS || pluginChannels >= channels) {
    return refuse('INVALID_ARGUMENT', `${channels} channels, ${pluginChannels} of them the plugin's`);
  }
  // Engines that do not exist have offset 0.
  const mine = { start: Math.max(0, ...channelOffsets), size: channels };
  if (end(mine) > total) return refuse('OUT_OF_RANGE', `channels ${mine.start}..${end(mine) - 1} of ${total}`);
  for (const task of state.tasks.values()) {
    const theirs = { start: Math.max(0, ...task.channels.offsets), size: task.channels.count };
    if (overlap(mine, theirs)) return refuse('STATE_IN_USE', `channels of GFID ${task.gfid}`);
  }
  return undefined;
}

function judgeMemory({ hardware, state, image, communicationSize }: Surroundings, request: BootPlugin): Verdict {
  const { vmmuSegmentSize } = hardware.facts;
  const { guestMemory, heap, segmentCount } = request;
  if (segmentCount < 1 || segmentCount !== guestMemory.length) return refuse('INVALID_ARGUMENT', `${segmentCount} segments`);
  const limit = usableEnd(image);
  for (const range of guestMemory) {
    if (range.size === 0 || range.start % vmmuSegmentSize !== 0 || range.size % vmmuSegmentSize !== 0) {
      return refuse('INVALID_ADDRESS', `guest memory at 0x${range.start.toString(16)} is not made of segments`);
    }
  }
  const heapNeeded = state.types.get(request.typeId)?.heapSize ?? communicationSize;
  if (heap.start % PAGE !== 0 || heap.size < heapNeeded) return refuse('INVALID_LIMIT', `heap of 0x${heap.size.toString(16)} bytes, the type needs 0x${heapNeeded.toString(16)}`);
  const mine = [...guestMemory, heap];
  const taken = [...state.tasks.values()].flatMap((task) => [...task.guestMemory, task.heap]);
  for (const [index, range] of mine.entries()) {
    if (end(range) > limit) return refuse('INVALID_ADDRESS', `memory at 0x${range.start.toString(16)} is not the driver's to give`);
    if (taken.some((other) => overlap(range, other))) return refuse('STATE_IN_USE', `memory at 0x${range.start.toString(16)} belongs to another task`);
    if (mine.some((other, at) => at !== index && overlap(range, other))) return refuse('INVALID_ADDRESS', 'guest memory and heap overlap');
  }
  if (request.controlOffset % 8 !== 0 || request.controlOffset + communicationSize > heap.size) return refuse('INVALID_LIMIT', 'shared region outside the heap');
  for (const { name, offset, size } of request.logs) {
    if (size > 0 && (offset < 0 || offset + size >= heap.size)) return refuse('INVALID_LIMIT', `${name} log outside the heap`);
  }
  return undefined;
}
