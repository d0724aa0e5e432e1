import { STATUS, type Status } from '../status.ts';
import { COPYABLE, type ObjectKind } from './kinds.ts';
import type { ObjectData } from './objects.ts';

/**
 * The resource server: objects by (client, handle), each under a parent. Handles are the caller's choice and repeat
 * across clients.
 *
 * Source: open-gpu-kernel-modules 570.144: src/nvidia/src/libraries/resserv/rs_server.c
 */

/** One object. Plain data. */
export interface ResourceObject {
  readonly handle: number;
  readonly parent: number;
  readonly class: number;
  readonly kind: ObjectKind;
  /** Number of what the firmware remembers of it, which copies of the object share; 0 for nothing. */
  readonly body: number;
}

/** What stands behind one object and its copies. */
interface Body {
  names: number;
  readonly data: ObjectData[keyof ObjectData];
}

export interface ResourceState {
  /** By client handle; each map is keyed by object handle and holds the client itself too. */
  readonly clients: Map<number, Map<number, ResourceObject>>;
  /** Handle that the server gives out next when a caller leaves the choice to it. */
  nextHandle: number;
  /** By number; see {@link dataOf}. */
  readonly bodies: Map<number, Body>;
  nextBody: number;
}

/** How a class is allocated. */
export interface ClassFacts {
  readonly kind: ObjectKind;
  /** Kinds of which it may be a child; `any` of them. */
  readonly parents: readonly ObjectKind[] | 'any';
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
const INTERNAL_CLASSES = { client: 0x0000, device: 0x0080, subdevice: 0x2080 } as const;

const FIRST_OWN_HANDLE = 0xcaf00010;
/** Handles that RPC keeps for itself. */
const RESERVED_HANDLES = { first: 0xcaf3f000, last: 0xcaf3ffff } as const;
/** Most objects that all clients may have together. */
export const MAX_OBJECTS: number = 1 << 16;

export function emptyResources(): ResourceState {
  const { client, device, subdevice } = INTERNAL;
  return {
    clients: new Map([[client, new Map<number, ResourceObject>([
      [client, { handle: client, parent: 0, class: INTERNAL_CLASSES.client, kind: 'client', body: 0 }],
      [device, { handle: device, parent: client, class: INTERNAL_CLASSES.device, kind: 'device', body: 0 }],
      [subdevice, { handle: subdevice, parent: device, class: INTERNAL_CLASSES.subdevice, kind: 'subdevice', body: 0 }],
    ])]]),
    nextHandle: FIRST_OWN_HANDLE,
    bodies: new Map(),
    nextBody: 1,
  };
}

/** The object, or undefined. */
export function findObject(state: ResourceState, client: number, handle: number): ResourceObject | undefined {
  return state.clients.get(client)?.get(handle);
}

/** What is remembered of an object of `kind`; undefined when there is no such object or it is of another kind. */
export function dataOf<Kind extends keyof ObjectData>(
  state: ResourceState, object: ResourceObject | undefined, kind: Kind,
): ObjectData[Kind] | undefined {
  return object?.kind === kind ? state.bodies.get(object.body)?.data as ObjectData[Kind] | undefined : undefined;
}

/** Every object of a kind, with the client that it belongs to. */
export function* objectsOf<Kind extends keyof ObjectData>(
  state: ResourceState, kind: Kind,
): Generator<{ readonly client: number; readonly object: ResourceObject; readonly data: ObjectData[Kind] }> {
  for (const [client, objects] of state.clients) {
    for (const object of objects.values()) {
      const data = dataOf(state, object, kind);
      if (data !== undefined) yield { client, object, data };
    }
  }
}

/** Where an object may go: a free handle under a parent that may have it. */
export interface Place {
  readonly client: number;
  readonly handle: number;
  readonly parent: ResourceObject | undefined;
}

/**
 * Checks everything about an allocation but what its parameters say, and chooses the handle. A root client goes under
 * `request.client`; its own handle is ignored, for drivers differ in what they put there.
 */
export function place(state: ResourceState, facts: ClassFacts | undefined, request: AllocRequest): Place | { readonly status: Status } {
  if (facts === undefined) return { status: STATUS.INVALID_CLASS };
  const { client, params } = request;
  if (params.length !== facts.paramsSize && (params.length !== 0 || facts.paramsRequired)) return { status: STATUS.INVALID_PARAM_STRUCT };
  if (facts.kind === 'client') {
    if (client === 0) return { status: STATUS.INVALID_CLIENT };
    if (state.clients.has(client)) return { status: STATUS.INSERT_DUPLICATE_NAME };
    return countObjects(state) < MAX_OBJECTS ? { client, handle: client, parent: undefined } : { status: STATUS.INSUFFICIENT_RESOURCES };
  }
  return placeUnder(state, facts, client, request.parent, request.handle);
}

function placeUnder(state: ResourceState, facts: Pick<ClassFacts, 'parents'>, client: number, parentHandle: number, wanted: number): Place | { readonly status: Status } {
  const objects = state.clients.get(client);
  // The firmware's own client is no driver's to fill.
  if (objects === undefined || client === INTERNAL.client) return { status: STATUS.INVALID_CLIENT };
  const parent = objects.get(parentHandle);
  if (parent === undefined || (facts.parents !== 'any' && !facts.parents.includes(parent.kind))) return { status: STATUS.INVALID_OBJECT_PARENT };
  if (objects.has(wanted)) return { status: STATUS.INSERT_DUPLICATE_NAME };
  if (wanted >= RESERVED_HANDLES.first && wanted <= RESERVED_HANDLES.last) return { status: STATUS.INVALID_OBJECT_HANDLE };
  if (countObjects(state) >= MAX_OBJECTS) return { status: STATUS.INSUFFICIENT_RESOURCES };
  let handle = wanted;
  if (handle === 0) do handle = state.nextHandle++; while (objects.has(handle));
  return { client, handle, parent };
}

/** Puts an object where {@link place} found room. */
export function insert(state: ResourceState, where: Place, cls: number, kind: ObjectKind, data: Body['data'] | undefined): void {
  const body = data === undefined ? 0 : state.nextBody++;
  if (data !== undefined) state.bodies.set(body, { names: 1, data });
  put(state, where, cls, kind, body);
}

function put(state: ResourceState, { client, handle, parent }: Place, cls: number, kind: ObjectKind, body: number): void {
  const object: ResourceObject = { handle, parent: parent?.handle ?? 0, class: cls, kind, body };
  if (kind === 'client') state.clients.set(client, new Map([[handle, object]]));
  else state.clients.get(client)!.set(handle, object);
}

export interface DupRequest {
  readonly client: number;
  readonly parent: number;
  readonly handle: number;
  readonly sourceClient: number;
  readonly source: number;
}

/** Makes a copy of an object under another parent. @returns the status and the copy's handle */
export function duplicate(
  state: ResourceState, classes: (cls: number) => ClassFacts | undefined, request: DupRequest,
): { readonly status: Status; readonly handle: number } {
  const { handle } = request;
  const source = findObject(state, request.sourceClient, request.source);
  if (!state.clients.has(request.sourceClient)) return { status: STATUS.INVALID_CLIENT, handle };
  if (source === undefined) return { status: STATUS.OBJECT_NOT_FOUND, handle };
  const facts = classes(source.class);
  if (facts === undefined || !COPYABLE.has(source.kind)) return { status: STATUS.INVALID_ARGUMENT, handle };
  const where = placeUnder(state, facts, request.client, request.parent, handle);
  if ('status' in where) return { status: where.status, handle };
  const body = state.bodies.get(source.body);
  if (body !== undefined) body.names++;
  put(state, where, source.class, source.kind, source.body);
  return { status: STATUS.OK, handle: where.handle };
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
  // Without recursion: a driver decides how deep the tree is.
  const order: ResourceObject[] = [];
  for (const pending = [object]; pending.length > 0;) {
    const next = pending.pop()!;
    order.push(next);
    pending.push(...(children.get(next.handle) ?? []).reverse());
  }
  const freed = order.reverse();
  for (const { handle: gone, body: number } of freed) {
    objects.delete(gone);
    const body = state.bodies.get(number);
    if (body !== undefined && --body.names === 0) state.bodies.delete(number);
  }
  if (object.kind === 'client') state.clients.delete(client);
  return { status: STATUS.OK, freed };
}

export function countObjects(state: ResourceState): number {
  let count = 0;
  for (const objects of state.clients.values()) count += objects.size;
  return count;
}
