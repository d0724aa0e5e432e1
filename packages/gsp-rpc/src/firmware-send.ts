import { xorBytes } from './checksum.ts';
import { Judge, type Strictness } from './checks.ts';
import { checkSendable } from './continuation.ts';
import { GspRpcError } from './errors.ts';
import { asBytes, peerPointer, writeWord } from './firmware-port.ts';
import type { FirmwareEndState } from './firmware-state.ts';
import type { MemoryJob } from './memory-job.ts';
import type { RpcMessage } from './message.ts';
import { access } from './page-table.ts';
import type { FramingProfile } from './profile.ts';
import { HEADER_WORDS } from './queue-header.ts';
import { HEADER_VERSION, recordEntries, recordPayload, SIGNATURE, writeRecordHeader } from './record.ts';
import { advance, free } from './ring.ts';
import { SHARED_MEMORY } from './shared-memory.ts';
import type { MessageTap } from './tap.ts';

const { entrySize } = SHARED_MEMORY;

/** Queues a message; {@link flush} puts it into the ring. */
export function queueMessage(state: FirmwareEndState, message: RpcMessage, options?: { readonly corrupt?: boolean }): void {
  const { function: fn, result, sequence, payload } = message;
  state.outbox.push({ function: fn, result, sequence, payload, sent: 0, corrupt: options?.corrupt === true });
}

/**
 * Puts queued messages into the status ring as far as there is room. Nothing unread is ever overwritten.
 *
 * @param tap - sees each message once it is in the ring as a whole, for a recorder
 * @param strictness - how the driver's read pointer is taken; strict unless told otherwise
 * @returns records written; whether all went out shows in `state.outbox`
 * @throws {@link GspRpcError} `RING_POINTER`, `RING_PROGRESS`, `BUS`; and `TOO_LARGE`, `UNSENDABLE` for a message that no driver could
 *   take, of which nothing was written and which is gone from the outbox
 */
export function* flush(profile: FramingProfile, state: FirmwareEndState, tap?: MessageTap, strictness?: Strictness): MemoryJob<number> {
  const judge = new Judge(strictness);
  const { statuses: queue, outbox } = state;
  const largest = recordPayload(profile);
  let records = 0;
  while (outbox.length > 0) {
    const message = outbox[0]!;
    if (message.sent === 0) {
      try {
        checkSendable(profile, 'status', message.function, message.payload);
      } catch (error) {
        // What went out before is told first.
        if (records > 0) return records;
        outbox.shift();
        throw error;
      }
    }
    const length = Math.min(largest, message.payload.length - message.sent);
    const entries = recordEntries(profile, length);
    if ((yield* room(state, judge)) < entries) break;
    const element = new Int32Array(entries * entrySize / 4);
    const bytes = asBytes(element);
    const index = Math.ceil(message.sent / largest);
    const header = {
      seqNum: queue.seqNum, elemCount: entries, headerVersion: HEADER_VERSION, signature: SIGNATURE,
      length: length + profile.wire.payload - profile.wire.element,
      function: index === 0 ? message.function : profile.continuation,
      result: message.result, resultPrivate: 0,
      // Further records of a large reply count on from the request's number.
      sequence: message.sequence === 0 ? 0 : (message.sequence + index) >>> 0,
    };
    writeRecordHeader(profile, element, 0, header);
    bytes.set(message.payload.subarray(message.sent, message.sent + length), profile.wire.payload);
    const sum = xorBytes(element, 0, profile.wire.element + header.length);
    element[profile.wire.checkSum / 4] = message.corrupt && index === 0 ? ~sum : sum;

    const untilEnd = (queue.count - queue.pointer) * entrySize;
    yield* access(state.pages, 'write', queue.offset + entrySize * (1 + queue.pointer), bytes.subarray(0, untilEnd));
    if (bytes.length > untilEnd) yield* access(state.pages, 'write', queue.offset + entrySize, bytes.subarray(untilEnd));
    queue.seqNum = (queue.seqNum + 1) >>> 0;
    queue.pointer = advance(queue.pointer, entries, queue.count);
    yield* writeWord(state, queue.offset + HEADER_WORDS.writePtr * 4, queue.pointer);
    records++;
    message.sent += length;
    if (message.sent < message.payload.length) continue;
    outbox.shift();
    tap?.('status', message, profile.release);
  }
  return records;
}

/** Entries of the status ring that may be written. */
function* room(state: FirmwareEndState, judge: Judge): MemoryJob<number> {
  const { statuses: queue } = state;
  const read = yield* peerPointer(state, state.commands.offset + HEADER_WORDS.readPtr * 4, queue.count, 'statusRead', judge);
  if (read === undefined) return 0;
  const now = free(read, queue.pointer, queue.count);
  const known = free(queue.peer, queue.pointer, queue.count);
  queue.peer = read;
  if (now < known) judge.find(new GspRpcError('RING_PROGRESS', 'the driver went back, or past what was sent', { field: 'statusRead', value: read }));
  return now;
}
