import type { FirmwareHardware } from '@nova-stack/hw-model/port';
import type { FirmwareEvent } from '../events.ts';
import { STATUS, type Status } from '../status.ts';
import { TIMING } from '../timing.ts';
import type { PluginAbi, PluginMessage } from './plugin-abi.ts';
import type { BootPlugin } from './requests.ts';
import type { PluginTask, VgpuState } from './state.ts';

/**
 * The plugin task that firmware runs per vGPU, as far as the host sees it: a region at the start of its heap with a
 * control buffer (host writes), a response buffer (task writes) and a message buffer.
 *
 * Source: linux (vGPU manager series): drivers/vfio/pci/nvidia-vgpu/rpc.c
 */

export const PLUGIN_TIMER: string = 'plugin.';
/** NVA084_NOTIFIERS_EVENT_VGPU_PLUGIN_TASK_CRASHED. */
const CRASHED = 2;

/** Starts a task; it is ready when its timer fires. The request was judged before. */
export function startTask(hardware: FirmwareHardware, state: VgpuState, request: BootPlugin): void {
  const { gfid, typeId } = request;
  state.tasks.set(gfid, {
    gfid, typeId, vfAddress: request.vfAddress, processId: request.processId,
    channels: { count: request.channels, plugin: request.pluginChannels, offsets: [...request.channelOffsets] },
    guestMemory: request.guestMemory.map((range) => ({ ...range })), heap: { ...request.heap },
    control: request.heap.start + request.controlOffset,
    phase: 'booting', lastSequence: 0, protocol: 0, configured: false, busMaster: false, encoderShare: 100,
  });
  hardware.setFunctionMemory(gfid, request.guestMemory);
  hardware.trace('gsp-rm.plugin.booting', { gfid, type: typeId });
  if (hardware.fault('gsp-rm.plugin.start') !== undefined) return;
  hardware.arm({ at: hardware.now() + TIMING.plugin, event: `${PLUGIN_TIMER}${gfid}`, arg: gfid });
}

/** The task's timer: it is up and says so in the control buffer; or it comes to look at what it was late for. */
export function taskTimer(hardware: FirmwareHardware, state: VgpuState, abi: PluginAbi, gfid: number): void {
  const task = state.tasks.get(gfid);
  if (task?.phase === 'ready') takeMessage(hardware, state, abi, task);
  if (task?.phase !== 'booting') return;
  task.phase = 'ready';
  const marker = new Uint8Array(4);
  new DataView(marker.buffer).setUint32(0, abi.readyMarker, true);
  hardware.writeVram(task.control + abi.sequenceOffset, marker);
  hardware.trace('gsp-rm.plugin.ready', { gfid });
}

/**
 * A write to the doorbell: takes the host's message, acts, answers.
 *
 * @returns what the firmware has to tell the host besides
 */
export function taskDoorbell(hardware: FirmwareHardware, state: VgpuState, abi: PluginAbi, value: number): FirmwareEvent | undefined {
  const gfid = abi.doorbellGfid(value);
  const task = gfid === undefined ? undefined : state.tasks.get(gfid);
  if (task?.phase !== 'ready') {
    hardware.trace('gsp-rm.plugin.doorbell', { value });
    return undefined;
  }
  const fault = hardware.fault('gsp-rm.plugin.message');
  switch (fault?.action) {
    case 'crash':
      return crashTask(hardware, state, task.gfid);
    case 'drop':
      return undefined;
    case 'delay':
      hardware.arm({ at: hardware.now() + (fault.value ?? 0), event: `${PLUGIN_TIMER}${task.gfid}`, arg: task.gfid });
      return undefined;
    default:
      takeMessage(hardware, state, abi, task);
      return undefined;
  }
}

/**
 * A task dies where it stands: it answers nothing any more, and keeps what it has until the host has it shut down and cleaned up.
 *
 * Source: open-gpu-kernel-modules 570.144: src/common/sdk/nvidia/inc/class/cla084_notification.h, src/nvidia/src/kernel/gpu/gsp/kernel_gsp.c
 *
 * @returns what the host is told; undefined where no task runs
 */
export function crashTask(hardware: FirmwareHardware, state: VgpuState, gfid: number): FirmwareEvent | undefined {
  const task = state.tasks.get(gfid);
  if (task === undefined || task.phase === 'stopped' || task.phase === 'crashed') return undefined;
  task.phase = 'crashed';
  hardware.disarm(`${PLUGIN_TIMER}${gfid}`);
  hardware.trace('gsp-rm.plugin.crashed', { gfid });
  return { event: 'pluginTriggered', gfid, notifyIndex: CRASHED };
}

function takeMessage(hardware: FirmwareHardware, state: VgpuState, abi: PluginAbi, task: PluginTask): void {
  const bytes = new Uint8Array(abi.control.size);
  hardware.readVram(task.control, bytes);
  const control = abi.control.decode(bytes);
  if (control.sequence === task.lastSequence || control.sequence === abi.readyMarker) return;
  const limit = task.heap.start + task.heap.size;
  const response = task.control + control.responseOffset;
  const buffer = task.control + control.messageOffset;
  if (response + abi.response.size > limit || buffer + abi.messageSize > limit) {
    hardware.trace('gsp-rm.vgpu.refused', { reason: `buffers of GFID ${task.gfid} lie outside its heap` });
    return;
  }
  const body = new Uint8Array(abi.messageSize);
  hardware.readVram(buffer, body);
  const message = abi.decodeMessage(control.messageType, body);
  const result = act(state, abi, task, message);
  if (result === STATUS.OK) {
    const reply = abi.encodeReply(message, body, { version: task.protocol, allowed: task.busMaster });
    if (reply !== undefined) hardware.writeVram(buffer, reply);
  }
  task.lastSequence = control.sequence;
  hardware.writeVram(response, abi.response.encode({ received: control.sequence, processed: control.sequence, result }));
  hardware.trace('gsp-rm.plugin.message', { type: control.messageType, gfid: task.gfid, result });
}

function act(state: VgpuState, abi: PluginAbi, task: PluginTask, message: PluginMessage): Status {
  if (message.type === 'unknown') return STATUS.NOT_SUPPORTED;
  if (message.type === 'negotiate') {
    // 0 leaves the choice to the task: the first managers send no version at all.
    const wanted = message.version === 0 ? abi.protocol.max : message.version;
    if (wanted < abi.protocol.min) return STATUS.NOT_SUPPORTED;
    task.protocol = Math.min(wanted, abi.protocol.max);
    return STATUS.OK;
  }
  if (task.protocol === 0) return STATUS.INVALID_STATE;
  if (message.type === 'configure') {
    if (task.configured) return STATUS.INVALID_STATE;
    if (task.typeId === 0 && state.types.has(message.typeId)) task.typeId = message.typeId;
    if (message.typeId !== task.typeId || (message.vfAddress & 0xffff) !== (task.vfAddress & 0xffff)) return STATUS.INVALID_ARGUMENT;
    task.configured = true;
    return STATUS.OK;
  }
  if (!task.configured) return STATUS.INVALID_STATE;
  task.busMaster = message.type === 'busMaster' && message.enable;
  return STATUS.OK;
}

/** Stops a task; its resources stay until {@link cleanupTask}. */
export function shutdownTask(hardware: FirmwareHardware, state: VgpuState, gfid: number): Status {
  const task = state.tasks.get(gfid);
  if (task === undefined) return STATUS.OBJECT_NOT_FOUND;
  if (task.phase === 'stopped') return STATUS.INVALID_STATE;
  task.phase = 'stopped';
  hardware.disarm(`${PLUGIN_TIMER}${gfid}`);
  // The guest is over: what its function showed is the host's to clear now.
  hardware.setFunctionMemory(gfid, []);
  hardware.trace('gsp-rm.plugin.stopped', { gfid });
  return STATUS.OK;
}

/** Releases what a stopped task held. */
export function cleanupTask(state: VgpuState, gfid: number): Status {
  const task = state.tasks.get(gfid);
  if (task === undefined) return STATUS.OBJECT_NOT_FOUND;
  if (task.phase !== 'stopped') return STATUS.STATE_IN_USE;
  state.tasks.delete(gfid);
  return STATUS.OK;
}
