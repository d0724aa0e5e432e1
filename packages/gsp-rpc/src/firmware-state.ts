import type { PartialMessage } from './continuation.ts';
import type { RpcMessage } from './message.ts';

/** One queue as the firmware knows it; offsets in bytes of the shared block. Plain data. */
export interface QueueState {
  readonly offset: number;
  readonly count: number;
  /** The pointer that this end owns: read for commands, write for status. */
  pointer: number;
  /** The pointer that the driver owns, as it was last seen. */
  peer: number;
  /** The next element's transport sequence number. */
  seqNum: number;
}

/** A message that waits for room in the status ring. Plain data. */
export interface Outgoing {
  readonly function: number;
  readonly result: number;
  readonly sequence: number;
  readonly payload: Uint8Array;
  /** Payload bytes that are in the ring already. */
  sent: number;
  /** The checksum of the first record is written wrong (fault plans). */
  readonly corrupt: boolean;
}

/** Everything that the firmware's end remembers; plain data, to be kept in a device's snapshot. */
export interface FirmwareEndState {
  /** Bus address per page of the shared block. */
  readonly pages: readonly number[];
  readonly commands: QueueState;
  readonly statuses: QueueState;
  partial: PartialMessage | undefined;
  /** A message that came where a continuation was due. */
  held: RpcMessage | undefined;
  readonly outbox: Outgoing[];
}
