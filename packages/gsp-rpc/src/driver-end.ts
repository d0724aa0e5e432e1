import type { Clock } from '@nova-stack/timebase';
import type { Trace } from '@nova-stack/trace';
import { CommandRing } from './command-ring.ts';
import { checkSendable } from './continuation.ts';
import { GspRpcError, type RingPointers } from './errors.ts';
import { EventHub } from './event-hub.ts';
import { createHistory, type History } from './history.ts';
import type { RpcMessage } from './message.ts';
import type { FramingProfile } from './profile.ts';
import { HEADER_WORDS } from './queue-header.ts';
import { initSharedMemory, SHARED_MEMORY, wordsOf, type SharedMemoryArguments } from './shared-memory.ts';
import { PENDING } from './record.ts';
import { StatusRing } from './status-ring.ts';
import type { MessageTap } from './tap.ts';

/** Bounds on waits, in nanoseconds. */
export interface DriverBounds {
  /** Room in the command ring for one record. Default 1 s. */
  readonly space: number;
  /** A reply, or an event in {@link DriverEnd.expect}. Default 5 s. */
  readonly reply: number;
  /** Time between two looks at the ring. Default 100 µs. */
  readonly every: number;
}

export interface DriverEndOptions {
  /** The shared block, {@link SHARED_MEMORY}.size bytes, starting at a multiple of four. */
  readonly memory: Uint8Array;
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
  /** Whether replies are matched by sequence as well (`count`, the default), or requests all carry zero. */
  readonly sequence?: 'count' | 'zero';
}

export interface WaitOptions {
  /** Longest wait in nanoseconds instead of the default. */
  readonly bound?: number;
  readonly signal?: { readonly aborted: boolean; readonly reason?: unknown };
}

/** The driver's end of the queues. Calls run one after the other, in the order they were made. */
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
   * @throws {@link GspRpcError} `TOO_LARGE`, `TIMEOUT`, `RING_POINTER`, `ABORTED`, `CLOSED`
   */
  send(fn: number, payload: Uint8Array, options?: WaitOptions): Promise<void>;
  /**
   * Sends a message and waits for its reply. The reply's `result` is not judged here.
   *
   * @throws {@link GspRpcError}
   */
  call(fn: number, payload: Uint8Array, options?: WaitOptions): Promise<RpcMessage>;
  /** Waits for an event; one that came before and nobody took counts. */
  expect(event: number, options?: WaitOptions): Promise<RpcMessage>;
  /** Serves an event until the returned function is called. Handlers may send, not wait. */
  on(event: number, handler: (event: RpcMessage) => void): () => void;
  /**
   * Takes what lies in the status ring and dispatches it; for an interrupt handler or an idle loop.
   *
   * @returns how many messages there were
   * @throws {@link GspRpcError} the first message that fails a check; it stays in the ring
   */
  poll(): number;
  /** Ends all waits with `CLOSED`; later calls fail the same way. The memory is not touched any more. */
  close(): void;
}

const DEFAULT_BOUNDS: DriverBounds = { space: 1_000_000_000, reply: 5_000_000_000, every: 100_000 };
const STATUS_HEADER = SHARED_MEMORY.statusQueue / 4;

/** Prepares the shared block and opens the driver's end on it. @throws {@link GspRpcError} `ARGS`, `PTE` */
export function openDriverEnd(options: DriverEndOptions): DriverEnd {
  return new QueueDriver(options);
}

interface PendingCall {
  readonly function: number;
  readonly sequence: number;
  reply: RpcMessage | undefined;
}

class QueueDriver implements DriverEnd {
  readonly arguments: SharedMemoryArguments;
  readonly sent: ReturnType<typeof createHistory>;
  readonly received: ReturnType<typeof createHistory>;
  readonly #options: DriverEndOptions;
  readonly #bounds: DriverBounds;
  readonly #words: Int32Array;
  readonly #commands: CommandRing;
  readonly #statuses: StatusRing;
  readonly #events: EventHub;
  #pending: PendingCall | undefined;
  #sequence: number = 0;
  #closed: boolean = false;
  #pumping: boolean = false;
  /** Ends of the lines of senders and of callers. */
  #sending: Promise<unknown> = Promise.resolve();
  #calling: Promise<unknown> = Promise.resolve();

  constructor(options: DriverEndOptions) {
    const { memory, profile, trace, onEvent } = options;
    this.#options = options;
    this.#bounds = { ...DEFAULT_BOUNDS, ...options.bounds };
    this.arguments = initSharedMemory(memory, options.address);
    this.#words = wordsOf(memory);
    this.#commands = new CommandRing(profile, memory, this.#words, () => this.pointers);
    this.#statuses = new StatusRing(profile, memory, this.#words, () => this.pointers);
    this.#events = new EventHub(profile, trace, onEvent);
    this.sent = createHistory(profile);
    this.received = createHistory(profile);
  }

  get pointers(): RingPointers {
    return {
      commandWrite: this.#commands.write,
      commandRead: this.#words[STATUS_HEADER + HEADER_WORDS.readPtr]! >>> 0,
      statusWrite: this.#words[STATUS_HEADER + HEADER_WORDS.writePtr]! >>> 0,
      statusRead: this.#statuses.read,
    };
  }

  linked(): boolean {
    return !this.#closed && this.#statuses.linked();
  }

  async send(fn: number, payload: Uint8Array, options: WaitOptions = {}): Promise<void> {
    this.#assertOpen();
    checkSendable(this.#options.profile, fn, payload);
    const token = this.sent.begin({ function: fn, sequence: 0, payload }, this.#now());
    await this.#line(fn, 0, payload, options);
    this.sent.finish(token, this.#now());
  }

  call(fn: number, payload: Uint8Array, options: WaitOptions = {}): Promise<RpcMessage> {
    const turn = this.#calling.then(() => this.#call(fn, payload, options));
    this.#calling = turn.catch(() => undefined);
    return turn;
  }

  async expect(event: number, options: WaitOptions = {}): Promise<RpcMessage> {
    this.#assertOpen();
    const waiter = this.#events.wait(event);
    try {
      const about = { function: event, reason: 'the event' };
      await this.#waitPumping(() => waiter.message !== undefined, options.bound ?? this.#bounds.reply, about, options.signal);
    } finally {
      this.#events.forget(waiter);
    }
    return waiter.message!;
  }

  on(event: number, handler: (event: RpcMessage) => void): () => void {
    return this.#events.on(event, handler);
  }

  poll(): number {
    this.#assertOpen();
    return this.#pump(() => false);
  }

  close(): void {
    this.#closed = true;
  }

  async #call(fn: number, payload: Uint8Array, options: WaitOptions): Promise<RpcMessage> {
    this.#assertOpen();
    checkSendable(this.#options.profile, fn, payload);
    const sequence = this.#options.sequence === 'zero' ? 0 : this.#nextSequence();
    const mine: PendingCall = { function: fn, sequence, reply: undefined };
    const token = this.sent.begin({ function: fn, sequence, payload }, this.#now());
    this.#pending = mine;
    try {
      await this.#line(fn, sequence, payload, options);
      const about = { function: fn, sequence, reason: 'the reply' };
      await this.#waitPumping(() => mine.reply !== undefined, options.bound ?? this.#bounds.reply, about, options.signal);
    } finally {
      this.#pending = undefined;
      this.sent.finish(token, this.#now());
    }
    return mine.reply!;
  }

  /** Sends after everything that was sent before; the records of one message stay together. */
  #line(fn: number, sequence: number, payload: Uint8Array, options: WaitOptions): Promise<void> {
    const turn = this.#sending.then(() => this.#sendRecords(fn, sequence, payload, options));
    this.#sending = turn.catch(() => undefined);
    return turn;
  }

  async #sendRecords(fn: number, first: number, payload: Uint8Array, options: WaitOptions): Promise<void> {
    const { profile, trace, doorbell } = this.#options;
    const commands = this.#commands;
    let sequence = first;
    let from = 0;
    do {
      const length = commands.take(payload, from);
      this.#assertOpen();
      if (!commands.fits(length)) {
        if (trace?.on) trace.event('gsp-rpc.space.wait', { function: fn });
        // The firmware may itself wait for room in the status ring: what it sent is taken meanwhile.
        const about = { function: fn, sequence, reason: 'room in the command ring' };
        await this.#waitPumping(() => commands.fits(length), this.#bounds.space, about, options.signal);
      }
      commands.put(from === 0 ? fn : profile.continuation, sequence, payload, from, length);
      from += length;
      // The firmware may act inside the doorbell's write.
      if (from >= payload.length) this.#options.tap?.('command', { function: fn, result: PENDING, sequence: first, payload }, profile.release);
      if (trace?.on && from >= payload.length) trace.event('gsp-rpc.sent', { function: fn, sequence: first, length: payload.length });
      doorbell();
      // Every record of a numbered request takes a number of its own.
      if (from < payload.length && sequence !== 0) sequence = this.#nextSequence();
    } while (from < payload.length);
  }

  /** 0 is what requests without a reply carry; it stays free for them. */
  #nextSequence(): number {
    this.#sequence = this.#sequence === 0xffffffff ? 1 : this.#sequence + 1;
    return this.#sequence;
  }

  /** Receives until `done` or the ring is empty. Nested use from a handler does nothing. */
  #pump(done: () => boolean): number {
    if (this.#pumping) return 0;
    this.#pumping = true;
    let messages = 0;
    try {
      while (!done()) {
        const message = this.#statuses.take();
        if (message === undefined) break;
        messages++;
        this.#dispatch(message);
      }
    } catch (error) {
      if (error instanceof GspRpcError) this.#options.trace?.event('gsp-rpc.rejected', { code: error.code });
      throw error;
    } finally {
      this.#pumping = false;
    }
    return messages;
  }

  #dispatch(message: RpcMessage): void {
    const { profile, trace } = this.#options;
    const { function: fn, result, sequence, payload } = message;
    const token = this.received.begin(message, this.#now());
    this.#options.tap?.('status', message, profile.release);
    if (trace?.on) trace.event('gsp-rpc.received', { function: fn, result, length: payload.length });
    const pending = this.#pending;
    const matches = pending !== undefined && pending.reply === undefined && pending.function === fn
      && (pending.sequence === sequence || this.#options.sequence === 'zero');
    if (fn >= profile.events.first) this.#events.dispatch(message);
    else if (matches) pending.reply = message;
    else trace?.event('gsp-rpc.reply.stale', { function: fn, sequence });
    this.received.finish(token, this.#now());
  }

  /** Waits for `ready`, receiving meanwhile; errors of the clock become this package's. */
  async #waitPumping(
    ready: () => boolean, bound: number, about: { readonly function: number; readonly sequence?: number; readonly reason: string },
    signal: WaitOptions['signal'],
  ): Promise<void> {
    const failures: unknown[] = [];
    const attempt = (): boolean => {
      try {
        this.#assertOpen();
        this.#pump(ready);
        return ready();
      } catch (error) {
        failures.push(error);
        return true;
      }
    };
    try {
      await this.#options.clock.until(attempt, { bound, reason: about.reason, every: this.#bounds.every, ...(signal ? { signal } : {}) });
    } catch (error) {
      const { reason, ...whose } = about;
      throw new GspRpcError(signal?.aborted === true ? 'ABORTED' : 'TIMEOUT', `waited for ${reason}`, {
        ...whose, reason, bound, pointers: this.pointers,
      }, error);
    }
    if (failures.length > 0) throw failures[0];
  }

  #now(): number {
    return this.#options.clock.now();
  }

  #assertOpen(): void {
    if (this.#closed) throw new GspRpcError('CLOSED', 'the driver end is closed');
  }
}
