import type { Wire } from './wire.ts';

/** How the total size of a message follows from its first record: `header + u32 at lengthAt * unit` bytes. */
export interface SizedPayload {
  readonly header: number;
  readonly lengthAt: number;
  readonly unit: number;
}

/**
 * What a firmware release does on the wire, as data. Both ends take one; a new release is a new record.
 *
 * Sources: open-gpu-kernel-modules (tag of the release): src/nvidia/src/kernel/gpu/gsp/message_queue_cpu.c,
 * src/nvidia/src/kernel/vgpu/rpc.c, src/nvidia/inc/kernel/vgpu/rpc_global_enums.h.
 */
export interface FramingProfile {
  /** Firmware release, `570.144`. */
  readonly release: string;
  /** Offsets of the headers. */
  readonly wire: Wire;
  /** Bytes under the checksum: `message` is header and payload exactly, `elements` whole ring entries. */
  readonly checksum: 'message' | 'elements';
  /** Whether a receiver moves past an element that it rejects. */
  readonly consumesBadElements: boolean;
  /** First number that is not a function; functions start at 0. */
  readonly functionLimit: number;
  /** Events are `[first, limit)`. */
  readonly events: { readonly first: number; readonly limit: number };
  /** Function number of a continuation record. */
  readonly continuation: number;
  /** Functions that never get a reply. */
  readonly noReply: readonly number[];
  /** Functions whose payload says how long the whole message is; only these can span records. */
  readonly sized: Readonly<Record<number, SizedPayload>>;
  /** Largest payload of a whole message in bytes. */
  readonly maxPayload: number;
  /** Payload offsets of the two words that a history shows per function; see `history.ts`. */
  readonly notable: Readonly<Record<number, readonly [number, number]>>;
}
