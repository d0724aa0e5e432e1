import { Judge } from './checks.ts';
import { checkSendable } from './continuation.ts';
import type { DriverBounds, DriverEnd, DriverEndOptions, WaitOptions } from './driver-end.ts';
import { GspRpcError, type RingPointers } from './errors.ts';
import { EventHub, type EventForm } from './event-hub.ts';
import { createHistory, type HistoryRecorder } from './history.ts';
import type { RpcMessage } from './message.ts';
import { PendingCalls } from './pending-calls.ts';
import { PENDING, recordPayload } from './record.ts';
import { mapRing, type RingMemory } from './ring-memory.ts';
import { RingReader } from './ring-reader.ts';
import { RingWriter } from './ring-writer.ts';
import { initSharedMemory, statusQueueLinked, type SharedMemoryArguments } from './shared-memory.ts';
import { Turns, type Signal } from './turns.ts';

const DEFAULT_BOUNDS: DriverBounds = { space: 1_000_000_000, reply: 5_000_000_000, every: 100_000 };

/** What a wait is for, for its error. */
interface Purpose {
  readonly function: number;
  readonly sequence?: number;
  readonly reason: string;
}

/** The driver's end on mapped memory. */
export class QueueDriver implements DriverEnd {
  readonly arguments: SharedMemoryArguments;
  readonly sent: HistoryRecorder;
  readonly received: HistoryRecorder;
  readonly #options: DriverEndOptions;
  readonly #bounds: DriverBounds;
  readonly #judge: Judge;
  readonly #commandRing: RingMemory;
  readonly #statusRing: RingMemory;
  readonly #commands: RingWriter;
  readonly #statuses: RingReader;
  readonly #events: EventHub;
  readonly #calls: PendingCalls;
  /** Lines of senders, whose records must not mix, and of callers. */
  readonly #sending = new Turns(1);
  readonly #calling: Turns;
  #sequence: number = 0;
  #linked: boolean = false;
  #closed: boolean = false;
  #pumping: boolean = false;

  constructor(options: DriverEndOptions) {
    const { memory, profile, trace, onEvent, shared, outstanding = 1, unknownEvents = 'keep' } = options;
    if (!Number.isInteger(outstanding) || outstanding < 1) {
      throw new GspRpcError('ARGS', 'no call could be made', { field: 'outstanding', value: outstanding, allowed: 'integers from 1' });
    }
    this.#options = options;
    this.#bounds = { ...DEFAULT_BOUNDS, ...options.bounds };
    this.arguments = initSharedMemory(memory, options.address);
    this.#judge = new Judge(options.strictness, trace);
    this.#commandRing = mapRing(memory, 'command', shared);
    this.#statusRing = mapRing(memory, 'status', shared);
    const pointers = (): RingPointers => this.pointers;
    this.#commands = new RingWriter(profile, this.#commandRing, this.#judge, true, pointers);
    this.#statuses = new RingReader(profile, this.#statusRing, this.#judge, pointers);
    this.#events = new EventHub({ profile, judge: this.#judge, trace, observer: onEvent, unknown: unknownEvents });
    this.#calls = new PendingCalls(profile);
    this.#calling = new Turns(outstanding);
    this.sent = createHistory(profile);
    this.received = createHistory(profile);
  }

  get pointers(): RingPointers {
    const peer = (ring: RingMemory, word: number): number => Atomics.load(ring.words, word) >>> 0;
    return {
      commandWrite: this.#commands.write,
      commandRead: peer(this.#commandRing, this.#commandRing.readPtr),
      statusWrite: peer(this.#statusRing, this.#statusRing.writePtr),
      statusRead: this.#statuses.read,
    };
  }

  linked(): boolean {
    if (this.#closed) return false;
    this.#linked ||= statusQueueLinked(this.#statusRing.words);
    return this.#linked;
  }

  async send(fn: number, payload: Uint8Array, options: WaitOptions = {}): Promise<void> {
    this.#assertOpen();
    checkSendable(this.#options.profile, 'command', fn, payload);
    const token = this.sent.begin({ function: fn, sequence: 0, payload }, this.#now());
    await this.#sendInTurn(fn, 0, payload, options);
    this.sent.finish(token, this.#now());
  }

  async call(fn: number, payload: Uint8Array, options: WaitOptions = {}): Promise<RpcMessage> {
    this.#assertOpen();
    checkSendable(this.#options.profile, 'command', fn, payload);
    if (!(await this.#calling.take(options.signal))) throw aborted({ function: fn, reason: 'its turn' });
    try {
      return await this.#call(fn, payload, options);
    } finally {
      this.#calling.leave();
    }
  }

  async expect<T>(event: number | EventForm<T>, options: WaitOptions = {}): Promise<RpcMessage & T> {
    this.#assertOpen();
    const number = typeof event === 'number' ? event : event.event;
    const waiter = this.#events.wait(number);
    try {
      await this.#waitPumping(() => waiter.message !== undefined, options.bound ?? this.#bounds.reply, { function: number, reason: 'the event' }, options.signal);
    } finally {
      this.#events.forget(waiter);
    }
    const message = waiter.message!;
    if (typeof event === 'number') return message as RpcMessage & T;
    try {
      return event.decode(message.payload) as RpcMessage & T;
    } catch (cause) {
      throw new GspRpcError('BODY', 'the event cannot be decoded', { function: number, field: 'payload.length', value: message.payload.length }, cause);
    }
  }

  on<T>(event: number | EventForm<T>, handler: (body: RpcMessage & T, event: RpcMessage) => void): () => void {
    if (typeof event === 'number') return this.#events.on(event, handler as (event: RpcMessage) => void);
    return this.#events.on(event.event, (message) => {
      let body: RpcMessage & T;
      try {
        body = event.decode(message.payload) as RpcMessage & T;
      } catch {
        this.#options.trace?.event('gsp-rpc.event.body', { function: message.function, length: message.payload.length });
        return;
      }
      handler(body, message);
    });
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
    const sequence = this.#options.sequence === 'zero' ? 0 : this.#takeNumbers(payload.length);
    const mine = this.#calls.add(fn, sequence);
    const token = this.sent.begin({ function: fn, sequence, payload }, this.#now());
    let sent = false;
    try {
      await this.#sendInTurn(fn, sequence, payload, options);
      sent = true;
      const about = { function: fn, sequence, reason: 'the reply' };
      await this.#waitPumping(() => mine.reply !== undefined, options.bound ?? this.#bounds.reply, about, options.signal);
      return mine.reply!;
    } finally {
      this.#calls.end(mine, sent);
      this.sent.finish(token, this.#now());
    }
  }

  /** Sends after everything that was sent before; the records of one message stay together. */
  async #sendInTurn(fn: number, sequence: number, payload: Uint8Array, options: WaitOptions): Promise<void> {
    if (!(await this.#sending.take(options.signal))) throw aborted({ function: fn, sequence, reason: 'its turn' });
    try {
      await this.#sendRecords(fn, sequence, payload, options);
    } finally {
      this.#sending.leave();
    }
  }

  async #sendRecords(fn: number, first: number, payload: Uint8Array, options: WaitOptions): Promise<void> {
    const { profile, trace, doorbell } = this.#options;
    const commands = this.#commands;
    const largest = recordPayload(profile);
    let sequence = first;
    let from = 0;
    do {
      const length = Math.min(largest, payload.length - from);
      this.#assertOpen();
      if (!commands.fits(length)) {
        if (trace?.on) trace.event('gsp-rpc.space.wait', { function: fn });
        // The firmware may itself wait for room in the status ring: what it sent is taken meanwhile.
        const about = { function: fn, sequence, reason: 'room in the command ring' };
        // A message that has begun is sent to its end: without its other records nothing could follow.
        await this.#waitPumping(() => commands.fits(length), this.#bounds.space, about, from === 0 ? options.signal : undefined);
      }
      commands.put(from === 0 ? fn : profile.continuation, PENDING, sequence, payload, from, length);
      from += length;
      // The firmware may act inside the doorbell's write.
      if (from >= payload.length) this.#options.tap?.('command', { function: fn, result: PENDING, sequence: first, payload }, profile.release);
      if (trace?.on && from >= payload.length) trace.event('gsp-rpc.sent', { function: fn, sequence: first, length: payload.length });
      doorbell();
      if (sequence !== 0) sequence++;
    } while (from < payload.length);
  }

  /**
   * Numbers for a request: every record takes one of its own, and they follow each other, also where other calls are made meanwhile.
   * 0 is what requests without a reply carry; it stays free for them.
   *
   * @returns the first record's
   */
  #takeNumbers(length: number): number {
    const records = Math.max(1, Math.ceil(length / recordPayload(this.#options.profile)));
    const first = this.#sequence + records > 0xffffffff ? 1 : this.#sequence + 1;
    this.#sequence = first + records - 1;
    return first;
  }

  /** Receives until `done` or the ring is empty. Nested use from a handler does nothing. */
  #pump(done: () => boolean): number {
    if (this.#pumping) return 0;
    this.#pumping = true;
    let messages = 0;
    try {
      while (this.linked() && !done()) {
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
    const { function: fn, result, payload } = message;
    const token = this.received.begin(message, this.#now());
    this.#options.tap?.('status', message, profile.release);
    if (trace?.on) trace.event('gsp-rpc.received', { function: fn, result, length: payload.length });
    try {
      if (fn >= profile.events.first) {
        this.#events.dispatch(message);
        return;
      }
      const call = this.#calls.match(message);
      if (call !== undefined) call.reply = message;
      else this.#stale(message);
    } finally {
      this.received.finish(token, this.#now());
    }
  }

  #stale({ function: fn, sequence }: RpcMessage): void {
    const { profile: { functionLimit }, trace } = this.#options;
    trace?.event('gsp-rpc.reply.stale', { function: fn, sequence });
    const found = fn < functionLimit
      ? new GspRpcError('STALE_REPLY', 'no call waits for this reply', { function: fn, sequence })
      : new GspRpcError('FUNCTION', 'no function of this release', { field: 'function', value: fn, allowed: `0..${functionLimit - 1}`, sequence });
    this.#judge.find(found, true);
  }

  /** Waits for `ready`, receiving meanwhile; errors of the clock become this package's. */
  async #waitPumping(ready: () => boolean, bound: number, about: Purpose, signal: Signal | undefined): Promise<void> {
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
    const { clock, wake } = this.#options;
    const every = wake?.every ?? this.#bounds.every;
    try {
      await clock.until(attempt, { bound, reason: about.reason, every, ...(signal && { signal }), ...(wake && { wake }) });
    } catch (error) {
      if (signal?.aborted === true) throw aborted(about, this.pointers, error);
      throw new GspRpcError('TIMEOUT', `waited for ${about.reason}`, { ...about, bound, pointers: this.pointers }, error);
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

function aborted(about: Purpose, pointers?: RingPointers, cause?: unknown): GspRpcError {
  return new GspRpcError('ABORTED', `waited for ${about.reason}`, { ...about, ...(pointers && { pointers }) }, cause);
}
