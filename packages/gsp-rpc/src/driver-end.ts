import type { Clock } from '@nova-stack/timebase';
import type { Trace } from '@nova-stack/trace';
import { checkSendable, takeRecord, type PartialMessage } from './continuation.ts';
import { GspRpcError, type RingPointers } from './errors.ts';
import { createHistory, type History } from './history.ts';
import type { RpcMessage } from './message.ts';
import type { FramingProfile } from './profile.ts';
import { HEADER_WORDS } from './queue-header.ts';
import { advance, free, used } from './ring.ts';
import { copyPayload, peekRecord, sumRecord, writeRecord, type RingEntries } from './ring-records.ts';
import {
  checkRecordSequence, checkRecordSize, checkRpcHeader, checksumError, HEADER_VERSION, PENDING, recordEntries,
  recordPayload, SIGNATURE,
} from './record.ts';
import { initSharedMemory, SHARED_MEMORY, statusQueueLinked, wordsOf, type SharedMemoryArguments } from './shared-memory.ts';

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
/** Events that nobody took and a later `expect` may still want. */
const BACKLOG = 64;

interface Waiter {
  readonly event: number;
  message: RpcMessage | undefined;
}
interface PendingCall {
  readonly function: number;
  readonly sequence: number;
  reply: RpcMessage | undefined;
}

/** Prepares the shared block and opens the driver's end on it. @throws {@link GspRpcError} `ARGS`, `PTE` */
export function openDriverEnd(options: DriverEndOptions): DriverEnd {
  const { memory, profile, clock, doorbell, trace } = options;
  const bounds = { ...DEFAULT_BOUNDS, ...options.bounds };
  const counting = options.sequence !== 'zero';
  const args = initSharedMemory(memory, options.address);
  const words = wordsOf(memory);
  const { entries: count, entrySize } = SHARED_MEMORY;
  const ring = (queue: number): RingEntries => ({ bytes: memory, words, start: queue + entrySize, count });
  const commands = ring(SHARED_MEMORY.commandQueue);
  const statuses = ring(SHARED_MEMORY.statusQueue);
  const commandHeader = SHARED_MEMORY.commandQueue / 4;
  const statusHeader = SHARED_MEMORY.statusQueue / 4;

  const sent = createHistory(profile);
  const received = createHistory(profile);
  const handlers = new Map<number, Set<(event: RpcMessage) => void>>();
  const waiters = new Set<Waiter>();
  const backlog: RpcMessage[] = [];
  let pending: PendingCall | undefined;
  let partial: PartialMessage | undefined;
  let commandWrite = 0;
  let statusRead = 0;
  let txSeq = 0;
  let rxSeq = 0;
  let rpcSequence = 0;
  let isLinked = false;
  let closed = false;
  let polling = false;
  let sending: Promise<unknown> = Promise.resolve();
  let calling: Promise<unknown> = Promise.resolve();

  const pointers = (): RingPointers => ({
    commandWrite,
    commandRead: words[statusHeader + HEADER_WORDS.readPtr]! >>> 0,
    statusWrite: words[statusHeader + HEADER_WORDS.writePtr]! >>> 0,
    statusRead,
  });

  function peerPointer(field: 'commandRead' | 'statusWrite'): number {
    const index = field === 'commandRead' ? HEADER_WORDS.readPtr : HEADER_WORDS.writePtr;
    const value = Atomics.load(words, statusHeader + index) >>> 0;
    if (value >= count) {
      throw new GspRpcError('RING_POINTER', 'the firmware published a pointer outside the ring', {
        field, value, allowed: `0..${count - 1}`, pointers: pointers(),
      });
    }
    return value;
  }

  function assertOpen(): void {
    if (closed) throw new GspRpcError('CLOSED', 'the driver end is closed');
  }

  /** Waits for `ready`, which may throw; turns the clock's errors into ours. */
  async function wait(ready: () => boolean, bound: number, about: { function: number; sequence?: number; reason: string }, signal: WaitOptions['signal']): Promise<void> {
    let failure: unknown;
    let failed = false;
    const guarded = (): boolean => {
      try {
        assertOpen();
        return ready();
      } catch (error) {
        failure = error;
        failed = true;
        return true;
      }
    };
    try {
      await clock.until(guarded, { bound, reason: about.reason, every: bounds.every, ...(signal ? { signal } : {}) });
    } catch (error) {
      const aborted = signal?.aborted === true;
      throw new GspRpcError(aborted ? 'ABORTED' : 'TIMEOUT', `waited for ${about.reason}`, {
        function: about.function, ...(about.sequence === undefined ? {} : { sequence: about.sequence }),
        reason: about.reason, bound, pointers: pointers(),
      }, error);
    }
    if (failed) throw failure;
  }

  async function sendRecords(fn: number, sequence: number, payload: Uint8Array, options: WaitOptions): Promise<void> {
    const largest = recordPayload(profile);
    let from = 0;
    do {
      const length = Math.min(largest, payload.length - from);
      const entries = recordEntries(profile, length);
      const current = from === 0 ? fn : profile.continuation;
      const room = (): boolean => free(peerPointer('commandRead'), commandWrite, count) >= entries;
      assertOpen();
      if (!room()) {
        if (trace?.on) trace.event('gsp-rpc.space.wait', { function: fn });
        // The firmware may itself wait for room in the status ring: keep taking what it sent.
        await wait(() => {
          pump(() => false);
          return room();
        }, bounds.space, { function: fn, sequence, reason: 'room in the command ring' }, options.signal);
      }
      writeRecord(profile, commands, commandWrite, {
        seqNum: txSeq, elemCount: entries, headerVersion: HEADER_VERSION, signature: SIGNATURE,
        length: length + profile.wire.payload - profile.wire.element, function: current,
        result: PENDING, resultPrivate: PENDING, sequence,
      }, payload, from);
      txSeq = (txSeq + 1) >>> 0;
      commandWrite = advance(commandWrite, entries, count);
      Atomics.store(words, commandHeader + HEADER_WORDS.writePtr, commandWrite);
      doorbell();
      from += length;
      if (from < payload.length && sequence !== 0) sequence = nextSequence();
    } while (from < payload.length);
    if (trace?.on) trace.event('gsp-rpc.sent', { function: fn, sequence, length: payload.length });
  }

  function nextSequence(): number {
    // 0 is what requests without a reply carry, and it stays free for them.
    rpcSequence = rpcSequence === 0xffffffff ? 1 : rpcSequence + 1;
    return rpcSequence;
  }

  /** Runs `work` after everything that was queued in `tail` before. */
  function inTurn<T>(tail: Promise<unknown>, work: () => Promise<T>): Promise<T> {
    return tail.then(work, work);
  }

  function queueSend(fn: number, sequence: number, payload: Uint8Array, options: WaitOptions): Promise<void> {
    const turn = inTurn(sending, () => sendRecords(fn, sequence, payload, options));
    sending = turn.catch(() => undefined);
    return turn;
  }

  /** Takes one record from the status ring. @returns whether there was one */
  function receiveRecord(): boolean {
    if (!isLinked) {
      if (!statusQueueLinked(words)) return false;
      isLinked = true;
      if (trace?.on) trace.event('gsp-rpc.linked', { entries: count });
    }
    const available = used(statusRead, peerPointer('statusWrite'), count);
    if (available === 0) return false;
    const header = peekRecord(profile, statuses, statusRead);
    checkRecordSize(profile, header, available);
    const move = (): void => {
      rxSeq = (rxSeq + 1) >>> 0;
      statusRead = advance(statusRead, header.elemCount, count);
      Atomics.store(words, commandHeader + HEADER_WORDS.readPtr, statusRead);
    };
    let taken;
    try {
      const sum = sumRecord(profile, statuses, statusRead, header);
      if (sum !== 0) throw checksumError(header, sum);
      checkRecordSequence(header, rxSeq);
      checkRpcHeader(header);
      taken = takeRecord(profile, partial, header, (into, offset, length) => {
        copyPayload(profile, statuses, statusRead, into, offset, length);
      });
    } catch (error) {
      if (profile.consumesBadElements) move();
      throw error;
    }
    move();
    if ('partial' in taken) partial = taken.partial;
    else {
      partial = undefined;
      dispatch(taken.message);
    }
    return true;
  }

  function dispatch(message: RpcMessage): void {
    const token = received.begin(message, clock.now());
    if (trace?.on) {
      trace.event('gsp-rpc.received', { function: message.function, result: message.result, length: message.payload.length });
    }
    if (message.function >= profile.events.first) dispatchEvent(message);
    else if (pending?.reply === undefined && pending?.function === message.function && (!counting || pending.sequence === message.sequence)) {
      pending.reply = message;
    } else trace?.event('gsp-rpc.reply.stale', { function: message.function, sequence: message.sequence });
    received.finish(token, clock.now());
  }

  function dispatchEvent(event: RpcMessage): void {
    if (event.function >= profile.events.limit) {
      trace?.event('gsp-rpc.event.unknown', { function: event.function, length: event.payload.length });
    }
    if (event.result !== 0) trace?.event('gsp-rpc.event.result', { function: event.function, result: event.result });
    options.onEvent?.(event);
    const served = handlers.get(event.function);
    if (served !== undefined) for (const handler of [...served]) handler(event);
    for (const waiter of waiters) {
      if (waiter.event === event.function && waiter.message === undefined) {
        waiter.message = event;
        return;
      }
    }
    if (served !== undefined && served.size > 0) return;
    backlog.push(event);
    if (backlog.length > BACKLOG) trace?.event('gsp-rpc.event.dropped', { function: backlog.shift()!.function });
  }

  /** Receives until `done` or the ring is empty. Nested use from a handler does nothing. */
  function pump(done: () => boolean): number {
    if (polling) return 0;
    polling = true;
    let messages = 0;
    try {
      while (!done() && receiveRecord()) messages++;
    } catch (error) {
      if (error instanceof GspRpcError) trace?.event('gsp-rpc.rejected', { code: error.code });
      throw error;
    } finally {
      polling = false;
    }
    return messages;
  }

  return {
    arguments: args,
    get pointers() { return pointers(); },
    sent,
    received,
    linked() {
      if (!isLinked && !closed) isLinked = statusQueueLinked(words);
      return isLinked;
    },
    async send(fn, payload, options = {}) {
      assertOpen();
      checkSendable(profile, fn, payload);
      const token = sent.begin({ function: fn, sequence: 0, payload }, clock.now());
      await queueSend(fn, 0, payload, options);
      sent.finish(token, clock.now());
    },
    call(fn, payload, options = {}) {
      const turn = inTurn(calling, async () => {
        assertOpen();
        checkSendable(profile, fn, payload);
        const sequence = counting ? nextSequence() : 0;
        const mine: PendingCall = { function: fn, sequence, reply: undefined };
        const token = sent.begin({ function: fn, sequence, payload }, clock.now());
        pending = mine;
        try {
          await queueSend(fn, sequence, payload, options);
          await wait(() => {
            pump(() => mine.reply !== undefined);
            return mine.reply !== undefined;
          }, options.bound ?? bounds.reply, { function: fn, sequence, reason: 'the reply' }, options.signal);
        } finally {
          if (pending === mine) pending = undefined;
          sent.finish(token, clock.now());
        }
        return mine.reply!;
      });
      calling = turn.catch(() => undefined);
      return turn;
    },
    async expect(event, options = {}) {
      assertOpen();
      const early = backlog.findIndex((message) => message.function === event);
      if (early >= 0) return backlog.splice(early, 1)[0]!;
      const waiter: Waiter = { event, message: undefined };
      waiters.add(waiter);
      try {
        await wait(() => {
          pump(() => waiter.message !== undefined);
          return waiter.message !== undefined;
        }, options.bound ?? bounds.reply, { function: event, reason: 'the event' }, options.signal);
      } finally {
        waiters.delete(waiter);
      }
      return waiter.message!;
    },
    on(event, handler) {
      let set = handlers.get(event);
      if (set === undefined) handlers.set(event, (set = new Set()));
      set.add(handler);
      return () => {
        set.delete(handler);
      };
    },
    poll() {
      assertOpen();
      return pump(() => false);
    },
    close() {
      closed = true;
    },
  };
}
