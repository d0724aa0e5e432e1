import { GspRpcError } from './errors.ts';
import { asBytes } from './firmware-port.ts';
import type { FirmwareEndState } from './firmware-state.ts';
import type { MemoryJob } from './memory-job.ts';
import { access, readPageTable } from './page-table.ts';
import { checkQueueHeader, HEADER_WORDS, queueHeader } from './queue-header.ts';
import { SHARED_MEMORY, type SharedMemoryArguments } from './shared-memory.ts';

export type { FirmwareEndState, Outgoing, QueueState } from './firmware-state.ts';
export { receiveRequest } from './firmware-receive.ts';
export type { RpcRequest } from './firmware-receive.ts';
export { flush, queueMessage } from './firmware-send.ts';

const { entrySize } = SHARED_MEMORY;

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
  const statusFirst = args.statQueueOffset < args.cmdQueueOffset;
  if (!statusFirst && args.cmdQueueOffset + commandSize > args.statQueueOffset) {
    throw new GspRpcError('RING_HEADER', 'command queue reaches into the status queue', {
      field: 'size', value: commandSize, allowed: `0..0x${(args.statQueueOffset - args.cmdQueueOffset).toString(16)}`,
    });
  }
  // The status queue takes the rest of the block, or the room up to the command queue.
  const end = statusFirst ? args.cmdQueueOffset : bytes;
  const status = queueHeader(end - args.statQueueOffset);
  const entryOff = status[HEADER_WORDS.entryOff]!;
  // A driver in another thread takes the header as soon as this field is there.
  status[HEADER_WORDS.entryOff] = 0;
  yield* access(pages, 'write', args.statQueueOffset, asBytes(status));
  yield* access(pages, 'write', args.statQueueOffset + HEADER_WORDS.entryOff * 4, asBytes(Int32Array.of(entryOff)));
  return {
    pages,
    commands: { offset: args.cmdQueueOffset, count: header[HEADER_WORDS.msgCount]!, pointer: 0, peer: 0, seqNum: 0 },
    statuses: { offset: args.statQueueOffset, count: status[HEADER_WORDS.msgCount]!, pointer: 0, peer: 0, seqNum: 0 },
    partial: undefined,
    held: undefined,
    outbox: [],
  };
}
