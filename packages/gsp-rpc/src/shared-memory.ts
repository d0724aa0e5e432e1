import { GspRpcError } from './errors.ts';
import { checkQueueHeader, commandQueueHeader, HEADER_WORDS } from './queue-header.ts';

/**
 * The block of memory that driver and firmware share: a page table of the block itself, the command queue
 * (written by the driver only) and the status queue (written by the firmware only). Offsets and sizes in bytes.
 *
 * Sources: linux: drivers/gpu/nova-core/gsp/cmdq.rs; open-gpu-kernel-modules 570.144:
 * src/nvidia/src/kernel/gpu/gsp/message_queue_cpu.c
 */
export const SHARED_MEMORY = {
  size: 0x81000,
  pageSize: 0x1000,
  /** Entries of the page table in use: one per page, entry 0 describes the table itself. */
  pages: 129,
  commandQueue: 0x1000,
  statusQueue: 0x41000,
  queueSize: 0x40000,
  entrySize: 0x1000,
  entries: 63,
  /** Largest element in entries. */
  elementEntries: 16,
} as const;

/** What the RM arguments tell the firmware about the block. */
export interface SharedMemoryArguments {
  /** Bus address of the page table. */
  readonly sharedMemPhysAddr: number;
  readonly pageTableEntryCount: number;
  readonly cmdQueueOffset: number;
  readonly statQueueOffset: number;
}

const MAX_ADDRESS = Number.MAX_SAFE_INTEGER;

/** 32-bit words of `memory` in place; the offset must be a multiple of four. */
export function wordsOf(memory: Uint8Array): Int32Array {
  if (memory.byteOffset % 4 !== 0) {
    throw new GspRpcError('ARGS', 'shared memory must start at a multiple of four bytes', {
      field: 'memory.byteOffset', value: memory.byteOffset, allowed: 'multiples of 4',
    });
  }
  return new Int32Array(memory.buffer, memory.byteOffset, memory.length >>> 2);
}

/**
 * Prepares the block as a driver must before the firmware starts: all zero, page table, command queue header.
 * The status queue stays zero; its header is the firmware's to write.
 *
 * @param memory - the block, {@link SHARED_MEMORY}.size bytes
 * @param address - bus address of the block when it is contiguous, else one bus address per page
 * @returns what to write into the RM arguments
 * @throws {@link GspRpcError} `ARGS`, `PTE`
 */
export function initSharedMemory(memory: Uint8Array, address: number | readonly number[]): SharedMemoryArguments {
  const { size, pages, pageSize } = SHARED_MEMORY;
  if (memory.length !== size) {
    throw new GspRpcError('ARGS', 'wrong size of the shared memory', {
      field: 'memory.length', value: memory.length, allowed: `0x${size.toString(16)}`,
    });
  }
  const words = wordsOf(memory);
  words.fill(0);
  for (let page = 0; page < pages; page++) {
    const at = typeof address === 'number' ? address + page * pageSize : (address[page] ?? -1);
    checkPage(at, page);
    words[page * 2] = at % 0x1_0000_0000 | 0;
    words[page * 2 + 1] = Math.floor(at / 0x1_0000_0000);
  }
  words.set(commandQueueHeader(), SHARED_MEMORY.commandQueue / 4);
  return {
    sharedMemPhysAddr: typeof address === 'number' ? address : address[0]!,
    pageTableEntryCount: pages,
    cmdQueueOffset: SHARED_MEMORY.commandQueue,
    statQueueOffset: SHARED_MEMORY.statusQueue,
  };
}

/** @throws {@link GspRpcError} `PTE` unless `address` is a page-aligned bus address. */
export function checkPage(address: number, index: number): void {
  if (!Number.isInteger(address) || address < 0 || address > MAX_ADDRESS || address % SHARED_MEMORY.pageSize !== 0) {
    throw new GspRpcError('PTE', `page table entry ${index} is no page address`, {
      field: `pte[${index}]`, value: address, allowed: 'multiples of 0x1000 below 2^53',
    });
  }
}

/**
 * Whether the firmware has written the status queue's header, which it does in one piece with `entryOff` last.
 *
 * @throws {@link GspRpcError} `RING_HEADER` naming the field that differs from the agreed geometry
 */
export function statusQueueLinked(words: Int32Array): boolean {
  const at = SHARED_MEMORY.statusQueue / 4;
  if (Atomics.load(words, at + HEADER_WORDS.entryOff) === 0) return false;
  checkQueueHeader(words, at, SHARED_MEMORY.queueSize);
  return true;
}
