import type { CallCodec, ControlRequest } from '../release.ts';
import type { AllocRequest } from '../resources.ts';
import type { SequencerCommand } from '../sequencer.ts';
import type { SystemInfo } from '../state.ts';
import {
  GspSystemInfo, rpc_free_v, rpc_gsp_rm_alloc_v, rpc_gsp_rm_control_v, rpc_os_error_log_v, rpc_run_cpu_sequencer_v,
} from './layouts.ts';
import { ascii, toNumber } from './words.ts';

/** Bodies of 570.144's messages. */

export const SYSTEM_INFO: { readonly size: number; decode(payload: Uint8Array): SystemInfo } = {
  size: GspSystemInfo.size,
  decode(payload) {
    const info = GspSystemInfo.read(payload);
    return {
      registers: toNumber(info.gpuPhysAddr), framebuffer: toNumber(info.gpuPhysFbAddr), instance: toNumber(info.gpuPhysInstAddr),
      busDeviceFunction: toNumber(info.nvDomainBusDeviceFunc & 0xffffn), deviceId: info.PCIDeviceID, configMirror: info.pciConfigMirrorBase,
    };
  },
};

const OPCODES = { writeRegister: 0, delayUs: 3 } as const;

/**
 * `cmdIndex` counts dwords, but nova-core takes it for commands and stops at the end of the payload: so the payload
 * ends with the last command. OpenRM wants the buffer to be larger than what is used.
 */
export function encodeSequencer(commands: readonly SequencerCommand[]): Uint8Array {
  const words = commands.flatMap((command) => command.op === 'delayUs'
    ? [OPCODES.delayUs, command.microseconds]
    : [OPCODES.writeRegister, command.address, command.value]);
  const { size } = rpc_run_cpu_sequencer_v;
  const bytes = new Uint8Array(size + 4 * words.length);
  rpc_run_cpu_sequencer_v.write(bytes, 0, { bufferSizeDWord: words.length + 1, cmdIndex: words.length });
  const view = new DataView(bytes.buffer);
  for (const [index, word] of words.entries()) view.setUint32(size + 4 * index, word, true);
  return bytes;
}

export function encodeOsError(xid: number, text: string): Uint8Array {
  return rpc_os_error_log_v.create({ exceptType: xid, runlistId: 0xffffffff, chid: 0xffffffff, errString: ascii(text, 0x100) });
}

/** The bytes of a request that are its own, for a reply over them. */
function replyOver(payload: Uint8Array, size: number): Uint8Array {
  return payload.slice(0, Math.max(size, payload.length));
}

export const ALLOC: CallCodec<AllocRequest, { readonly status: number; readonly handle: number }> = {
  decode(payload) {
    const { size } = rpc_gsp_rm_alloc_v;
    if (payload.length < size) return undefined;
    const call = rpc_gsp_rm_alloc_v.read(payload);
    if (call.paramsSize > payload.length - size) return undefined;
    return { client: call.hClient, parent: call.hParent, handle: call.hObject, class: call.hClass, params: payload.subarray(size, size + call.paramsSize) };
  },
  reply(payload, { status, handle }) {
    const bytes = replyOver(payload, rpc_gsp_rm_alloc_v.size);
    const view = new DataView(bytes.buffer);
    view.setUint32(rpc_gsp_rm_alloc_v.offsets.status, status, true);
    view.setUint32(rpc_gsp_rm_alloc_v.offsets.hObject, handle, true);
    return bytes;
  },
};

export const CONTROL: CallCodec<ControlRequest, { readonly status: number; readonly params: Uint8Array | undefined }> = {
  decode(payload) {
    const { size } = rpc_gsp_rm_control_v;
    if (payload.length < size) return undefined;
    const call = rpc_gsp_rm_control_v.read(payload);
    return {
      client: call.hClient, object: call.hObject, command: call.cmd,
      params: call.paramsSize > payload.length - size ? undefined : payload.subarray(size, size + call.paramsSize),
    };
  },
  reply(payload, { status, params }) {
    const { size, offsets } = rpc_gsp_rm_control_v;
    const bytes = replyOver(payload, size);
    new DataView(bytes.buffer).setUint32(offsets.status, status, true);
    if (params !== undefined) bytes.set(params, size);
    return bytes;
  },
};

export const FREE: CallCodec<{ readonly client: number; readonly object: number }, { readonly status: number }> = {
  decode(payload) {
    if (payload.length < rpc_free_v.size) return undefined;
    const { params } = rpc_free_v.read(payload);
    return { client: params.hRoot, object: params.hObjectOld };
  },
  reply(payload, { status }) {
    const bytes = replyOver(payload, rpc_free_v.size);
    const { params } = rpc_free_v.read(bytes);
    rpc_free_v.write(bytes, 0, { params: { ...params, status } });
    return bytes;
  },
};
