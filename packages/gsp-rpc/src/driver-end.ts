import type { Clock, Wake } from '@nova-stack/timebase';
import type { Trace } from '@nova-stack/trace';
import type { Strictness } from './checks.ts';
import type { RingPointers } from './errors.ts';
import type { EventForm, UnknownEvents } from './event-hub.ts';
import type { History } from './history.ts';
import type { RpcMessage } from './message.ts';
import type { FramingProfile } from './profile.ts';
import { QueueDriver } from './queue-driver.ts';
import type { SharedMemoryArguments } from './shared-memory.ts';
import type { MessageTap } from './tap.ts';
import type { Signal } from './turns.ts';

/** Bounds on waits, in nanoseconds. */
export interface DriverBounds {
  /** Room in the command ring for one record. Default 1 s. */
  readonly space: number;
  /** A reply, or an event in {@link DriverEnd.expect}. Default 5 s. */
  readonly reply: number;
  /** Time between two looks at the ring. Default 100 µs. */
  readonly every: number;
}

/** The firmware's interrupt, as a wait for a message sees it. */
export interface DriverWake extends Wake {
  /**
   * Time between two looks in nanoseconds while interrupts are on: a lost one costs no more than that. Undefined while
   * they are off, and waits poll as {@link DriverBounds.every} says.
   */
  readonly every: number | undefined;
}

export interface DriverEndOptions {
  /** The shared block, {@link SHARED_MEMORY}.size bytes, starting at a multiple of four. */
  readonly memory: Uint8Array;
  /** Whether others write the memory while this thread runs. Told by the buffer; say so of a mapping that another process has too. */
  readonly shared?: boolean;
  /** Bus address of the block, or of each of its pages. */
  readonly address: number | readonly number[];
  readonly profile: FramingProfile;
  readonly clock: Clock;
  /** Tells the firmware that the command ring has moved (a write to QUEUE_HEAD(0)). */
  readonly doorbell: () => void;
  readonly trace?: Trace;
  /** Sees every message in both directions, for a recorder. */
  readonly tap?: MessageTap;
  /** Sees every event as it arrives, before anybody else. */
  readonly onEvent?: (event: RpcMessage) => void;
  readonly bounds?: Partial<DriverBounds>;
  /** Has waits look when the firmware's interrupt arrives; by default they poll. */
  readonly wake?: DriverWake;
  /** Whether calls carry numbers (`count`, the default), or all zero as the drivers of old releases send it. */
  readonly sequence?: 'count' | 'zero';
  /** Calls on their way at a time. Drivers have one, the default; firmware answers in the order of the requests. */
  readonly outstanding?: number;
  /** What becomes of events that the release does not know. Default `keep`. */
  readonly unknownEvents?: UnknownEvents;
  /** Strict unless told otherwise. */
  readonly strictness?: Strictness;
}

export interface WaitOptions {
  /** Longest wait in nanoseconds instead of the default. */
  readonly bound?: number;
  /** Ends the wait. A call that was sent is not taken back: its reply is stale when it comes. */
  readonly signal?: Signal;
}

/** The driver's end of the queues. Calls go out in the order they were made. */
export interface DriverEnd {
  /** For the RM arguments. */
  readonly arguments: SharedMemoryArguments;
  readonly pointers: RingPointers;
  readonly sent: History;
  readonly received: History;
  /** Whether the firmware has written a valid status queue header. */
  linked(): boolean;
  /**
   * Sends a message that gets no reply.
   *
   * @throws {@link GspRpcError} `TOO_LARGE`, `UNSENDABLE`, `TIMEOUT`, `RING_POINTER`, `RING_PROGRESS`, `ABORTED`, `CLOSED`
   */
  send(fn: number, payload: Uint8Array, options?: WaitOptions): Promise<void>;
  /**
   * Sends a message and waits for its reply, from the moment on at which it is its turn. The reply's `result` is not judged here.
   *
   * @throws {@link GspRpcError}
   */
  call(fn: number, payload: Uint8Array, options?: WaitOptions): Promise<RpcMessage>;
  /** Waits for an event; one that came before and nobody took counts. */
  expect(event: number, options?: WaitOptions): Promise<RpcMessage>;
  /** The same with the event's body. @throws {@link GspRpcError} also `BODY` when it cannot be decoded */
  expect<T>(form: EventForm<T>, options?: WaitOptions): Promise<T>;
  /** Serves an event until the returned function is called. Handlers may send, not wait. */
  on(event: number, handler: (event: RpcMessage) => void): () => void;
  /** The same with the event's body; one that cannot be decoded is told to the trace and goes no further. */
  on<T>(form: EventForm<T>, handler: (body: T, event: RpcMessage) => void): () => void;
  /**
   * Takes what lies in the status ring and dispatches it; for an interrupt handler or an idle loop.
   *
   * @returns how many messages there were
   * @throws {@link GspRpcError} the first message that fails a check; see the profile for whether it stays in the ring
   */
  poll(): number;
  /** Ends all waits with `CLOSED`; later calls fail the same way. The memory is not touched any more. */
  close(): void;
}

/** Prepares the shared block and opens the driver's end on it. @throws {@link GspRpcError} `ARGS`, `PTE` */
export function openDriverEnd(options: DriverEndOptions): DriverEnd {
  return new QueueDriver(options);
}
