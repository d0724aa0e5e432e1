import { isAbsent } from './absent.ts';
import { CONTROL_HANDLERS } from './control-handlers.ts';
import type { ControlIntents } from './control-intents.ts';
import type { Answer, HandlerContext, ServeContext } from './handlers/handler.ts';
import type { ControlCodec, Release } from './release.ts';
import { findObject } from './resources/tree.ts';
import { RPC_RESULT, STATUS } from './status.ts';

interface Outcome {
  readonly result: number;
  readonly payload?: Uint8Array;
}

/** A control's errors stand in its own status field; `rpc_result` stays 0, for nouveau drops such a reply whole. */
export function serveControl(context: ServeContext, payload: Uint8Array): Outcome {
  const { hardware, release, state } = context;
  const call = release.calls.control.decode(payload);
  if (call === undefined) return { result: RPC_RESULT.INVALID_MESSAGE_FORMAT };
  const reply = (status: number, params?: Uint8Array): Outcome => {
    hardware.trace('gsp-rm.control', { command: call.command, client: call.client, object: call.object, status });
    return { result: STATUS.OK, payload: release.calls.control.reply(payload, { status, params }) };
  };
  const { client, object: handle, command, params } = call;
  const fault = hardware.fault(`gsp-rm.control.${command.toString(16)}`);
  if (fault !== undefined) return reply(fault.value ?? STATUS.NOT_SUPPORTED);
  if (params === undefined) return reply(STATUS.INVALID_PARAM_STRUCT);
  if (!state.resources.clients.has(client)) return reply(STATUS.INVALID_CLIENT);
  const object = findObject(state.resources, client, handle);
  if (object === undefined) return reply(STATUS.INVALID_OBJECT_HANDLE);
  const name = controlNames(release).get(command);
  if (name === undefined) {
    hardware.trace('gsp-rm.control.unknown', { command, client, object: handle });
    return reply(STATUS.NOT_SUPPORTED);
  }
  return serveKnown({ ...context, client, object }, name, params, reply);
}

/** Which control it is the compiler cannot follow: what its codec reads is what its handler takes. */
type AnyCodec = ControlCodec<unknown, unknown>;
type AnyHandler = (context: HandlerContext, input: unknown) => Answer<unknown>;

function serveKnown(
  context: HandlerContext, name: keyof ControlIntents, params: Uint8Array, reply: (status: number, params?: Uint8Array) => Outcome,
): Outcome {
  // The index holds only what the release has.
  const codec = context.release.controls[name] as AnyCodec;
  if (context.object.kind !== codec.on) return reply(STATUS.INVALID_OBJECT);
  if (params.length !== codec.size) return reply(STATUS.INVALID_PARAM_STRUCT);
  const answer = (CONTROL_HANDLERS[name] as AnyHandler)(context, codec.decode(params));
  if ('status' in answer) return reply(answer.status);
  const out = params.slice();
  codec.encode(out, answer.out);
  return reply(STATUS.OK, out);
}

const indexes = new WeakMap<Release, ReadonlyMap<number, keyof ControlIntents>>();

/** What a release's command numbers mean; made once. */
function controlNames(release: Release): ReadonlyMap<number, keyof ControlIntents> {
  let index = indexes.get(release);
  if (index === undefined) {
    const entries = Object.entries(release.controls).flatMap(([name, codec]) =>
      (isAbsent(codec) ? [] : [[codec.command, name as keyof ControlIntents] as const]));
    indexes.set(release, (index = new Map(entries)));
  }
  return index;
}
