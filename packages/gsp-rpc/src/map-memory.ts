import type { MemoryRequest } from './memory-job.ts';
import { isShared } from './ring-memory.ts';
import { SHARED_MEMORY, wordsOf } from './shared-memory.ts';

const { pageSize } = SHARED_MEMORY;

/**
 * Carries out a firmware end's requests on memory that this thread sees as bytes: its own, or what it shares with the thread or process
 * in which the driver runs. Pointers go through `Atomics` where the memory is shared, so that what was written before them is seen.
 *
 * @param memory - the pages, one after the other, from a multiple of four
 * @param address - bus address of the memory when it is contiguous, else one bus address per page
 * @param shared - whether others write it while this thread runs; told by the buffer unless it is a mapping of another process
 * @returns what {@link runJob} wants; false for a request that leaves the memory
 * @throws {@link GspRpcError} `ARGS` for memory that is not aligned
 */
export function mapMemory(
  memory: Uint8Array, address: number | readonly number[], shared: boolean = isShared(memory),
): (request: MemoryRequest) => boolean {
  const words = wordsOf(memory);
  const pages = typeof address === 'number' ? undefined : new Map(address.map((at, page) => [at, page * pageSize]));
  const offsetOf = (at: number): number | undefined => {
    if (pages === undefined) return at - (address as number);
    const page = pages.get(at - (at % pageSize));
    return page === undefined ? undefined : page + (at % pageSize);
  };
  const carryOut = (read: boolean, at: number, bytes: Uint8Array): boolean => {
    const offset = offsetOf(at);
    if (offset === undefined || offset < 0 || offset + bytes.length > memory.length) return false;
    if (shared && bytes.length === 4 && offset % 4 === 0) {
      const view = new DataView(bytes.buffer, bytes.byteOffset, 4);
      if (read) view.setInt32(0, Atomics.load(words, offset >>> 2), true);
      else Atomics.store(words, offset >>> 2, view.getInt32(0, true));
    } else if (read) bytes.set(memory.subarray(offset, offset + bytes.length));
    else memory.set(bytes, offset);
    return true;
  };
  return (request) => {
    const read = request.op === 'read';
    const bytes = read ? request.into : request.from;
    if (pages === undefined) return carryOut(read, request.address, bytes);
    // A run of pages that follow each other on the bus need not do so in this memory.
    for (let done = 0; done < bytes.length;) {
      const at = request.address + done;
      const part = Math.min(pageSize - (at % pageSize), bytes.length - done);
      if (!carryOut(read, at, bytes.subarray(done, done + part))) return false;
      done += part;
    }
    return true;
  };
}
