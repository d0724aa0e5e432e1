import { Judge, type Strictness } from './checks.ts';
import { assemble, declaredLength } from './continuation.ts';
import { GspRpcError } from './errors.ts';
import { asBytes, peerPointer, writeWord } from './firmware-port.ts';
import type { FirmwareEndState } from './firmware-state.ts';
import type { MemoryJob } from './memory-job.ts';
import type { RpcMessage } from './message.ts';
import { access } from './page-table.ts';
import type { FramingProfile } from './profile.ts';
import { HEADER_WORDS } from './queue-header.ts';
import {
  authenticationFault, checksumFault, entriesFault, paddingFault, PENDING, readRecordHeader, recordPayload, recordSum, rpcHeaderFault, sequenceFault, sizeFault,
  type RecordHeader,
} from './record.ts';
import { advance, used } from './ring.ts';
import { SHARED_MEMORY } from './shared-memory.ts';
import type { MessageTap } from './tap.ts';

/** A request as the firmware got it. */
export interface RpcRequest extends RpcMessage {
  /** What is wrong with the RPC header of a message that came through the transport intact. */
  readonly malformed: GspRpcError | undefined;
}

const { entrySize, elementEntries } = SHARED_MEMORY;

/**
 * Takes the next whole message out of the command queue; undefined when there is none yet.
 *
 * @param tap - sees the message, for a recorder
 * @param strictness - strict unless told otherwise; wrong RPC headers are told by `malformed` in either mode
 * @throws {@link GspRpcError} the first check that a record fails; see the profile for whether it stays in the ring
 */
export function* receiveRequest(
  profile: FramingProfile, state: FirmwareEndState, tap?: MessageTap, strictness?: Strictness,
): MemoryJob<RpcRequest | undefined> {
  const judge = new Judge(strictness);
  const { wire } = profile;
  let gap = Infinity;
  for (;;) {
    const { commands: queue, pages, held } = state;
    if (held !== undefined) {
      state.held = undefined;
      tap?.('command', held, profile.release);
      return { ...held, malformed: undefined };
    }
    const available = yield* published(state, judge);
    if (available === 0) return undefined;

    const at = queue.offset + entrySize * (1 + queue.pointer);
    const head = new Int32Array(wire.payload / 4);
    yield* access(pages, 'read', at, asBytes(head));
    const header = readRecordHeader(profile, head, 0);
    const unknown = entriesFault(header, available);
    if (unknown !== undefined) {
      judge.find(unknown);
      const most = Math.min(elementEntries, available);
      header.elemCount = Math.max(1, Math.min(most, Math.ceil((wire.element + header.length) / entrySize)));
    }

    // The whole element is brought here once, then judged, then handed on.
    const element = new Int32Array(header.elemCount * entrySize / 4);
    const bytes = asBytes(element);
    const untilEnd = (queue.count - queue.pointer) * entrySize;
    yield* access(pages, 'read', at, bytes.subarray(0, untilEnd));
    if (bytes.length > untilEnd) yield* access(pages, 'read', queue.offset + entrySize, bytes.subarray(untilEnd));

    const unfit = sizeFault(profile, header);
    // Lenient: the sizes become such that the record can be taken.
    if (unfit !== undefined && judge.lenient) header.length = Math.max(wire.payload - wire.element, Math.min(header.length, bytes.length - wire.element));
    const known = unfit === undefined || judge.lenient;
    const bad = known ? checksumFault(header, recordSum(profile, element, 0, header)) : undefined;
    const order = sequenceFault(header, queue.seqNum);
    const old = order?.code === 'OLD_ELEMENT' && queue.seqNum - header.seqNum < gap;
    const wrong = unfit ?? bad ?? (old ? undefined : order);
    if (wrong !== undefined && !judge.lenient) {
      if (profile.consumesBadElements) yield* consume(state, header.elemCount);
      throw wrong.code === 'OLD_ELEMENT' ? new GspRpcError('SEQUENCE', 'old elements do not lead to the next one', wrong.detail) : wrong;
    }
    for (const found of [unfit, bad, order]) if (found !== undefined) judge.find(found);
    if (old) {
      gap = queue.seqNum - header.seqNum;
      yield* consume(state, header.elemCount, 0);
      continue;
    }
    queue.seqNum = header.seqNum;
    yield* consume(state, header.elemCount);

    remark(profile, element, header, judge);
    const malformed = rpcHeaderFault(header);
    const about = { function: header.function, result: header.result, sequence: header.sequence };
    const message = malformed === undefined || judge.lenient
      ? assemble(profile, 'command', state, header, payloadLength(profile, header, bytes), bytes, wire.payload, judge)
      : { ...about, payload: new Uint8Array(0) };
    if (message === undefined) continue;
    tap?.('command', message, profile.release);
    return { ...message, malformed };
  }
}

/** Entries of commands that wait. */
function* published(state: FirmwareEndState, judge: Judge): MemoryJob<number> {
  const { commands: queue } = state;
  const write = yield* peerPointer(state, queue.offset + HEADER_WORDS.writePtr * 4, queue.count, 'commandWrite', judge);
  if (write === undefined) return 0;
  const available = used(queue.pointer, write, queue.count);
  const known = used(queue.pointer, queue.peer, queue.count);
  queue.peer = write;
  if (available < known) judge.find(new GspRpcError('RING_PROGRESS', 'the driver went back', { field: 'commandWrite', value: write }));
  return available;
}

/** Moves past an element. @param numbers - 0 for an element that has no place in the order */
function* consume(state: FirmwareEndState, entries: number, numbers: number = 1): MemoryJob {
  const { commands: queue } = state;
  queue.seqNum = (queue.seqNum + numbers) >>> 0;
  queue.pointer = advance(queue.pointer, entries, queue.count);
  yield* writeWord(state, state.statuses.offset + HEADER_WORDS.readPtr * 4, queue.pointer);
}

function remark(profile: FramingProfile, element: Int32Array, header: RecordHeader, judge: Judge): void {
  if (!judge.listening) return;
  const { function: fn, result, sequence } = header;
  const tag = authenticationFault(element, 0, fn);
  if (tag !== undefined) judge.find(tag);
  const pad = paddingFault(profile, element, 0, fn);
  if (pad !== undefined) judge.find(pad);
  if (fn >= profile.functionLimit) {
    judge.find(new GspRpcError('FUNCTION', 'no function of this release', { field: 'function', value: fn, allowed: `0..${profile.functionLimit - 1}`, sequence }));
  }
  if (result !== PENDING || header.resultPrivate !== PENDING) {
    const field = result === PENDING ? 'rpc_result_private' : 'rpc_result';
    const value = result === PENDING ? header.resultPrivate : result;
    judge.find(new GspRpcError('REQUEST_RESULT', 'a request with a result in it', { field, value, allowed: '0xffffffff', function: fn, sequence }));
  }
}

/**
 * Bytes of a record's payload. OpenRM leaves the parameters of GSP_RM_ALLOC out of `rpc.length` although they lie in the element: a
 * record that is not full is taken as long as its payload says, as far as its entries reach.
 */
function payloadLength(profile: FramingProfile, header: RecordHeader, bytes: Uint8Array): number {
  const { wire } = profile;
  const told = header.length - (wire.payload - wire.element);
  if (profile.sized[header.function] === undefined || told === recordPayload(profile)) return told;
  const declared = declaredLength(profile, header.function, bytes, wire.payload, told);
  return declared <= told || declared > bytes.length - wire.payload ? told : declared;
}
