import { HEADER_WORDS } from './queue-header.ts';
import { SHARED_MEMORY, wordsOf } from './shared-memory.ts';

/** One queue in memory that this end sees as bytes. Each end writes its own page only, so the reader's pointer lies in the other one. */
export interface RingMemory {
  readonly queue: 'command' | 'status';
  readonly bytes: Uint8Array;
  /** The same memory as 32-bit words. */
  readonly words: Int32Array;
  /** Byte offset of entry 0. */
  readonly start: number;
  /** Entries; one of them always stays empty. */
  readonly count: number;
  /** Word of the pointer that the sender moves. */
  readonly writePtr: number;
  /** Word of the pointer that the receiver moves. */
  readonly readPtr: number;
  /** Whether others write the memory while this thread runs: then pointers are read and written with fences. */
  readonly shared: boolean;
}

const { commandQueue, statusQueue, entrySize, entries } = SHARED_MEMORY;

/**
 * One of the queues of the shared block.
 *
 * @param memory - the block, {@link SHARED_MEMORY}.size bytes from a multiple of four: own memory, shared memory, or a mapping
 * @param shared - whether others write it while this thread runs; told by the buffer unless it is a mapping of another process
 * @throws {@link GspRpcError} `ARGS`
 */
export function mapRing(memory: Uint8Array, queue: RingMemory['queue'], shared: boolean = isShared(memory)): RingMemory {
  const [own, other] = queue === 'command' ? [commandQueue, statusQueue] : [statusQueue, commandQueue];
  return {
    queue, shared, bytes: memory, words: wordsOf(memory), start: own + entrySize, count: entries,
    writePtr: own / 4 + HEADER_WORDS.writePtr, readPtr: other / 4 + HEADER_WORDS.readPtr,
  };
}

export function isShared({ buffer }: Uint8Array): boolean {
  return typeof SharedArrayBuffer !== 'undefined' && buffer instanceof SharedArrayBuffer;
}

/** Reads a pointer; what its owner wrote before it is seen afterwards. */
export function loadPointer({ words, shared }: RingMemory, word: number): number {
  return (shared ? Atomics.load(words, word) : words[word]!) >>> 0;
}

/** Publishes a pointer; whoever reads it sees what was written before. */
export function storePointer({ words, shared }: RingMemory, word: number, value: number): void {
  if (shared) Atomics.store(words, word, value);
  else words[word] = value;
}
