import { flush, GspRpcError, queueMessage, type MessageTap, type RpcMessage } from '@nova-stack/gsp-rpc';
import type { FirmwareHardware, MemoryJob } from '@nova-stack/hw-model/port';
import { isAbsent } from './absent.ts';
import type { FirmwareEvent } from './events.ts';
import type { Release } from './release.ts';
import type { GspRmState } from './state.ts';

/** Messages on their way to the driver, and what the fault plan does to them. */

/** Messages that may wait for room in the status ring; further ones are lost. */
const OUTBOX_LIMIT = 256;
const PAGE = 0x1000;

/** An event's message; undefined where the release has no such event. */
export function eventMessage(release: Release, event: FirmwareEvent): RpcMessage | undefined {
  const encode = release.events[event.event] as ((body: FirmwareEvent) => Uint8Array) | { readonly absent: string };
  const number = release.events.numbers[event.event];
  return number === undefined || isAbsent(encode) ? undefined : { function: number, result: 0, sequence: 0, payload: encode(event) };
}

/** Queues a message, as the fault plan lets it through. */
export function queue(hardware: FirmwareHardware, state: GspRmState, release: Release, message: RpcMessage): void {
  const { rpc, disturbance } = state;
  if (rpc === undefined || rpc.outbox.length >= OUTBOX_LIMIT) return;
  const isEvent = message.function >= release.profile.events.first;
  const fault = hardware.fault(isEvent ? 'gsp-rm.event' : 'gsp-rm.reply');
  const checksum = hardware.fault('gsp-rm.rpc.checksum') !== undefined;
  if (fault?.action === 'drop') return;
  if (fault?.action === 'delay') disturbance.holdUntil = Math.max(disturbance.holdUntil, hardware.now() + (fault.value ?? 0));
  // Nothing but an event may come later than it was sent.
  if (fault?.action === 'reorder' && isEvent && disturbance.postponed === undefined) {
    disturbance.postponed = message;
    return;
  }
  if (fault?.action === 'length') disturbance.claimedLength = fault.value ?? 0;
  const sent = fault?.action === 'status' ? { ...message, result: fault.value ?? 0xffff } : message;
  queueMessage(rpc, sent, { corrupt: checksum || fault?.action === 'checksum' });
  if (fault?.action === 'duplicate') queueMessage(rpc, sent);
  if (disturbance.postponed === undefined) return;
  queueMessage(rpc, disturbance.postponed);
  disturbance.postponed = undefined;
}

/** Whether a reply waits for room: no further request is taken meanwhile, so that nothing is queued without end. */
export const replyWaits = ({ rpc }: GspRmState, { profile }: Release): boolean => rpc?.outbox.some(({ function: fn }) => fn < profile.events.first) === true;

/** Puts what waits into the ring as far as there is room and the fault plan lets it. @returns records written */
export function* deliver(hardware: FirmwareHardware, state: GspRmState, { profile }: Release, tap?: MessageTap): MemoryJob<number> {
  const { rpc, disturbance } = state;
  if (rpc === undefined || rpc.outbox.length === 0 || hardware.now() < disturbance.holdUntil) return 0;
  const first = rpc.statuses.offset + PAGE * (1 + rpc.statuses.pointer);
  let records: number;
  try {
    records = yield* flush(profile, rpc, tap);
  } catch (error) {
    if (!(error instanceof GspRpcError)) throw error;
    hardware.trace('gsp-rm.rpc.rejected', { reason: error.message });
    return 0;
  }
  if (records > 0 && disturbance.claimedLength !== undefined) {
    yield { op: 'write', address: rpc.pages[first / PAGE]! + profile.wire.length, from: new Uint8Array(Uint32Array.of(disturbance.claimedLength).buffer) };
    disturbance.claimedLength = undefined;
  }
  return records;
}
