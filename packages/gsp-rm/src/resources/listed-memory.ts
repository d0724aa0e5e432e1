import type { ServeContext } from '../handlers/handler.ts';
import type { MemoryRequest } from '../release.ts';
import { STATUS, type Status } from '../status.ts';
import { classOf } from './rules.ts';
import { insert, place } from './tree.ts';

/** NV01_MEMORY_LIST_SYSTEM and NV01_MEMORY_LIST_FBMEM: classes whose pages a driver may list. */
const LISTS = { system: 0x81, vram: 0x82 } as const;
const PAGE = 0x1000;

/** Makes memory known whose pages the driver lists. */
export function allocateListedMemory(context: ServeContext, request: MemoryRequest): Status {
  const { hardware, state } = context;
  const { client, parent, handle, length, declaredPages, pages } = request;
  const facts = classOf(context, request.class);
  if (facts === undefined || (request.class !== LISTS.system && request.class !== LISTS.vram)) return STATUS.INVALID_CLASS;
  if (length === 0 || declaredPages === 0 || declaredPages * PAGE < length || pages.length < declaredPages) return STATUS.INVALID_ARGUMENT;
  if (request.class === LISTS.vram && pages.some((page) => page + PAGE > hardware.facts.vramSize)) return STATUS.INVALID_ADDRESS;
  // The class's own parameters do not come along: the list takes their place.
  const where = place(state.resources, { ...facts, paramsSize: 0, paramsRequired: false }, { client, parent, handle, class: request.class, params: new Uint8Array(0) });
  if ('status' in where) return where.status;
  insert(state.resources, where, request.class, facts.kind, { size: length, pages });
  return STATUS.OK;
}
