import type { Trace } from '@nova-stack/trace';
import type { RpcMessage } from './message.ts';
import type { FramingProfile } from './profile.ts';

/** Events that nobody took and a later wait may still want. */
const BACKLOG = 64;

/** Somebody who waits for one event. */
export interface Waiter {
  readonly event: number;
  message: RpcMessage | undefined;
}

/** Brings events to handlers and waiters; what nobody took waits in a short backlog. */
export class EventHub {
  readonly #profile: FramingProfile;
  readonly #trace: Trace | undefined;
  readonly #observer: ((event: RpcMessage) => void) | undefined;
  readonly #handlers = new Map<number, Set<(event: RpcMessage) => void>>();
  readonly #waiters = new Set<Waiter>();
  readonly #backlog: RpcMessage[] = [];

  constructor(profile: FramingProfile, trace: Trace | undefined, observer: ((event: RpcMessage) => void) | undefined) {
    this.#profile = profile;
    this.#trace = trace;
    this.#observer = observer;
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

  dispatch(event: RpcMessage): void {
    const { function: number, result, payload } = event;
    if (number >= this.#profile.events.limit) this.#trace?.event('gsp-rpc.event.unknown', { function: number, length: payload.length });
    if (result !== 0) this.#trace?.event('gsp-rpc.event.result', { function: number, result });
    this.#observer?.(event);
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
    if (this.#backlog.length > BACKLOG) this.#trace?.event('gsp-rpc.event.dropped', { function: this.#backlog.shift()!.function });
  }
}
