import { STATUS, type Status } from './status.ts';

/**
 * The resource server: objects by (client, handle), each under a parent. Handles are the caller's choice and repeat
 * across clients.
 *
 * Source: open-gpu-kernel-modules 570.144: src/nvidia/src/libraries/resserv/rs_server.c
 */

/** What an object is, whatever its class number. */
export type ObjectKind = 'client' | 'device' | 'subdevice' | 'vaspace';

/** One object. Plain data. */
export interface ResourceObject {
  readonly handle: number;
  readonly parent: number;
  readonly class: number;
  readonly kind: ObjectKind;
}

export interface ResourceState {
  /** By client handle; each map is keyed by object handle and holds the client itself too. */
  readonly clients: Map<number, Map<number, ResourceObject>>;
  /** Handle that the server gives out next when a caller leaves the choice to it. */
  nextHandle: number;
}

/** How a class is allocated. */
export interface ClassFacts {
  readonly kind: ObjectKind;
  readonly parents: readonly ObjectKind[];
  /** Bytes of the allocation parameters. */
  readonly paramsSize: number;
  readonly paramsRequired: boolean;
}

export interface AllocRequest {
  readonly client: number;
  readonly parent: number;
  readonly handle: number;
  readonly class: number;
  readonly params: Uint8Array;
}

/** Objects that exist before any driver asks: the targets of internal controls. */
export interface InternalHandles {
  readonly client: number;
  readonly device: number;
  readonly subdevice: number;
}

/** The internal client's range is 0xc1e0xxxx; 0xc1e00004 is what tinygrad calls its own client. */
export const INTERNAL: InternalHandles = { client: 0xc1e00005, device: 0xcaf00000, subdevice: 0xcaf00001 };

const FIRST_OWN_HANDLE = 0xcaf00010;
/** Most objects that all clients may have together. */
const MAX_OBJECTS = 1 << 16;

const ROOT_CLASS = 0x0000;

export function emptyResources(classes: { readonly device: number; readonly subdevice: number }): ResourceState {
  const { client, device, subdevice } = INTERNAL;
  return {
    clients: new Map([[client, new Map<number, ResourceObject>([
      [client, { handle: client, parent: 0, class: ROOT_CLASS, kind: 'client' }],
      [device, { handle: device, parent: client, class: classes.device, kind: 'device' }],
      [subdevice, { handle: subdevice, parent: device, class: classes.subdevice, kind: 'subdevice' }],
    ])]]),
    nextHandle: FIRST_OWN_HANDLE,
  };
}

/** The object, or undefined. */
export function findObject(state: ResourceState, client: number, handle: number): ResourceObject | undefined {
  return state.clients.get(client)?.get(handle);
}

/**
 * Allocates an object. A root client is created under `request.client`; its own handle is ignored, for drivers
 * differ in what they put there.
 */
export function allocate(
  state: ResourceState, classes: Readonly<Record<number, ClassFacts>>, request: AllocRequest,
): { readonly status: Status; readonly handle: number } {
  const fail = (status: Status): { status: Status; handle: number } => ({ status, handle: request.handle });
  const facts = classes[request.class];
  if (facts === undefined) return fail(STATUS.INVALID_CLASS);
  const size = request.params.length;
  if (size !== facts.paramsSize && (size !== 0 || facts.paramsRequired)) return fail(STATUS.INVALID_PARAM_STRUCT);
  if (countObjects(state) >= MAX_OBJECTS) return fail(STATUS.INSUFFICIENT_RESOURCES);

  if (facts.kind === 'client') {
    if (request.client === 0) return fail(STATUS.INVALID_CLIENT);
    if (state.clients.has(request.client)) return fail(STATUS.INSERT_DUPLICATE_NAME);
    const handle = request.client;
    state.clients.set(handle, new Map([[handle, { handle, parent: 0, class: request.class, kind: 'client' }]]));
    return { status: STATUS.OK, handle };
  }

  const objects = state.clients.get(request.client);
  if (objects === undefined) return fail(STATUS.INVALID_CLIENT);
  const parent = objects.get(request.parent);
  if (parent === undefined || !facts.parents.includes(parent.kind)) return fail(STATUS.INVALID_OBJECT_PARENT);
  let handle = request.handle;
  if (handle === 0) {
    do handle = state.nextHandle++; while (objects.has(handle));
  } else if (objects.has(handle)) return fail(STATUS.INSERT_DUPLICATE_NAME);
  objects.set(handle, { handle, parent: parent.handle, class: request.class, kind: facts.kind });
  return { status: STATUS.OK, handle };
}

/** Frees an object and everything under it; freeing the client ends the client. @returns what is gone, children first */
export function free(
  state: ResourceState, client: number, handle: number,
): { readonly status: Status; readonly freed: readonly ResourceObject[] } {
  const objects = state.clients.get(client);
  if (objects === undefined) return { status: STATUS.INVALID_CLIENT, freed: [] };
  const object = objects.get(handle);
  // The firmware's own objects are not the driver's to free.
  if (object === undefined || client === INTERNAL.client) return { status: STATUS.OBJECT_NOT_FOUND, freed: [] };
  const children = new Map<number, ResourceObject[]>();
  for (const child of objects.values()) {
    if (child.kind === 'client') continue;
    const siblings = children.get(child.parent);
    if (siblings === undefined) children.set(child.parent, [child]);
    else siblings.push(child);
  }
  const freed: ResourceObject[] = [];
  const collect = (current: ResourceObject): void => {
    for (const child of (children.get(current.handle) ?? []).reverse()) collect(child);
    objects.delete(current.handle);
    freed.push(current);
  };
  collect(object);
  if (object.kind === 'client') state.clients.delete(client);
  return { status: STATUS.OK, freed };
}

function countObjects(state: ResourceState): number {
  let count = 0;
  for (const objects of state.clients.values()) count += objects.size;
  return count;
}
