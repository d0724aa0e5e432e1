import { GspRpcError } from './errors.ts';
import type { RpcMessage } from './message.ts';
import type { FramingProfile } from './profile.ts';
import { recordPayload, type RecordHeader } from './record.ts';

/**
 * Large messages: a first record with the real function, as long as a record may be, then continuation records.
 * No header tells the total; the receiver takes it from the payload, which is why only the functions in
 * `profile.sized` can span records.
 *
 * Sources: open-gpu-kernel-modules 570.144: src/nvidia/src/kernel/vgpu/rpc.c;
 * linux: drivers/gpu/nova-core/gsp/cmdq/continuation.rs
 */

/** A message of which records are still due. Plain data. */
export interface PartialMessage {
  readonly function: number;
  readonly result: number;
  readonly sequence: number;
  readonly bytes: Uint8Array;
  filled: number;
}

const SPARE = new Uint8Array(0);

/**
 * Total payload in bytes of the message that begins with `first`; `first.length` where the function has no size
 * of its own.
 *
 * @param first - the first record's payload, as far as it reached
 */
export function declaredLength(profile: FramingProfile, fn: number, first: Uint8Array): number {
  const sized = profile.sized[fn];
  if (sized === undefined || first.length < sized.lengthAt + 4) return first.length;
  const at = sized.lengthAt;
  const units = (first[at]! | (first[at + 1]! << 8) | (first[at + 2]! << 16) | (first[at + 3]! << 24)) >>> 0;
  return sized.header + units * sized.unit;
}

/** @throws {@link GspRpcError} `TOO_LARGE`, `LENGTH` when `payload` cannot be sent; nothing was written then. */
export function checkSendable(profile: FramingProfile, fn: number, payload: Uint8Array): void {
  if (payload.length > profile.maxPayload) {
    throw new GspRpcError('TOO_LARGE', 'message above the largest legal size', {
      field: 'payload.length', value: payload.length, allowed: `0..0x${profile.maxPayload.toString(16)}`, function: fn,
    });
  }
  if (payload.length <= recordPayload(profile)) return;
  const declared = declaredLength(profile, fn, payload);
  if (profile.sized[fn] === undefined || declared !== payload.length) {
    throw new GspRpcError('LENGTH', 'a receiver could not tell where this large message ends', {
      field: 'payload.length', value: payload.length, function: fn,
      allowed: `0..0x${recordPayload(profile).toString(16)}, or the length that the payload declares`,
    });
  }
}

/**
 * Takes a record in. Returns the whole message, or the partial one that now waits for more.
 *
 * @param fetch - copies the first `length` bytes of the record's payload to a place
 * @throws {@link GspRpcError} `CONTINUATION`, `TOO_LARGE`
 */
export function takeRecord(
  profile: FramingProfile, partial: PartialMessage | undefined, header: RecordHeader,
  fetch: (into: Uint8Array, offset: number, length: number) => void,
): { readonly message: RpcMessage } | { readonly partial: PartialMessage } {
  const length = header.length - (profile.wire.payload - profile.wire.element);
  if (partial !== undefined) {
    if (header.function !== profile.continuation) {
      throw new GspRpcError('CONTINUATION', 'another message inside a large one', {
        field: 'function', value: header.function, allowed: String(profile.continuation), function: partial.function,
      });
    }
    const due = partial.bytes.length - partial.filled;
    if (length > due || length === 0) {
      throw new GspRpcError('CONTINUATION', 'continuation record has the wrong length', {
        field: 'length', value: length, allowed: `1..${due}`, function: partial.function,
      });
    }
    fetch(partial.bytes, partial.filled, length);
    partial.filled += length;
    return partial.filled < partial.bytes.length ? { partial } : { message: whole(partial) };
  }
  if (header.function === profile.continuation) {
    throw new GspRpcError('CONTINUATION', 'continuation record without a first record', {
      field: 'function', value: header.function, sequence: header.sequence,
    });
  }
  const first = length === 0 ? SPARE : new Uint8Array(length);
  fetch(first, 0, length);
  const about = { function: header.function, result: header.result, sequence: header.sequence };
  const total = length === recordPayload(profile) ? declaredLength(profile, header.function, first) : length;
  if (total <= length) return { message: { ...about, payload: first } };
  if (total > profile.maxPayload) {
    throw new GspRpcError('TOO_LARGE', 'message declares more than the largest legal size', {
      field: 'payload.length', value: total, allowed: `0..0x${profile.maxPayload.toString(16)}`, function: header.function,
    });
  }
  const bytes = new Uint8Array(total);
  bytes.set(first);
  return { partial: { ...about, bytes, filled: length } };
}

function whole(partial: PartialMessage): RpcMessage {
  const { bytes, filled: _filled, ...about } = partial;
  return { ...about, payload: bytes };
}
