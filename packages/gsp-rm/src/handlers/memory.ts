import type { MemoryIntents, MemoryTransfer } from '../control-intents.ts';
import { COMPRESSION_PAGE, compressionStore, memorySystem, rawCompression } from '../facts/memory-system.ts';
import { settleHostChannels } from '../host-channels.ts';
import { dataOf } from '../resources/tree.ts';
import { STATUS, type Status } from '../status.ts';
import type { HandlerContext, Handlers } from './handler.ts';
import { setPageDirectory, unsetPageDirectory } from './page-directories.ts';

/** Levels that the structure has room for. */
const MAX_LEVELS = 6;
const TABLE_ALIGN = 8;

export const MEMORY_HANDLERS: Handlers<MemoryIntents> = {
  memoryTransfer: (context, request) => ({ status: transfer(context, request) }),
  memorySystem: ({ hardware: { facts } }) => ({
    out: { ...memorySystem(facts), ecc: facts.ecc, rawCompression: rawCompression(facts), compressionPage: COMPRESSION_PAGE },
  }),
  compressionStore: ({ hardware }) => ({ out: { size: compressionStore(hardware.facts) } }),
  rawCompression: ({ hardware, state }, { raw }) => {
    if (!rawCompression(hardware.facts)) return { status: STATUS.NOT_SUPPORTED };
    state.rawCompression = raw;
    return { status: STATUS.OK };
  },
  setPageDirectory: (context, request) => ({ status: setPageDirectory(context, context.client, request) }),
  unsetPageDirectory: (context, { vaspace }) => ({ status: unsetPageDirectory(context, context.client, vaspace) }),
  copyServerDirectories: ({ hardware, state, object }, { start, end, pageSize, count, levels }) => {
    const data = dataOf(state.resources, object, 'vaspace');
    if (data === undefined || data.externallyOwned) return { status: STATUS.INVALID_STATE };
    if (count === 0 || count > MAX_LEVELS || pageSize === 0 || start >= end || start % pageSize !== 0) return { status: STATUS.INVALID_ARGUMENT };
    for (const [index, { address, size, shift }] of levels.entries()) {
      if (size === 0 || address % TABLE_ALIGN !== 0 || address + size > hardware.facts.vramSize) return { status: STATUS.INVALID_ADDRESS };
      if (index > 0 && shift >= levels[index - 1]!.shift) return { status: STATUS.INVALID_ARGUMENT };
    }
    data.levels = levels;
    settleHostChannels(hardware, state);
    return { status: STATUS.OK };
  },
  // What was written is in memory already.
  flushSystemMemory: () => ({ status: STATUS.OK }),
};

const CHUNK = 1 << 20;

/** Memory set and copy inside VRAM; what booter protected stays out of reach. */
function transfer({ hardware }: HandlerContext, { operation, source, target, size, value }: MemoryTransfer): Status {
  if (operation === 'unknown' || !target.vram || (operation === 'copy' && !source.vram)) return STATUS.NOT_SUPPORTED;
  if (size === 0 || size > target.size || (operation === 'copy' && size > source.size)) return STATUS.INVALID_LIMIT;
  const wpr2 = hardware.wpr2();
  const allowed = ({ address }: { readonly address: number }): boolean =>
    address + size <= hardware.facts.vramSize && (wpr2 === undefined || address + size <= wpr2.start || address >= wpr2.end);
  if (!allowed(target) || (operation === 'copy' && !allowed(source))) return STATUS.INVALID_ADDRESS;
  if (operation === 'set') {
    if (value > 0xff) return STATUS.INVALID_ARGUMENT;
    hardware.fillVram(target.address, size, value);
    return STATUS.OK;
  }
  const buffer = new Uint8Array(Math.min(size, CHUNK));
  // Ranges that overlap are copied from the far end on, as a memmove does.
  const backwards = source.address < target.address;
  for (let done = 0; done < size;) {
    const part = buffer.subarray(0, Math.min(CHUNK, size - done));
    const at = backwards ? size - done - part.length : done;
    hardware.readVram(source.address + at, part);
    hardware.writeVram(target.address + at, part);
    done += part.length;
  }
  return STATUS.OK;
}
