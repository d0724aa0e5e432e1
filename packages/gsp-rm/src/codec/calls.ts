import type { Layout, Partially } from '@nova-stack/c-layout';
import { isAbsent, type Absent } from '../absent.ts';
import type { CallCodec, Calls } from '../release.ts';
import type { Needs, Part } from './needs.ts';
import { toNumber } from './words.ts';

/** Bodies of the calls that have a reply. */

interface ControlHeader {
  readonly hClient: number;
  readonly hObject: number;
  readonly cmd: number;
  readonly status: number;
  readonly paramsSize: number;
}

export interface CallNeeds extends Needs<
  | 'rpc_gsp_rm_alloc_v' | 'rpc_free_v' | 'rpc_dup_object_v' | 'rpc_alloc_memory_v' | 'rpc_set_page_directory_v'
  | 'rpc_unset_page_directory_v' | 'rpc_update_bar_pde_v' | 'rpc_unloading_guest_driver_v'
> {
  readonly rpc_gsp_rm_control_v: Part<ControlHeader, keyof ControlHeader>;
}

/** What INVALIDATE_TLB is made of, where a release has it. */
export type InvalidateTlb = Part<{ readonly pdbAddress: bigint; readonly regVal: number }, 'pdbAddress' | 'regVal'>;

/** Bytes of one entry of a page list. */
const PTE = 8;

/** A reply over a copy of the request, at least `size` bytes long. */
function replyOver(payload: Uint8Array, size: number): Uint8Array {
  if (payload.length >= size) return payload.slice();
  const bytes = new Uint8Array(size);
  bytes.set(payload);
  return bytes;
}

/** A call of one fixed structure whose reply, if it says anything, changes only some fields of it. */
function fixed<V extends object, Request, Reply>(
  layout: Layout<V>, decode: (value: V) => Request, reply: (value: V, answer: Reply) => Partially<V> = (value) => value as Partially<V>,
): CallCodec<Request, Reply> {
  return {
    decode: (payload) => (payload.length < layout.size ? undefined : decode(layout.read(payload))),
    reply(payload, answer) {
      const bytes = replyOver(payload, layout.size);
      layout.write(bytes, 0, reply(layout.read(bytes), answer));
      return bytes;
    },
  };
}

/** A call whose reply is its result alone. */
const bare = <V extends object, Request>(layout: Layout<V>, decode: (value: V) => Request): CallCodec<Request, unknown> => ({
  decode: (payload) => (payload.length < layout.size ? undefined : decode(layout.read(payload))),
  reply: () => new Uint8Array(0),
});

export function calls(rm: CallNeeds, invalidateTlb: InvalidateTlb | Absent): Calls {
  const alloc = rm.rpc_gsp_rm_alloc_v;
  const control = rm.rpc_gsp_rm_control_v;
  const memory = rm.rpc_alloc_memory_v;
  return {
    alloc: {
      decode(payload) {
        if (payload.length < alloc.size) return undefined;
        const call = alloc.read(payload);
        if (call.paramsSize > payload.length - alloc.size) return undefined;
        const params = payload.subarray(alloc.size, alloc.size + call.paramsSize);
        return { client: call.hClient, parent: call.hParent, handle: call.hObject, class: call.hClass, params };
      },
      reply(payload, { status, handle, params }) {
        const bytes = replyOver(payload, alloc.size);
        const view = new DataView(bytes.buffer);
        view.setUint32(alloc.offsets.status, status, true);
        view.setUint32(alloc.offsets.hObject, handle, true);
        if (params !== undefined) bytes.set(params, alloc.size);
        return bytes;
      },
    },
    control: {
      decode(payload) {
        if (payload.length < control.size) return undefined;
        const call = control.read(payload);
        return {
          client: call.hClient, object: call.hObject, command: call.cmd,
          params: call.paramsSize > payload.length - control.size ? undefined : payload.subarray(control.size, control.size + call.paramsSize),
        };
      },
      reply(payload, { status, params }) {
        const bytes = replyOver(payload, control.size);
        new DataView(bytes.buffer).setUint32(control.offsets.status, status, true);
        if (params !== undefined) bytes.set(params, control.size);
        return bytes;
      },
    },
    free: fixed(rm.rpc_free_v, ({ params }) => ({ client: params.hRoot, object: params.hObjectOld }),
      ({ params }, { status }) => ({ params: { ...params, status } })),
    dup: fixed(rm.rpc_dup_object_v,
      ({ params }) => ({
        client: params.hClient, parent: params.hParent, handle: params.hObject, sourceClient: params.hClientSrc, source: params.hObjectSrc,
      }),
      ({ params }, { status, handle }) => ({ params: { ...params, hObject: handle, status } })),
    allocMemory: {
      decode(payload) {
        if (payload.length < memory.size) return undefined;
        const call = memory.read(payload);
        const pages = Math.min(call.pageCount, Math.floor((payload.length - memory.size) / PTE));
        return {
          client: call.hClient, parent: call.hDevice, handle: call.hMemory, class: call.hClass, length: toNumber(call.length),
          declaredPages: call.pageCount,
          // A page number is the bus address without its lowest twelve bits.
          pages: Array.from({ length: pages }, (_, i) => {
            const view = new DataView(payload.buffer, payload.byteOffset + memory.size + i * PTE, PTE);
            return Math.min(Number.MAX_SAFE_INTEGER, toNumber(view.getBigUint64(0, true)) * 0x1000);
          }),
        };
      },
      // Only the head goes back: a page list in continuation records would be taken for other messages.
      reply: (payload) => payload.slice(0, memory.size),
    },
    setPageDirectory: bare(rm.rpc_set_page_directory_v, ({ hClient, hDevice, params }) => ({
      client: hClient, device: hDevice, vaspace: params.hVASpace, address: toNumber(params.physAddress), entries: params.numEntries, flags: params.flags,
    })),
    unsetPageDirectory: bare(rm.rpc_unset_page_directory_v, ({ hClient, hDevice, params }) => ({ client: hClient, device: hDevice, vaspace: params.hVASpace })),
    updateBarPde: bare(rm.rpc_update_bar_pde_v, ({ info }) => ({ bar: info.barType, entry: info.entryValue, shift: toNumber(info.entryLevelShift) })),
    invalidateTlb: isAbsent(invalidateTlb) ? invalidateTlb
      : bare(invalidateTlb, ({ pdbAddress, regVal }) => ({ directory: toNumber(pdbAddress), trigger: regVal })),
    unload: bare(rm.rpc_unloading_guest_driver_v, ({ bInPMTransition, bGc6Entering, newLevel }) => ({
      suspend: bInPMTransition, gc6: bGc6Entering, level: newLevel,
    })),
  };
}
