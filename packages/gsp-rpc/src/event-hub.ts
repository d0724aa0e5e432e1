import type { Trace } from '@nova-stack/trace';
import type { Judge } from './checks.ts';
import { GspRpcError } from './errors.ts';
import type { RpcMessage } from './message.ts';
import type { FramingProfile } from './profile.ts';

/** Events that nobody took and a later wait may still want. */
const BACKLOG = 64;

/** An event whose payload has a meaning: `decode` throws for one that it cannot read. */
export interface EventForm<T> {
  readonly event: number;
  readonly decode: (payload: Uint8Array) => T;
}

/**
 * What becomes of an event that the release has no number for: handled like any other (`keep`), dropped after a word to the trace as
 * nouveau and tinygrad do (`drop`), or an error for whoever receives just then (`reject`).
 */
export type UnknownEvents = 'keep' | 'drop' | 'reject';

/** Somebody who waits for one event. */
export interface Waiter {
  readonly event: number;
  message: RpcMessage | undefined;
}

export interface EventHubOptions {
  readonly profile: FramingProfile;
  readonly judge: Judge;
  readonly trace: Trace | undefined;
  /** Sees every event that is handled, before anybody else. */
  readonly observer: ((event: RpcMessage) => void) | undefined;
  readonly unknown: UnknownEvents;
}

/** Brings events to handlers and waiters; what nobody took waits in a short backlog. */
export class EventHub {
  readonly #options: EventHubOptions;
  readonly #handlers = new Map<number, Set<(event: RpcMessage) => void>>();
  readonly #waiters = new Set<Waiter>();
  readonly #backlog: RpcMessage[] = [];

  constructor(options: EventHubOptions) {
    this.#options = options;
  }

  on(event: number, handler: (event: RpcMessage) => void): () => void {
    let set = this.#handlers.get(event);
    if (set === undefined) this.#handlers.set(event, (set = new Set()));
    set.add(handler);
    return () => {
      set.delete(handler);
    };
  }

  /** Waits for the next `event`; one in the backlog is there at once. */
  wait(event: number): Waiter {
    const early = this.#backlog.findIndex((message) => message.function === event);
    const waiter: Waiter = { event, message: early < 0 ? undefined : this.#backlog.splice(early, 1)[0]! };
    this.#waiters.add(waiter);
    return waiter;
  }

  forget(waiter: Waiter): void {
    this.#waiters.delete(waiter);
  }

  /** @throws {@link GspRpcError} `FUNCTION` for an unknown event that is to be rejected */
  dispatch(event: RpcMessage): void {
    const { judge, trace, observer } = this.#options;
    const { function: number, result, sequence } = event;
    if (!this.#known(event)) return;
    if (result !== 0) {
      trace?.event('gsp-rpc.event.result', { function: number, result });
      judge.find(new GspRpcError('EVENT_RESULT', 'an event with an error', { field: 'rpc_result', value: result, allowed: '0', function: number, sequence }), true);
    }
    observer?.(event);
    const handlers = [...(this.#handlers.get(number) ?? [])];
    for (const handler of handlers) handler(event);
    for (const waiter of this.#waiters) {
      if (waiter.event === number && waiter.message === undefined) {
        waiter.message = event;
        return;
      }
    }
    if (handlers.length > 0) return;
    this.#backlog.push(event);
    if (this.#backlog.length > BACKLOG) trace?.event('gsp-rpc.event.dropped', { function: this.#backlog.shift()!.function });
  }

  /** Whether the event is to be handled. */
  #known({ function: number, sequence, payload }: RpcMessage): boolean {
    const { profile: { events }, judge, trace, unknown } = this.#options;
    if (number < events.limit) return true;
    trace?.event('gsp-rpc.event.unknown', { function: number, length: payload.length });
    const allowed = `0x${events.first.toString(16)}..0x${(events.limit - 1).toString(16)}`;
    const found = new GspRpcError('FUNCTION', 'no event of this release', { field: 'function', value: number, allowed, sequence });
    if (unknown === 'reject' && !judge.lenient) throw found;
    judge.find(found, true);
    return unknown === 'keep';
  }
}
