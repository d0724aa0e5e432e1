import type { Judge } from './checks.ts';
import { GspRpcError } from './errors.ts';
import type { FirmwareEndState } from './firmware-state.ts';
import type { MemoryJob } from './memory-job.ts';
import { access } from './page-table.ts';

/** A pointer that the driver moves; undefined for one that makes no sense, in lenient mode. @throws {@link GspRpcError} `RING_POINTER`, `BUS` */
export function* peerPointer(
  state: FirmwareEndState, offset: number, count: number, field: 'commandWrite' | 'statusRead', judge: Judge,
): MemoryJob<number | undefined> {
  const word = new Int32Array(1);
  yield* access(state.pages, 'read', offset, asBytes(word));
  const value = word[0]! >>> 0;
  if (value < count) return value;
  judge.find(new GspRpcError('RING_POINTER', 'the driver published a pointer outside the ring', { field, value, allowed: `0..${count - 1}` }));
  return undefined;
}

/** Writes one word of the shared block. */
export function* writeWord(state: FirmwareEndState, offset: number, value: number): MemoryJob {
  yield* access(state.pages, 'write', offset, asBytes(Int32Array.of(value)));
}

/** The same memory as bytes. */
export function asBytes(words: Int32Array): Uint8Array {
  return new Uint8Array(words.buffer, words.byteOffset, words.byteLength);
}
