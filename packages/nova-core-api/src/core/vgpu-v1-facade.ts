// The first major, over what the second one is made of: what takes time is waited for, places are the core's choice.
import { ContractError } from '../errors.ts';
import type { BackendInstance, VgpuBackend } from './backend.ts';
import { UNWATCHED, type CoreInstance, type VgpuCore } from './vgpu-core.ts';

export function firstMajorOf(core: VgpuCore): VgpuBackend {
  return {
    querySupport: () => core.querySupport(),
    listTypes: () => {
      const { types: capacities, plan, mode } = core.capacity();
      const creatable = new Map(capacities.map((one) => [one.typeId, one.creatable]));
      const types = core.listTypes().types.map(({ maxEqual, maxMixed, ...type }) => ({ ...type, maxInstances: mode === 'equal' ? maxEqual : maxMixed, creatable: creatable.get(type.typeId) ?? 0 }));
      return { types, generation: plan };
    },
    submitTypes: async (input) => {
      const { verdicts, plan } = await core.submitTypes(input);
      return { verdicts, generation: plan };
    },
    assign: async ({ generation, ...input }) => {
      const { vf, identity } = await core.assign({ ...input, ...(generation !== undefined && { plan: generation }) }).catch(renamed);
      return { vf, identity };
    },
    unassign: (input) => core.unassign(input),
    getAssignment: (input) => {
      const { typeId, state, mine, identity } = core.getAssignment(input);
      return { typeId, state, mine, identity };
    },
    open: async (input) => {
      const { instance, identity } = await core.open(input, UNWATCHED);
      return { instance: instanceOf(instance), identity };
    },
  };
}

function instanceOf(instance: CoreInstance): BackendInstance {
  return {
    setBusMaster: (input) => instance.setBusMaster(input),
    info: () => instance.info(),
    reset: () => instance.reset(UNWATCHED),
    release: () => instance.close(UNWATCHED),
  };
}

/** What the second major calls a plan, the first calls a generation. */
function renamed(error: unknown): never {
  if (error instanceof ContractError && error.subject === 'plan') {
    throw new ContractError(error.code, error.message, { subject: 'generation', ...(error.reason !== undefined && { reason: error.reason }), ...(error.supportId !== undefined && { supportId: error.supportId }) });
  }
  throw error;
}
