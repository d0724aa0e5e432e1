import type { RpcMessage, RpcRequest } from '@nova-stack/gsp-rpc';
import { isAbsent } from './absent.ts';
import { setBarEntry } from './bar-directories.ts';
import { FUNCTIONS } from './codec/functions.ts';
import { serveControl } from './control-server.ts';
import { closeDisplayChannels, openDisplayChannel } from './display-channels.ts';
import type { ServeContext } from './handlers/handler.ts';
import { decidesChannels, settleHostChannels } from './host-channels.ts';
import { setPageDirectory, unsetPageDirectory } from './handlers/page-directories.ts';
import { allocateListedMemory } from './resources/listed-memory.ts';
import { classOf, judge } from './resources/rules.ts';
import { duplicate, free, insert, place } from './resources/tree.ts';
import { readRegistry } from './registry.ts';
import { RPC_RESULT, STATUS } from './status.ts';
import { staticInfo } from './static-info.ts';

/** What the driver tells the firmware to do when it is done. */
export interface UnloadRequest {
  /** Keep the state for a resume. */
  readonly suspend: boolean;
  readonly level: number;
}

/** What a request leads to. */
export interface Served {
  readonly reply?: RpcMessage;
  /** The driver wants the firmware to stop once the reply is out. */
  readonly unload?: UnloadRequest;
}

const EMPTY = new Uint8Array(0);

/** A function's answer: its result, and its payload where it has one. */
interface Outcome {
  readonly result: number;
  readonly payload?: Uint8Array;
}
type Serve = (context: ServeContext, payload: Uint8Array) => Outcome;

const MALFORMED: Outcome = { result: RPC_RESULT.INVALID_MESSAGE_FORMAT };
const UNKNOWN: Outcome = { result: RPC_RESULT.UNKNOWN_FUNCTION };

/** Functions that have a reply and need the firmware up. */
const SERVERS: Readonly<Record<number, Serve>> = {
  [FUNCTIONS.staticInfo]: ({ hardware, state, release }, payload) =>
    (payload.length < release.staticInfo.size ? MALFORMED : { result: STATUS.OK, payload: release.staticInfo.encode(staticInfo(hardware.facts, state.image!)) }),
  [FUNCTIONS.alloc]: serveAlloc,
  [FUNCTIONS.control]: serveControl,
  [FUNCTIONS.free]: serveFree,
  [FUNCTIONS.dup]: serveDup,
  [FUNCTIONS.allocMemory]: serveAllocMemory,
  [FUNCTIONS.setPageDirectory]: (context, payload) => {
    const call = context.release.calls.setPageDirectory.decode(payload);
    return call === undefined ? MALFORMED : { result: setPageDirectory(context, call.client, call) };
  },
  [FUNCTIONS.unsetPageDirectory]: (context, payload) => {
    const call = context.release.calls.unsetPageDirectory.decode(payload);
    return call === undefined ? MALFORMED : { result: unsetPageDirectory(context, call.client, call.vaspace) };
  },
  [FUNCTIONS.updateBarPde]: (context, payload) => {
    const call = context.release.calls.updateBarPde.decode(payload);
    return call === undefined ? MALFORMED : { result: setBarEntry(context, call) };
  },
  [FUNCTIONS.invalidateTlb]: ({ hardware, release }, payload) => {
    const { invalidateTlb } = release.calls;
    if (isAbsent(invalidateTlb)) return UNKNOWN;
    if (invalidateTlb.decode(payload) === undefined) return MALFORMED;
    hardware.invalidateTlb();
    return { result: STATUS.OK };
  },
};

/** Serves one request. Whatever it holds, the answer is a status; nothing is thrown. */
export function serve(context: ServeContext, request: RpcRequest): Served {
  const { hardware, state, release } = context;
  const fn = request.function;
  const answer = ({ result, payload = EMPTY }: Outcome): Served => ({ reply: { function: fn, result, sequence: request.sequence, payload } });
  const silent = release.profile.noReply.includes(fn);

  if (request.malformed !== undefined) {
    hardware.trace('gsp-rm.rpc.rejected', { reason: request.malformed.message });
    return silent ? {} : answer(MALFORMED);
  }
  if (fn === FUNCTIONS.systemInfo) takeSystemInfo(context, request.payload);
  else if (fn === FUNCTIONS.registry) takeRegistry(context, request.payload);
  if (silent) return {};
  if (fn === FUNCTIONS.unload) {
    const call = release.calls.unload.decode(request.payload);
    // A bare header satisfies every driver; echoed bytes would make nova-core warn.
    return { ...answer({ result: STATUS.OK }), unload: { suspend: call?.suspend === true, level: call?.level ?? 0 } };
  }
  const server = SERVERS[fn];
  if (server === undefined) {
    hardware.trace('gsp-rm.rpc.unknown', { function: fn });
    return answer(UNKNOWN);
  }
  return answer(state.phase === 'running' ? server(context, request.payload) : { result: STATUS.NOT_READY });
}

/** Where the configuration space's mirror may be; the value depends on the chip's generation. */
const CONFIG_MIRRORS: readonly number[] = [0x88000, 0x92000];

function takeSystemInfo(context: ServeContext, payload: Uint8Array): void {
  const { hardware, state, release } = context;
  const refuse = (reason: string): void => {
    refused(context, 'system info', reason);
  };
  if (payload.length !== release.systemInfo.size) {
    refuse(`${payload.length} bytes instead of ${release.systemInfo.size}`);
    return;
  }
  const info = release.systemInfo.decode(payload);
  const bar = (['registers', 'framebuffer', 'instance'] as const).find((each) => info[each] === 0 || info[each] % 0x1000 !== 0);
  if (bar !== undefined) refuse(`${bar} BAR at 0x${info[bar].toString(16)}`);
  else if (!CONFIG_MIRRORS.includes(info.configMirror)) refuse(`configuration mirror at 0x${info.configMirror.toString(16)}`);
  else {
    state.systemInfo = info;
    hardware.trace('gsp-rm.system.info', { registers: info.registers, framebuffer: info.framebuffer });
  }
}

function takeRegistry(context: ServeContext, payload: Uint8Array): void {
  const result = readRegistry(payload);
  if ('refused' in result) {
    refused(context, 'registry', result.refused);
    return;
  }
  context.state.registry = result.keys;
  context.hardware.trace('gsp-rm.registry', { keys: Object.keys(result.keys).length });
}

/** Xid 119: the firmware cannot do what it was told. */
const XID_RPC = 119;

/** These messages have no reply: the firmware says so in its error log and does not come up. */
function refused({ hardware, state, emit }: ServeContext, what: string, reason: string): void {
  hardware.trace('gsp-rm.boot.refused', { what, reason });
  state.refused = true;
  emit({ event: 'osError', xid: XID_RPC, text: `${what} refused: ${reason}` });
}

/** An allocation's error stands in `rpc_result` and in its own status: drivers look at either. */
function serveAlloc(context: ServeContext, payload: Uint8Array): Outcome {
  const { hardware, state, release } = context;
  const call = release.calls.alloc.decode(payload);
  if (call === undefined) return MALFORMED;
  const facts = classOf(context, call.class);
  const where = place(state.resources, facts, call);
  let status: number;
  let { handle } = call;
  if ('status' in where) status = where.status;
  else {
    const judged = judge({ hardware, state, release, request: call, parent: where.parent }, facts!.kind);
    status = 'status' in judged ? judged.status : STATUS.OK;
    if (!('status' in judged)) {
      insert(state.resources, where, call.class, facts!.kind, judged.data);
      ({ handle } = where);
      if (facts!.kind === 'displayChannel') openDisplayChannel(hardware, state, where.client, handle);
      if (decidesChannels(facts!.kind)) settleHostChannels(hardware, state);
    }
  }
  if (status === STATUS.INVALID_CLASS) hardware.trace('gsp-rm.alloc.unknown', { client: call.client, class: call.class });
  hardware.trace('gsp-rm.alloc', { client: call.client, handle, class: call.class, parent: call.parent, status });
  return { result: status, payload: release.calls.alloc.reply(payload, { status, handle }) };
}

function serveFree({ hardware, state, release }: ServeContext, payload: Uint8Array): Outcome {
  const call = release.calls.free.decode(payload);
  if (call === undefined) return MALFORMED;
  const { status, freed } = free(state.resources, call.client, call.object);
  closeDisplayChannels(hardware, state);
  if (freed.some(({ kind }) => decidesChannels(kind))) settleHostChannels(hardware, state);
  for (const { handle, kind } of freed) {
    if (kind !== 'subdevice') continue;
    for (const [key, waiting] of state.notifications) if (waiting.client === call.client && waiting.subdevice === handle) state.notifications.delete(key);
  }
  hardware.trace('gsp-rm.free', { client: call.client, handle: call.object, status });
  return { result: status, payload: release.calls.free.reply(payload, { status }) };
}

function serveDup(context: ServeContext, payload: Uint8Array): Outcome {
  const { hardware, state, release } = context;
  const call = release.calls.dup.decode(payload);
  if (call === undefined) return MALFORMED;
  const { status, handle } = duplicate(state.resources, (cls) => classOf(context, cls), call);
  hardware.trace('gsp-rm.dup', { client: call.client, handle, source: call.source, status });
  return { result: status, payload: release.calls.dup.reply(payload, { status, handle }) };
}

function serveAllocMemory(context: ServeContext, payload: Uint8Array): Outcome {
  const call = context.release.calls.allocMemory.decode(payload);
  if (call === undefined) return MALFORMED;
  const status = allocateListedMemory(context, call);
  context.hardware.trace('gsp-rm.alloc', { client: call.client, handle: call.handle, class: call.class, parent: call.parent, status });
  return { result: status, payload: context.release.calls.allocMemory.reply(payload, { status }) };
}
