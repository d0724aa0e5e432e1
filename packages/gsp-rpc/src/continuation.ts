import type { Judge } from './checks.ts';
import { GspRpcError } from './errors.ts';
import type { RpcMessage } from './message.ts';
import type { FramingProfile } from './profile.ts';
import { recordPayload, type RecordHeader } from './record.ts';
import type { Direction } from './tap.ts';

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
  /** Records that are in it. */
  records: number;
}

/** What a receiver remembers between records. Plain data. */
export interface Assembly {
  partial: PartialMessage | undefined;
  /** A message that came where a continuation was due: it is handed on after the error. */
  held?: RpcMessage | undefined;
}

/** Whether messages of a function may span records on their way through a queue. */
function spans(profile: FramingProfile, queue: Direction, fn: number): boolean {
  const sized = profile.sized[fn];
  return sized !== undefined && (queue === 'command' || sized.bothWays);
}

/** Largest payload in bytes that a message of a function may have; a reply that is not sent both ways ends with its first record. */
export function largestPayload(profile: FramingProfile, fn: number, queue: Direction = 'command'): number {
  return spans(profile, queue, fn) ? profile.sized[fn]!.most : recordPayload(profile);
}

/**
 * Total payload in bytes of the message that begins with `first`; its own length where the function has no size
 * of its own.
 *
 * @param first - the first record's payload, as far as it reached: `length` bytes from `from` on
 */
export function declaredLength(profile: FramingProfile, fn: number, first: Uint8Array, from: number = 0, length: number = first.length - from): number {
  const sized = profile.sized[fn];
  if (sized === undefined || length < sized.lengthAt + 4) return length;
  const at = from + sized.lengthAt;
  const units = (first[at]! | (first[at + 1]! << 8) | (first[at + 2]! << 16) | (first[at + 3]! << 24)) >>> 0;
  return sized.header + units * sized.unit;
}

/** @throws {@link GspRpcError} `TOO_LARGE`, `UNSENDABLE` when `payload` cannot be sent; nothing was written then. */
export function checkSendable(profile: FramingProfile, queue: Direction, fn: number, payload: Uint8Array): void {
  const record = recordPayload(profile);
  const { length } = payload;
  if (length < record) return;
  const most = largestPayload(profile, fn, queue);
  if (length > most) {
    throw new GspRpcError('TOO_LARGE', 'message above the largest legal size', {
      field: 'payload.length', value: length, allowed: `0..0x${most.toString(16)}`, function: fn,
    });
  }
  if (!spans(profile, queue, fn)) return;
  const declared = declaredLength(profile, fn, payload);
  if (declared === length || (length === record && declared < length)) return;
  throw new GspRpcError('UNSENDABLE', 'a receiver would not see this large message end where it does', {
    field: 'payload.length', value: length, allowed: `what the payload declares, 0x${declared.toString(16)}`, function: fn,
  });
}

/**
 * Takes a record in.
 *
 * @param bytes - where its payload lies: `length` bytes from `from` on
 * @returns the message when it is whole, with its own copy of the payload
 * @throws {@link GspRpcError} `CONTINUATION`, `INTERRUPTED`, `CHUNK_LENGTH`, `CHUNK_SEQUENCE`, `TOO_LARGE`; the message is given up
 */
export function assemble(
  profile: FramingProfile, queue: Direction, assembly: Assembly, header: RecordHeader, length: number, bytes: Uint8Array, from: number, judge: Judge,
): RpcMessage | undefined {
  const { partial } = assembly;
  const { function: fn } = header;
  if (fn === profile.continuation) {
    if (partial !== undefined) return append(profile, assembly, partial, header, length, bytes, from, judge);
    judge.find(new GspRpcError('CONTINUATION', 'continuation record without a first record', { field: 'function', value: fn, sequence: header.sequence }));
  }
  assembly.partial = undefined;
  const message = begin(profile, queue, assembly, header, length, bytes, from, judge);
  if (partial === undefined) return message;
  if (!judge.lenient) assembly.held = message;
  judge.find(new GspRpcError('INTERRUPTED', 'another message inside a large one', {
    field: 'function', value: fn, allowed: String(profile.continuation), function: partial.function, sequence: partial.sequence,
  }));
  return message;
}

function begin(
  profile: FramingProfile, queue: Direction, assembly: Assembly, header: RecordHeader, length: number, bytes: Uint8Array, from: number, judge: Judge,
): RpcMessage | undefined {
  const { function: fn, result, sequence } = header;
  if (length === recordPayload(profile) && spans(profile, queue, fn)) {
    const total = declaredLength(profile, fn, bytes, from, length);
    const { most } = profile.sized[fn]!;
    if (total > most) {
      judge.find(new GspRpcError('TOO_LARGE', 'message declares more than the largest legal size', {
        field: 'payload.length', value: total, allowed: `0..0x${most.toString(16)}`, function: fn, sequence,
      }));
    } else if (total > length) {
      const all = new Uint8Array(total);
      all.set(bytes.subarray(from, from + length));
      assembly.partial = { function: fn, result, sequence, bytes: all, filled: length, records: 1 };
      return undefined;
    }
  }
  return { function: fn, result, sequence, payload: bytes.slice(from, from + length) };
}

function append(
  profile: FramingProfile, assembly: Assembly, partial: PartialMessage, header: RecordHeader, length: number, bytes: Uint8Array, from: number, judge: Judge,
): RpcMessage | undefined {
  const { function: fn, result, sequence } = partial;
  // A strict receiver gives the message up.
  assembly.partial = judge.lenient ? partial : undefined;
  const due = partial.bytes.length - partial.filled;
  if (length > due || length === 0) {
    judge.find(new GspRpcError('CHUNK_LENGTH', 'continuation record has the wrong length', {
      field: 'length', value: length, allowed: `1..${due}`, function: fn, sequence,
    }));
  }
  const next = (sequence + partial.records) >>> 0;
  // A message that nobody numbered has 0 in all its records.
  if (profile.sequence.matched && header.sequence !== next && (sequence !== 0 || header.sequence !== 0)) {
    judge.find(new GspRpcError('CHUNK_SEQUENCE', 'continuation record does not count on', {
      field: 'sequence', value: header.sequence, allowed: String(next), function: fn, sequence,
    }));
  }
  const part = Math.min(length, due);
  partial.bytes.set(bytes.subarray(from, from + part), partial.filled);
  partial.filled += part;
  partial.records++;
  const whole = partial.filled === partial.bytes.length;
  assembly.partial = whole ? undefined : partial;
  return whole ? { function: fn, result, sequence, payload: partial.bytes } : undefined;
}
