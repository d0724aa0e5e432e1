import type { FirmwareHardware } from '@nova-stack/hw-model/port';
import { chipHasClass, engineKindOf } from '../chip-classes.ts';
import { findEngine, topology, type EnginePlace } from '../facts/topology.ts';
import type { Release } from '../release.ts';
import type { GspRmState } from '../state.ts';
import { STATUS, type Status } from '../status.ts';
import type { ObjectKind } from './kinds.ts';
import type { AllocSpecs, EngineRef, ObjectData } from './objects.ts';
import { dataOf, findObject, objectsOf, type AllocRequest, type ClassFacts, type ResourceObject } from './tree.ts';

/**
 * What must hold between an object's parameters and what exists already, and what the firmware then remembers of it.
 *
 * Source: open-gpu-kernel-modules 570.144: src/nvidia/src/kernel/gpu/fifo, gpu/ce, gpu/gr, mem_mgr, rmapi
 */

/** What an object is judged against. */
export interface Ground {
  readonly hardware: FirmwareHardware;
  readonly state: GspRmState;
  readonly release: Release;
  readonly request: AllocRequest;
  readonly parent: ResourceObject | undefined;
}

/** Refused, or what is remembered; kinds without anything of their own remember nothing. */
export type Judged = { readonly status: Status } | { readonly data: ObjectData[keyof ObjectData] | undefined };

/** Subcontexts of a group. */
const SUBCONTEXTS = 64;
/** NV_CTXSHARE_ALLOCATION_FLAGS_SUBCONTEXT: synchronous, asynchronous, as asked for. */
const LAST_SUBCONTEXT_FLAG = 2;
/** NULL engine: the parent says which. */
const NO_ENGINE = 0;

const refuse = (status: keyof typeof STATUS): { readonly status: Status } => ({ status: STATUS[status] });

/** The facts of a class that this board's chip has. */
export function classOf({ hardware, release }: Pick<Ground, 'hardware' | 'release'>, cls: number): ClassFacts | undefined {
  const facts = release.classes.get(cls);
  return facts !== undefined && chipHasClass(hardware.facts, cls, facts.kind) ? facts : undefined;
}

/** Judges an allocation whose place in the tree is sound. */
export function judge(ground: Ground, kind: ObjectKind): Judged {
  return kind in RULES ? judgeBy(ground, kind as RuledKind) : { data: undefined };
}

type RuledKind = keyof typeof RULES;
/** Which kind it is the compiler cannot follow: what its codec reads is what its rule takes. */
type AnyDecode = (params: Uint8Array, cls: number) => unknown;
type AnyRule = (ground: Ground, spec: unknown) => Judged;

function judgeBy(ground: Ground, kind: RuledKind): Judged {
  const { release, request } = ground;
  const decode = (release.allocs as Readonly<Record<string, AnyDecode | undefined>>)[kind];
  // Parameters that may be left out are all zero then.
  const { paramsSize } = release.classes.get(request.class)!;
  const params = request.params.length === 0 ? new Uint8Array(paramsSize) : request.params;
  return (RULES[kind] as AnyRule)(ground, decode?.(params, request.class));
}

const RULES = {
  vaspace: (_ground: Ground, { index, externallyOwned, size }: AllocSpecs['vaspace']): Judged =>
    ({ data: { index, externallyOwned, size, directory: undefined, levels: [] } }),
  memory: ({ hardware }: Ground, { size }: AllocSpecs['memory']): Judged =>
    (size > hardware.facts.vramSize ? refuse('NO_MEMORY') : { data: { size, pages: [] } }),
  virtualMemory: ({ state, request }: Ground, { start, limit, vaspace }: AllocSpecs['virtualMemory']): Judged => {
    if (limit < start) return refuse('INVALID_LIMIT');
    if (vaspace !== 0 && !isVaspace(state, request.client, vaspace)) return refuse('INVALID_OBJECT_HANDLE');
    return { data: { start, limit, vaspace } };
  },
  event: ({ state, request }: Ground, { parentClient, source, notifyIndex }: AllocSpecs['event']): Judged => {
    const { clients } = state.resources;
    if (parentClient !== 0 && !clients.has(parentClient)) return refuse('INVALID_CLIENT');
    if (source !== 0 && findObject(state.resources, parentClient === 0 ? request.client : parentClient, source) === undefined) return refuse('INVALID_OBJECT_HANDLE');
    return { data: { source, notifyIndex } };
  },
  channelGroup: (ground: Ground, { engine, vaspace }: AllocSpecs['channelGroup']): Judged => {
    const place = placeOf(ground, engine);
    if (place === undefined) return refuse('INVALID_ARGUMENT');
    if (vaspace !== 0 && !isVaspace(ground.state, ground.request.client, vaspace)) return refuse('INVALID_OBJECT_HANDLE');
    return { data: { engine: place.name, runlist: place.runlist, vaspace, scheduled: false } };
  },
  contextShare: ({ state, request, parent }: Ground, { vaspace, flags }: AllocSpecs['contextShare']): Judged => {
    if (flags > LAST_SUBCONTEXT_FLAG) return refuse('INVALID_ARGUMENT');
    if (vaspace !== 0 && !isVaspace(state, request.client, vaspace)) return refuse('INVALID_OBJECT_HANDLE');
    const taken = new Set([...objectsOf(state.resources, 'contextShare')]
      .filter((each) => each.client === request.client && each.object.parent === parent?.handle).map(({ data }) => data.subcontext));
    const free = Array.from({ length: SUBCONTEXTS }, (_, i) => i).find((i) => !taken.has(i));
    return free === undefined ? refuse('INSUFFICIENT_RESOURCES') : { data: { vaspace, subcontext: free } };
  },
  channel: judgeChannel,
  copyObject: (ground: Ground, { engine }: AllocSpecs['copyObject']): Judged => {
    const channel = parentChannel(ground);
    const copies = topology(ground.hardware.facts).filter(({ kind, runlist }) => kind === 'COPY' && runlist === channel?.runlist);
    const place = engine.number === NO_ENGINE && engine.name === undefined ? copies[0] : copies.find(({ name }) => name === engine.name);
    return place === undefined ? refuse('INVALID_CLASS') : { data: { engine: place.name } };
  },
  graphicsObject: (ground: Ground): Judged => {
    const place = onRunlist(ground, 'GR');
    return place === undefined ? refuse('INVALID_CLASS') : { data: { engine: place.name } };
  },
  videoObject: (ground: Ground): Judged => {
    const place = onRunlist(ground, engineKindOf(ground.hardware.facts, ground.request.class));
    return place === undefined ? refuse('INVALID_CLASS') : { data: { engine: place.name } };
  },
  displayChannel: ({ state, request, parent }: Ground, { instance, put }: AllocSpecs['displayChannel']): Judged => {
    for (const each of objectsOf(state.resources, 'displayChannel')) {
      if (each.client === request.client && each.object.parent === parent?.handle && each.object.class === request.class && each.data.instance === instance) return refuse('INVALID_CHANNEL');
    }
    return { data: { instance, put } };
  },
} as const;

/** A channel takes engine and address space from its group or context share where it does not say. */
function judgeChannel(ground: Ground, spec: AllocSpecs['channel']): Judged {
  const { hardware, state, request, parent } = ground;
  const group = dataOf(state.resources, parent, 'channelGroup');
  const place = spec.engine.number === NO_ENGINE && group !== undefined
    ? findEngine(hardware.facts, group.engine)
    : placeOf(ground, spec.engine);
  if (place === undefined) return refuse('INVALID_ARGUMENT');
  if (group !== undefined && group.runlist !== place.runlist) return refuse('INVALID_ARGUMENT');
  if (spec.vaspace !== 0 && !isVaspace(state, request.client, spec.vaspace)) return refuse('INVALID_OBJECT_HANDLE');
  const share = spec.contextShare === 0 ? undefined : dataOf(state.resources, findObject(state.resources, request.client, spec.contextShare), 'contextShare');
  if (spec.contextShare !== 0 && share === undefined) return refuse('INVALID_OBJECT_HANDLE');
  for (const { address, size, aperture } of [spec.instance, spec.userd]) {
    if (aperture === 'vram' && address + size > hardware.facts.vramSize) return refuse('INVALID_ADDRESS');
  }
  const id = channelId(ground, place, spec.id);
  if (id === undefined) return refuse('NO_FREE_FIFOS');
  return {
    data: {
      id, engine: place.name, runlist: place.runlist, vaspace: spec.vaspace === 0 ? share?.vaspace ?? group?.vaspace ?? 0 : spec.vaspace,
      privileged: spec.privileged, ring: spec.ring, entries: spec.entries, instance: spec.instance, userd: spec.userd,
      bound: undefined, scheduled: group?.scheduled ?? false, buffers: [],
    },
  };
}

/** The channel id that was asked for if it is free, or else the lowest free one; ids are counted per runlist since Ampere. */
function channelId({ hardware, state }: Ground, place: EnginePlace, wanted: number | undefined): number | undefined {
  const { facts } = hardware;
  const perRunlist = facts.architecture !== 'turing';
  const taken = new Set<number>();
  for (const { data } of objectsOf(state.resources, 'channel')) if (!perRunlist || data.runlist === place.runlist) taken.add(data.id);
  if (wanted !== undefined) return wanted < facts.channels && !taken.has(wanted) ? wanted : undefined;
  for (let id = 0; id < facts.channels; id++) if (!taken.has(id)) return id;
  return undefined;
}

/** The engine that a call names; no number at all means graphics, on runlist 0. */
const placeOf = ({ hardware }: Ground, { number, name }: EngineRef): EnginePlace | undefined =>
  (number === NO_ENGINE ? topology(hardware.facts).find(({ runlist }) => runlist === 0) : findEngine(hardware.facts, name));

const isVaspace = (state: GspRmState, client: number, handle: number): boolean => dataOf(state.resources, findObject(state.resources, client, handle), 'vaspace') !== undefined;

const parentChannel = ({ state, parent }: Ground): ObjectData['channel'] | undefined => dataOf(state.resources, parent, 'channel');

/** The parent channel's own engine when it is of the kind, or the first of its runlist that is. */
function onRunlist(ground: Ground, wanted: string | undefined): EnginePlace | undefined {
  const channel = parentChannel(ground);
  const places = topology(ground.hardware.facts).filter(({ kind, runlist }) => kind === wanted && runlist === channel?.runlist);
  return places.find(({ name }) => name === channel?.engine) ?? places[0];
}
