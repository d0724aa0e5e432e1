import type { RpcMessage, RpcRequest } from '@nova-stack/gsp-rpc';
import type { ControlIntents } from './control-intents.ts';
import { CONTROL_HANDLERS, type Answer, type HandlerContext } from './control-handlers.ts';
import { readRegistry } from './registry.ts';
import type { ControlCodec } from './release.ts';
import { allocate, findObject, free } from './resources.ts';
import { RPC_RESULT, STATUS } from './status.ts';
import { staticInfo } from './static-info.ts';

/** What a request leads to beside its reply. */
export interface Served {
  readonly reply?: RpcMessage;
  /** Events that go out before the reply. */
  readonly events?: readonly RpcMessage[];
  /** The driver wants the firmware to stop once the reply is out. */
  readonly unload?: boolean;
}

const EMPTY = new Uint8Array(0);

/** Serves one request. Whatever it holds, the answer is a status; nothing is thrown. */
export function serve(context: HandlerContext, request: RpcRequest): Served {
  const { hardware, state, release } = context;
  const { functions } = release;
  const fn = request.function;
  const answer = (result: number, payload: Uint8Array = EMPTY): Served =>
    ({ reply: { function: fn, result, sequence: request.sequence, payload } });

  if (request.malformed !== undefined) {
    hardware.trace('gsp-rm.rpc.rejected', { reason: request.malformed.message });
    return release.profile.noReply.includes(fn) ? {} : answer(RPC_RESULT.INVALID_MESSAGE_FORMAT);
  }
  if (fn === functions.systemInfo) return takeSystemInfo(context, request.payload);
  if (fn === functions.registry) return takeRegistry(context, request.payload);
  if (fn === functions.unload) return { ...answer(0), unload: true };
  if (fn >= release.profile.functionLimit) {
    hardware.trace('gsp-rm.rpc.unknown', { function: fn });
    return answer(RPC_RESULT.UNKNOWN_FUNCTION);
  }
  if (release.profile.noReply.includes(fn)) return {};
  if (state.phase !== 'running') return answer(STATUS.NOT_READY);
  if (fn === functions.staticInfo) {
    if (request.payload.length < release.staticInfo.size) return answer(RPC_RESULT.INVALID_MESSAGE_FORMAT);
    return answer(0, release.staticInfo.encode(staticInfo(hardware.facts, state.image!)));
  }
  if (fn === functions.alloc) return serveAlloc(context, request, answer);
  if (fn === functions.free) return serveFree(context, request, answer);
  if (fn === functions.control) return serveControl(context, request, answer);
  hardware.trace('gsp-rm.rpc.unknown', { function: fn });
  return answer(RPC_RESULT.UNKNOWN_FUNCTION);
}

type Reply = (result: number, payload?: Uint8Array) => Served;

/** Where the configuration space's mirror may be; the value depends on the chip's generation. */
const CONFIG_MIRRORS: readonly number[] = [0x88000, 0x92000];

function takeSystemInfo({ hardware, state, release }: HandlerContext, payload: Uint8Array): Served {
  const refuse = (reason: string): Served => refused({ hardware, state, release }, 'system info', reason);
  if (payload.length !== release.systemInfo.size) return refuse(`${payload.length} bytes instead of ${release.systemInfo.size}`);
  const info = release.systemInfo.decode(payload);
  for (const bar of ['registers', 'framebuffer', 'instance'] as const) {
    if (info[bar] === 0 || info[bar] % 0x1000 !== 0) return refuse(`${bar} BAR at 0x${info[bar].toString(16)}`);
  }
  if (!CONFIG_MIRRORS.includes(info.configMirror)) return refuse(`configuration mirror at 0x${info.configMirror.toString(16)}`);
  state.systemInfo = info;
  hardware.trace('gsp-rm.system.info', { registers: info.registers, framebuffer: info.framebuffer });
  return {};
}

function takeRegistry(context: HandlerContext, payload: Uint8Array): Served {
  const result = readRegistry(payload);
  if ('refused' in result) return refused(context, 'registry', result.refused);
  context.state.registry = result.keys;
  context.hardware.trace('gsp-rm.registry', { keys: Object.keys(result.keys).length });
  return {};
}

/** These messages have no reply: the firmware says so in its error log and does not come up. */
function refused({ hardware, state, release }: HandlerContext, what: string, reason: string): Served {
  hardware.trace('gsp-rm.boot.refused', { what, reason });
  state.refused = true;
  return { events: [{ function: release.events.osError, result: 0, sequence: 0, payload: release.encodeOsError(119, `${what} refused: ${reason}`) }] };
}

function serveAlloc({ hardware, state, release }: HandlerContext, request: RpcRequest, answer: Reply): Served {
  const call = release.alloc.decode(request.payload);
  if (call === undefined) return answer(RPC_RESULT.INVALID_MESSAGE_FORMAT);
  const { status, handle } = allocate(state.resources, release.classes, call);
  hardware.trace('gsp-rm.alloc', { client: call.client, handle, class: call.class, parent: call.parent, status });
  return answer(status, release.alloc.reply(request.payload, { status, handle }));
}

function serveFree({ hardware, state, release }: HandlerContext, request: RpcRequest, answer: Reply): Served {
  const call = release.free.decode(request.payload);
  if (call === undefined) return answer(RPC_RESULT.INVALID_MESSAGE_FORMAT);
  const { status } = free(state.resources, call.client, call.object);
  hardware.trace('gsp-rm.free', { client: call.client, handle: call.object, status });
  return answer(status, release.free.reply(request.payload, { status }));
}

/** A control's errors stand in its own status field; `rpc_result` stays 0, for nouveau drops such a reply whole. */
function serveControl(context: HandlerContext, request: RpcRequest, answer: Reply): Served {
  const { hardware, release } = context;
  const call = release.control.decode(request.payload);
  if (call === undefined) return answer(RPC_RESULT.INVALID_MESSAGE_FORMAT);
  const reply = (status: number, params?: Uint8Array): Served => {
    hardware.trace('gsp-rm.control', { command: call.command, client: call.client, object: call.object, status });
    return answer(0, release.control.reply(request.payload, { status, params }));
  };
  const { client, object: handle, command, params } = call;
  const fault = hardware.fault(`gsp-rm.control.${command.toString(16)}`);
  if (fault !== undefined) return reply(fault.value ?? STATUS.NOT_SUPPORTED);
  if (params === undefined) return reply(STATUS.INVALID_PARAM_STRUCT);
  if (!context.state.resources.clients.has(client)) return reply(STATUS.INVALID_CLIENT);
  const object = findObject(context.state.resources, client, handle);
  if (object === undefined) return reply(STATUS.INVALID_OBJECT_HANDLE);
  const name = controlNames(release.controls).get(command);
  const codec = name === undefined ? undefined : release.controls[name];
  if (name === undefined || codec === undefined) {
    hardware.trace('gsp-rm.control.unknown', { command, client, object: handle });
    return reply(STATUS.NOT_SUPPORTED);
  }
  if (object.kind !== codec.on) return reply(STATUS.INVALID_OBJECT);
  if (params.length !== codec.size) return reply(STATUS.INVALID_PARAM_STRUCT);
  return runControl(context, name, codec as never, params, reply);
}

function runControl<Name extends keyof ControlIntents>(
  context: HandlerContext, name: Name, codec: ControlCodec<ControlIntents[Name]['in'], ControlIntents[Name]['out']>,
  params: Uint8Array, reply: (status: number, params?: Uint8Array) => Served,
): Served {
  const answer: Answer<ControlIntents[Name]['out']> = CONTROL_HANDLERS[name](context, codec.decode(params));
  if ('status' in answer) return reply(answer.status);
  const out = params.slice();
  codec.encode(out, answer.out);
  return reply(STATUS.OK, out);
}

const indexes = new WeakMap<object, Map<number, keyof ControlIntents>>();

/** Command numbers of a release's table; made once. */
function controlNames(controls: HandlerContext['release']['controls']): Map<number, keyof ControlIntents> {
  let index = indexes.get(controls);
  if (index === undefined) {
    index = new Map();
    for (const name of Object.keys(controls) as (keyof ControlIntents)[]) {
      const codec = controls[name];
      if (codec !== undefined) index.set(codec.command, name);
    }
    indexes.set(controls, index);
  }
  return index;
}
