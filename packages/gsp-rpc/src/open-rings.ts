import { Judge, type Strictness } from './checks.ts';
import type { FramingProfile } from './profile.ts';
import { mapRing, type RingMemory } from './ring-memory.ts';
import { RingReader } from './ring-reader.ts';
import { RingWriter } from './ring-writer.ts';

export interface RingOptions {
  readonly profile: FramingProfile;
  /** The shared block, prepared by `initSharedMemory`. */
  readonly memory: Uint8Array;
  readonly queue: RingMemory['queue'];
  /** Whether others write the memory while this thread runs; told by the buffer unless it is a mapping of another process. */
  readonly shared?: boolean;
  /** Strict unless told otherwise. */
  readonly strictness?: Strictness;
}

/**
 * The sending side of one queue by itself, from its first element on: for a test double of either end, without calls and waits.
 *
 * @throws {@link GspRpcError} `ARGS`
 */
export function openRingWriter({ profile, memory, queue, shared, strictness }: RingOptions): RingWriter {
  return new RingWriter(profile, mapRing(memory, queue, shared), new Judge(strictness), false);
}

/** The receiving side of one queue by itself, from its first element on. @throws {@link GspRpcError} `ARGS` */
export function openRingReader({ profile, memory, queue, shared, strictness }: RingOptions): RingReader {
  return new RingReader(profile, mapRing(memory, queue, shared), new Judge(strictness));
}
