import type { FirmwareHardware } from '@nova-stack/hw-model/port';
import type { ControlIntents, MemoryTransfer } from './control-intents.ts';
import type { Release } from './release.ts';
import type { GspRmState } from './state.ts';
import { STATUS, type Status } from './status.ts';
import { judgeBootload } from './vgpu/bootload.ts';
import { cleanupTask, shutdownTask, startTask } from './vgpu/plugin.ts';
import { uploadTypes } from './vgpu/types.ts';

/** Surroundings of a handler. */
export interface HandlerContext {
  readonly hardware: FirmwareHardware;
  readonly state: GspRmState;
  readonly release: Release;
}

/** A status alone, or an answer, which implies OK. */
export type Answer<Out> = { readonly status: Status } | { readonly out: Out };

/** What the model does for each control, once for all releases. */
export type ControlHandlers = {
  readonly [Name in keyof ControlIntents]: (context: HandlerContext, input: ControlIntents[Name]['in']) => Answer<ControlIntents[Name]['out']>;
};

export const CONTROL_HANDLERS: ControlHandlers = {
  features: ({ release }) => ({ out: { version: release.version } }),
  vmmuSegmentSize: ({ hardware }) => ({ out: { size: hardware.facts.vmmuSegmentSize } }),
  eccStatus: ({ hardware }) => ({ out: { enabled: hardware.facts.ecc } }),
  engines: ({ hardware }) => ({ out: { names: hardware.facts.engines } }),
  channelCount: ({ hardware }) => ({ out: { count: hardware.facts.channels } }),
  gpcMask: ({ hardware }) => ({ out: { mask: hardware.facts.gpcMask } }),
  tpcMask: ({ hardware }, { gpc }) => {
    const mask = hardware.facts.tpcMasks[gpc];
    return mask === undefined || (hardware.facts.gpcMask >>> gpc & 1) === 0 ? { status: STATUS.INVALID_ARGUMENT } : { out: { mask } };
  },
  memoryTransfer: (context, request) => ({ status: transfer(context, request) }),
  uploadTypes: ({ hardware, state }, request) => ({ status: uploadTypes(hardware, state.vgpu, request) }),
  bootPlugin: ({ hardware, state, release }, request) => {
    const { image, systemInfo, vgpu } = state;
    if (image === undefined || systemInfo === undefined) return { status: STATUS.NOT_READY };
    const verdict = judgeBootload({ hardware, state: vgpu, image, systemInfo, communicationSize: release.plugin.communicationSize }, request);
    if (verdict !== undefined) {
      hardware.trace('gsp-rm.vgpu.refused', { reason: verdict.reason });
      return { status: verdict.status };
    }
    startTask(hardware, vgpu, request);
    return { status: STATUS.OK };
  },
  shutdownPlugin: ({ hardware, state }, { gfid }) => ({ status: shutdownTask(hardware, state.vgpu, gfid) }),
  cleanupPlugin: ({ state }, { gfid }) => ({ status: cleanupTask(state.vgpu, gfid) }),
  enumerateVgpus: ({ state }) => ({
    out: {
      vgpus: [...state.vgpu.tasks.values()].map(({ gfid, typeId, vfAddress, processId, phase }) =>
        ({ gfid, typeId, vfAddress, processId, active: phase !== 'stopped' })),
    },
  }),
  encoderShare: ({ state }, { gfid, percent }) => {
    const task = state.vgpu.tasks.get(gfid);
    if (task === undefined) return { status: STATUS.OBJECT_NOT_FOUND };
    if (percent > 100) return { status: STATUS.INVALID_ARGUMENT };
    task.encoderShare = percent;
    return { status: STATUS.OK };
  },
};

const CHUNK = 1 << 20;

/** Memory set and copy inside VRAM; what booter protected stays out of reach. */
function transfer({ hardware }: HandlerContext, { operation, source, target, size, value }: MemoryTransfer): Status {
  if (operation === 'unknown' || !target.vram || (operation === 'copy' && !source.vram)) return STATUS.NOT_SUPPORTED;
  if (size === 0 || size > target.size || (operation === 'copy' && size > source.size)) return STATUS.INVALID_LIMIT;
  const wpr2 = hardware.wpr2();
  const allowed = ({ address }: { readonly address: number }): boolean =>
    address + size <= hardware.facts.vramSize && (wpr2 === undefined || address + size <= wpr2.start || address >= wpr2.end);
  if (!allowed(target) || (operation === 'copy' && !allowed(source))) return STATUS.INVALID_ADDRESS;
  if (operation === 'set') {
    if (value > 0xff) return STATUS.INVALID_ARGUMENT;
    hardware.fillVram(target.address, size, value);
    return STATUS.OK;
  }
  const buffer = new Uint8Array(Math.min(size, CHUNK));
  // Ranges that overlap are copied from the far end on, as a memmove does.
  const backwards = source.address < target.address;
  for (let done = 0; done < size;) {
    const part = buffer.subarray(0, Math.min(CHUNK, size - done));
    const at = backwards ? size - done - part.length : done;
    hardware.readVram(source.address + at, part);
    hardware.writeVram(target.address + at, part);
    done += part.length;
  }
  return STATUS.OK;
}
