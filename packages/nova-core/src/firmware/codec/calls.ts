import type { AllocReply, AllocRequest, Call, ControlReply, ControlRequest, FreeRequest } from '../abi.ts';
import { SUSPEND_LEVEL } from './boot.ts';
import type { Needs, Part } from './needs.ts';

/** The head of a control or an allocation; its parameters follow. Versions differ in what else stands in it. */
interface Head {
  readonly hClient: number;
  readonly status: number;
  readonly paramsSize: number;
}
interface ControlHead extends Head {
  readonly hObject: number;
  readonly cmd: number;
}

export interface CallNeeds extends Needs<
  | 'NV_VGPU_MSG_FUNCTION_GSP_RM_CONTROL' | 'NV_VGPU_MSG_FUNCTION_GSP_RM_ALLOC' | 'NV_VGPU_MSG_FUNCTION_FREE'
  | 'NV_VGPU_MSG_FUNCTION_UNLOADING_GUEST_DRIVER' | 'rpc_gsp_rm_alloc_v' | 'rpc_free_v' | 'rpc_unloading_guest_driver_v'
> {
  readonly rpc_gsp_rm_control_v: Part<ControlHead>;
}

export interface Calls {
  readonly control: Call<ControlRequest, ControlReply>;
  readonly alloc: Call<AllocRequest, AllocReply>;
  readonly free: Call<FreeRequest, undefined>;
  readonly unload: Call<undefined, undefined>;
  readonly suspend: Call<undefined, undefined>;
}

export function calls(rm: CallNeeds): Calls {
  const { rpc_gsp_rm_control_v: control, rpc_gsp_rm_alloc_v: alloc } = rm;
  return {
    control: {
      name: 'GSP_RM_CONTROL', function: rm.NV_VGPU_MSG_FUNCTION_GSP_RM_CONTROL,
      encode: ({ client, object, command, params }) =>
        followed(control.create({ hClient: client, hObject: object, cmd: command, paramsSize: params.length }), params),
      decode: (payload) => answer(control, payload),
    },
    alloc: {
      name: 'GSP_RM_ALLOC', function: rm.NV_VGPU_MSG_FUNCTION_GSP_RM_ALLOC,
      encode: ({ client, parent, object, class: cls, params }) =>
        followed(alloc.create({ hClient: client, hParent: parent, hObject: object, hClass: cls, paramsSize: params.length }), params),
      decode: (payload) => answer(alloc, payload),
    },
    free: {
      name: 'FREE', function: rm.NV_VGPU_MSG_FUNCTION_FREE,
      encode: ({ client, object }) => rm.rpc_free_v.create({ params: { hRoot: client, hObjectOld: object } }),
      // What became of it is the message's own result.
      decode: () => undefined,
    },
    unload: {
      name: 'UNLOADING_GUEST_DRIVER', function: rm.NV_VGPU_MSG_FUNCTION_UNLOADING_GUEST_DRIVER,
      // No power transition: the firmware is to go for good.
      encode: () => rm.rpc_unloading_guest_driver_v.create({ bInPMTransition: false, bGc6Entering: false, newLevel: 0 }),
      decode: () => undefined,
    },
    suspend: {
      name: 'UNLOADING_GUEST_DRIVER to be taken up again', function: rm.NV_VGPU_MSG_FUNCTION_UNLOADING_GUEST_DRIVER,
      encode: () => rm.rpc_unloading_guest_driver_v.create({ bInPMTransition: true, bGc6Entering: false, newLevel: SUSPEND_LEVEL }),
      decode: () => undefined,
    },
  };
}

function followed(head: Uint8Array, params: Uint8Array): Uint8Array {
  const payload = new Uint8Array(head.length + params.length);
  payload.set(head);
  payload.set(params, head.length);
  return payload;
}

/** Status and exactly the parameters that the head tells of. @throws RangeError when they are not all there. */
function answer(head: Part<Head>, payload: Uint8Array): { readonly status: number; readonly params: Uint8Array } {
  const { status, paramsSize } = head.read(payload);
  const { size } = head;
  if (size + paramsSize > payload.length) throw new RangeError(`paramsSize = ${paramsSize}, but ${payload.length - size} bytes follow`);
  return { status, params: payload.subarray(size, size + paramsSize) };
}
