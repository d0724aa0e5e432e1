import { declaredLength, takeRecord, type PartialMessage } from './continuation.ts';
import { GspRpcError } from './errors.ts';
import type { MemoryJob } from './memory-job.ts';
import type { RpcMessage } from './message.ts';
import { access, readPageTable } from './page-table.ts';
import type { FramingProfile } from './profile.ts';
import { checkQueueHeader, HEADER_WORDS, queueHeader } from './queue-header.ts';
import { xorBytes } from './checksum.ts';
import { advance, free, used } from './ring.ts';
import {
  checkRecordSequence, checkRecordSize, checkRpcHeader, checksumError, HEADER_VERSION, readRecordHeader, recordEntries,
  recordPayload, recordSum, SIGNATURE, writeRecordHeader, type RecordHeader,
} from './record.ts';
import { SHARED_MEMORY, type SharedMemoryArguments } from './shared-memory.ts';
import type { MessageTap } from './tap.ts';

/** One queue as the firmware knows it; offsets in bytes of the shared block. Plain data. */
export interface QueueState {
  readonly offset: number;
  readonly count: number;
  /** The pointer that this end owns: read for commands, write for status. */
  pointer: number;
  /** The next element's transport sequence number. */
  seqNum: number;
}

/** A message that waits for room in the status ring. Plain data. */
export interface Outgoing {
  readonly function: number;
  readonly result: number;
  readonly sequence: number;
  readonly payload: Uint8Array;
  /** Payload bytes that are in the ring already. */
  sent: number;
  /** The checksum of the first record is written wrong (fault plans). */
  readonly corrupt: boolean;
}

/** Everything that the firmware's end remembers; plain data, to be kept in a device's snapshot. */
export interface FirmwareEndState {
  /** Bus address per page of the shared block. */
  readonly pages: readonly number[];
  readonly commands: QueueState;
  readonly statuses: QueueState;
  partial: PartialMessage | undefined;
  readonly outbox: Outgoing[];
}

/** A request as the firmware got it. */
export interface RpcRequest extends RpcMessage {
  /** What is wrong with the RPC header of a message that came through the transport intact. */
  readonly malformed: GspRpcError | undefined;
}

const { entrySize, elementEntries } = SHARED_MEMORY;

/**
 * Comes up on the memory that the RM arguments describe: reads the page table, checks the command queue's header
 * and writes the status queue's. Commands that were queued before are received like any other.
 *
 * @throws {@link GspRpcError} `ARGS`, `PTE`, `RING_HEADER`, `BUS`
 */
export function* openFirmwareEnd(args: SharedMemoryArguments): MemoryJob<FirmwareEndState> {
  const bytes = args.pageTableEntryCount * entrySize;
  for (const field of ['cmdQueueOffset', 'statQueueOffset'] as const) {
    const value = args[field];
    if (!Number.isInteger(value) || value < entrySize || value % entrySize !== 0 || value > bytes - 2 * entrySize) {
      throw new GspRpcError('ARGS', 'queue outside the shared memory', {
        field, value, allowed: `multiples of 0x1000 in 0x1000..0x${Math.max(0, bytes - 2 * entrySize).toString(16)}`,
      });
    }
  }
  const pages = yield* readPageTable(args);
  const header = new Int32Array(9);
  yield* access(pages, 'read', args.cmdQueueOffset, asBytes(header));
  checkQueueHeader(header, 0, undefined);
  const commandSize = header[HEADER_WORDS.size]! >>> 0;
  if (args.cmdQueueOffset + commandSize > bytes) {
    throw new GspRpcError('RING_HEADER', 'command queue reaches past the shared memory', { field: 'size', value: commandSize });
  }
  // The status queue takes the rest of the block, or the room up to the command queue.
  const end = args.statQueueOffset > args.cmdQueueOffset ? bytes : args.cmdQueueOffset;
  const status = queueHeader(end - args.statQueueOffset);
  yield* access(pages, 'write', args.statQueueOffset, asBytes(status));
  return {
    pages,
    commands: { offset: args.cmdQueueOffset, count: header[HEADER_WORDS.msgCount]!, pointer: 0, seqNum: 0 },
    statuses: { offset: args.statQueueOffset, count: status[HEADER_WORDS.msgCount]!, pointer: 0, seqNum: 0 },
    partial: undefined,
    outbox: [],
  };
}

/**
 * Takes the next whole message out of the command queue; undefined when there is none yet.
 *
 * @param tap - sees the message, for a recorder
 * @throws {@link GspRpcError} a record that fails a check; under 570 it stays in the ring
 */
export function* receiveRequest(profile: FramingProfile, state: FirmwareEndState, tap?: MessageTap): MemoryJob<RpcRequest | undefined> {
  for (;;) {
    const { commands: queue, pages } = state;
    const write = yield* peerPointer(state, queue.offset + HEADER_WORDS.writePtr * 4, queue.count, 'commandWrite');
    const available = used(queue.pointer, write, queue.count);
    if (available === 0) return undefined;

    const at = queue.offset + entrySize * (1 + queue.pointer);
    const head = new Int32Array(profile.wire.payload / 4);
    yield* access(pages, 'read', at, asBytes(head));
    const header = readRecordHeader(profile, head, 0);
    checkRecordSize(profile, header, available);

    const element = new Int32Array(header.elemCount * entrySize / 4);
    const bytes = asBytes(element);
    const untilEnd = (queue.count - queue.pointer) * entrySize;
    yield* access(pages, 'read', at, bytes.subarray(0, untilEnd));
    if (bytes.length > untilEnd) yield* access(pages, 'read', queue.offset + entrySize, bytes.subarray(untilEnd));

    let taken;
    let malformed: GspRpcError | undefined;
    let failure: unknown;
    try {
      const sum = recordSum(profile, element, 0, header);
      if (sum !== 0) throw checksumError(header, sum);
      checkRecordSequence(header, queue.seqNum);
      malformed = rpcHeaderError(header);
      taken = malformed === undefined
        ? takeRecord(profile, state.partial, withHiddenParams(profile, header, bytes), (into, offset, length) => {
          into.set(bytes.subarray(profile.wire.payload, profile.wire.payload + length), offset);
        })
        : { message: { function: header.function, result: header.result, sequence: header.sequence, payload: new Uint8Array(0) } };
    } catch (error) {
      failure = error;
    }
    if (taken !== undefined || profile.consumesBadElements) {
      queue.seqNum = (queue.seqNum + 1) >>> 0;
      queue.pointer = advance(queue.pointer, header.elemCount, queue.count);
      yield* writeWord(state, state.statuses.offset + HEADER_WORDS.readPtr * 4, queue.pointer);
    }
    if (taken === undefined) throw failure;
    if ('message' in taken) {
      state.partial = undefined;
      tap?.('command', taken.message, profile.release);
      return { ...taken.message, malformed };
    }
    state.partial = taken.partial;
  }
}

/**
 * OpenRM leaves the parameters of GSP_RM_ALLOC out of `rpc.length` although they lie in the element: a record that
 * is not full is taken as long as its payload says, as far as its entries reach.
 */
function withHiddenParams(profile: FramingProfile, header: RecordHeader, bytes: Uint8Array): RecordHeader {
  if (profile.sized[header.function] === undefined) return header;
  const { wire } = profile;
  const told = header.length - (wire.payload - wire.element);
  const payload = bytes.subarray(wire.payload);
  const declared = declaredLength(profile, header.function, payload.subarray(0, told));
  if (declared <= told || declared > payload.length || told === recordPayload(profile)) return header;
  return { ...header, length: declared + (wire.payload - wire.element) };
}

function rpcHeaderError(header: RecordHeader): GspRpcError | undefined {
  try {
    checkRpcHeader(header);
    return undefined;
  } catch (error) {
    return error as GspRpcError;
  }
}

/** Queues a message; {@link flush} puts it into the ring. */
export function queueMessage(state: FirmwareEndState, message: RpcMessage, options?: { readonly corrupt?: boolean }): void {
  const { function: fn, result, sequence, payload } = message;
  state.outbox.push({ function: fn, result, sequence, payload, sent: 0, corrupt: options?.corrupt === true });
}

/**
 * Puts queued messages into the status ring as far as there is room. Nothing unread is ever overwritten.
 *
 * @param tap - sees each message once it is in the ring as a whole, for a recorder
 * @returns records written; whether all went out shows in `state.outbox`
 * @throws {@link GspRpcError} `RING_POINTER`, `BUS`
 */
export function* flush(profile: FramingProfile, state: FirmwareEndState, tap?: MessageTap): MemoryJob<number> {
  const { statuses: queue, outbox } = state;
  const largest = recordPayload(profile);
  let records = 0;
  while (outbox.length > 0) {
    const message = outbox[0]!;
    const length = Math.min(largest, message.payload.length - message.sent);
    const entries = recordEntries(profile, length);
    const read = yield* peerPointer(state, state.commands.offset + HEADER_WORDS.readPtr * 4, queue.count, 'statusRead');
    if (free(read, queue.pointer, queue.count) < entries) break;
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

function* peerPointer(
  state: FirmwareEndState, offset: number, count: number, field: 'commandWrite' | 'statusRead',
): MemoryJob<number> {
  const word = new Int32Array(1);
  yield* access(state.pages, 'read', offset, asBytes(word));
  const value = word[0]! >>> 0;
  if (value >= count) {
    throw new GspRpcError('RING_POINTER', 'the driver published a pointer outside the ring', {
      field, value, allowed: `0..${count - 1}`,
    });
  }
  return value;
}

function* writeWord(state: FirmwareEndState, offset: number, value: number): MemoryJob {
  yield* access(state.pages, 'write', offset, asBytes(Int32Array.of(value)));
}

function asBytes(words: Int32Array): Uint8Array {
  return new Uint8Array(words.buffer, words.byteOffset, words.byteLength);
}

/** Most bytes that one element can take from the ring. */
export const ELEMENT_LIMIT: number = elementEntries * entrySize;
