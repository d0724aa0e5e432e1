import { GspRpcError } from './errors.ts';
import type { MemoryJob } from './memory-job.ts';
import { checkPage, SHARED_MEMORY, type SharedMemoryArguments } from './shared-memory.ts';

const { pageSize } = SHARED_MEMORY;
/** Page-table entries that one page holds. */
const PER_PAGE = pageSize / 8;
/** Most pages that a block may have: 16 MiB, far above what any driver asks for. */
const MAX_PAGES = 4096;

/**
 * Reads the shared block's page table; the firmware must reach every page through it, for the block may be
 * scattered.
 *
 * @returns bus address per page
 * @throws {@link GspRpcError} `ARGS`, `PTE`, `BUS`
 */
export function* readPageTable(args: SharedMemoryArguments): MemoryJob<number[]> {
  const { pageTableEntryCount: count, sharedMemPhysAddr } = args;
  if (count < 1 || count > MAX_PAGES) {
    throw new GspRpcError('ARGS', 'impossible number of pages', {
      field: 'pageTableEntryCount', value: count, allowed: `1..${MAX_PAGES}`,
    });
  }
  checkPage(sharedMemPhysAddr, 0);
  const pages: number[] = [];
  while (pages.length < count) {
    // The table's own further pages are described by entries that were read before.
    const tablePage = pages.length / PER_PAGE;
    const at = tablePage === 0 ? sharedMemPhysAddr : pages[tablePage]!;
    const bytes = new Uint8Array(Math.min(PER_PAGE, count - pages.length) * 8);
    if (!(yield { op: 'read', address: at, into: bytes })) {
      throw new GspRpcError('BUS', 'page table unreachable', { field: 'sharedMemPhysAddr', value: at });
    }
    const view = new DataView(bytes.buffer);
    for (let i = 0; i < bytes.length; i += 8) {
      const address = view.getUint32(i, true) + view.getUint32(i + 4, true) * 0x1_0000_0000;
      checkPage(address, pages.length);
      pages.push(address);
    }
  }
  if (pages[0] !== sharedMemPhysAddr) {
    throw new GspRpcError('PTE', 'entry 0 does not describe the table itself', {
      field: 'pte[0]', value: pages[0]!, allowed: `0x${sharedMemPhysAddr.toString(16)}`,
    });
  }
  return pages;
}

/** Reads or writes `bytes` at `offset` of the block, one request per run of contiguous pages. */
export function* access(
  pages: readonly number[], op: 'read' | 'write', offset: number, bytes: Uint8Array,
): MemoryJob {
  let done = 0;
  while (done < bytes.length) {
    const at = offset + done;
    const page = Math.floor(at / pageSize);
    const start = pages[page]! + (at % pageSize);
    let run = pageSize - (at % pageSize);
    let next = page + 1;
    while (done + run < bytes.length && pages[next] === pages[next - 1]! + pageSize) {
      run += pageSize;
      next++;
    }
    const part = bytes.subarray(done, Math.min(bytes.length, done + run));
    const request = op === 'read'
      ? { op, address: start, into: part } as const
      : { op, address: start, from: part } as const;
    if (!(yield request)) {
      throw new GspRpcError('BUS', `shared memory unreachable (${op})`, { field: 'address', value: start });
    }
    done += part.length;
  }
}
