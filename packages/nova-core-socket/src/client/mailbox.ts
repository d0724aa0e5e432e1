// What the thread of a client and the thread of its socket say to each other.
import type { MessagePort } from 'node:worker_threads';

/** The one word that both share: whether the answer that somebody sleeps for is there. */
export const WAIT = { none: 0, answered: 1, gone: 2 } as const;

/** A request, with its frame. */
export interface Order {
  readonly frame: Uint8Array<ArrayBuffer>;
  /** Somebody sleeps until the answer is there. */
  readonly asleep: boolean;
}

export type Notice =
  | { readonly kind: 'ready' }
  | { readonly kind: 'frame'; readonly frame: Uint8Array<ArrayBuffer> }
  | { readonly kind: 'gone'; readonly why: string };

/** What the socket's thread is started with. */
export interface ThreadStart {
  readonly novaCoreClient: true;
  readonly path: string;
  readonly word: Int32Array<SharedArrayBuffer>;
  /** Orders one way, notices the other. */
  readonly port: MessagePort;
  /** Answers that somebody sleeps for. */
  readonly answers: MessagePort;
}
