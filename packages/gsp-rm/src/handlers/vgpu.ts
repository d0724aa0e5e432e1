import { isAbsent } from '../absent.ts';
import type { VgpuIntents } from '../control-intents.ts';
import { STATUS } from '../status.ts';
import { judgeBootload } from '../vgpu/bootload.ts';
import { cleanupTask, shutdownTask, startTask } from '../vgpu/plugin.ts';
import { uploadTypes } from '../vgpu/types.ts';
import type { Handlers } from './handler.ts';

export const VGPU_HANDLERS: Handlers<VgpuIntents> = {
  uploadTypes: ({ hardware, state }, request) => ({ status: uploadTypes(hardware, state.vgpu, request) }),
  bootPlugin: ({ hardware, state, release }, request) => {
    const { image, systemInfo, vgpu } = state;
    if (isAbsent(release.plugin)) return { status: STATUS.NOT_SUPPORTED };
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
