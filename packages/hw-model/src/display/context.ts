import {
  DISPLAY_CONTEXT, DISPLAY_CONTEXT_TARGETS, DISPLAY_CONTEXT_UNIT, DISPLAY_CONTEXT_WORDS, DISPLAY_HASH, DISPLAY_HASH_ENTRY, DISPLAY_INSTANCE_UNIT, get,
} from '@nova-stack/gpu-regs';

/** Memory that a handle stands for. Addresses in bytes, `limit` is the last. */
export interface DisplayContext {
  readonly source: 'vram' | 'system';
  readonly base: number;
  readonly limit: number;
  readonly writable: boolean;
}

/** Who asks for a handle. */
export interface Asker {
  readonly channel: number;
  readonly client: number;
}

/**
 * Finds what a handle stands for, in a copy of instance memory; undefined when there is nothing. Every entry is looked at:
 * drivers disagree about the hash (nouveau leaves the client out of it), and all of them find their objects.
 */
export function findContext(memory: Uint8Array, handle: number, asker: Asker): DisplayContext | undefined {
  const view = new DataView(memory.buffer, memory.byteOffset, memory.byteLength);
  const end = Math.min(DISPLAY_HASH.start + DISPLAY_HASH.size, memory.length - memory.length % DISPLAY_HASH.entry);
  for (let at = DISPLAY_HASH.start; at < end; at += DISPLAY_HASH.entry) {
    if (view.getUint32(at, true) !== handle) continue;
    const entry = view.getUint32(at + 4, true);
    if (get(DISPLAY_HASH_ENTRY, 'channel', entry) !== asker.channel || get(DISPLAY_HASH_ENTRY, 'client', entry) !== asker.client) continue;
    return readContext(view, get(DISPLAY_HASH_ENTRY, 'instance', entry) * DISPLAY_INSTANCE_UNIT);
  }
  return undefined;
}

function readContext(view: DataView, at: number): DisplayContext | undefined {
  if (at + 4 * DISPLAY_CONTEXT_WORDS > view.byteLength) return undefined;
  const word = (index: number): number => view.getUint32(at + 4 * index, true);
  const target = get(DISPLAY_CONTEXT, 'target', word(0));
  if (target === 0) return undefined;
  const base = (word(1) + word(2) * 2 ** 32) * DISPLAY_CONTEXT_UNIT;
  const limit = (word(3) + word(4) * 2 ** 32 + 1) * DISPLAY_CONTEXT_UNIT - 1;
  // More bits than an address has.
  if (!Number.isSafeInteger(base) || !Number.isSafeInteger(limit)) return undefined;
  return { source: target === DISPLAY_CONTEXT_TARGETS.vram ? 'vram' : 'system', base, limit, writable: get(DISPLAY_CONTEXT, 'writable', word(0)) === 1 };
}
