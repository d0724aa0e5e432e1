import type { Wire } from './wire.ts';

/** A function whose messages may span records, and how the total follows from the first: `header + u32 at lengthAt * unit` bytes. */
export interface SizedPayload {
  readonly header: number;
  readonly lengthAt: number;
  readonly unit: number;
  /** Largest legal payload in bytes. */
  readonly most: number;
  /** Whether the reply is as long as the request; otherwise it is one record. */
  readonly bothWays: boolean;
}

/**
 * What a firmware release does on the wire, as data. Both ends take one; a new release is a new record.
 *
 * Sources: open-gpu-kernel-modules (tag of the release): src/nvidia/src/kernel/gpu/gsp/{message_queue_cpu,kernel_gsp}.c,
 * src/nvidia/src/kernel/vgpu/rpc.c, src/nvidia/inc/kernel/vgpu/rpc_global_enums.h; in 535.113.01 the last two lie in
 * src/nvidia/kernel/{vgpu/nv,inc/vgpu}.
 */
export interface FramingProfile {
  /** Firmware release, `570.144`. */
  readonly release: string;
  /** Offsets of the headers. */
  readonly wire: Wire;
  /** Bytes under the checksum: `message` is header and payload exactly, `elements` whole ring entries. */
  readonly checksum: 'message' | 'elements';
  /**
   * Whether a receiver moves past an element that it rejects for its length, checksum or sequence number. None can move past one
   * whose number of entries is wrong.
   */
  readonly consumesBadElements: boolean;
  /**
   * `rpc.sequence`. Firmware of every release sends back what the request had. `counted`: the release's own driver numbers its
   * calls, `zero`: it sends 0 always. `matched`: a reply must have the number of its call, and records of one message count on;
   * otherwise a reply without a number belongs to the oldest call of its function.
   */
  readonly sequence: { readonly requests: 'zero' | 'counted'; readonly matched: boolean };
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
  /** Payload offsets of the two words that a history shows per function; see `history.ts`. */
  readonly notable: Readonly<Record<number, readonly [number, number]>>;
}
