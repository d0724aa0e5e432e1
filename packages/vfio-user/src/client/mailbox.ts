// What the caller's thread and the socket's thread share. One request is waited for at a time; what is to be sent lies
// in the outbox, and whoever holds the writer's lock sends it. Nothing here waits.
import { HEADER, MAX_MESSAGE } from '../protocol.ts';

/** Indices of the shared words. */
export const WORD = {
  /** {@link STATE} */
  state: 0,
  /** Id of the request that is waited for, or {@link WANTED}. The caller sleeps on it. */
  wanted: 1,
  /** Command of that request. */
  command: 2,
  /** Errno of its reply, 0 for none. */
  errno: 3,
  /** Bytes of the reply's body. */
  length: 4,
  /** {@link WRITER} */
  writer: 5,
  /** Bytes in the outbox; the caller adds, always whole messages. */
  head: 6,
  /** Bytes of the outbox that were sent; the caller sleeps on it when the outbox is full. */
  tail: 7,
  /** File descriptor of the socket, or -1: then only the socket's thread can send. */
  descriptor: 8,
  /** 1 from the arrival of an interrupt message until the caller's thread has heard of it. */
  interrupt: 9,
  /** Requests of the server's that were refused, less those that the caller's thread has heard of. */
  refused: 10,
  /** Requests of the server's that were served, modulo 2^32. */
  served: 11,
  count: 16,
} as const;

export const STATE = { connecting: 0, ready: 1, gone: 2 } as const;
/** No request is waited for: the last one was answered, or never will be. */
export const WANTED = { answered: -1, lost: -2 } as const;
export const WRITER = { free: 0, caller: 1, socket: 2 } as const;

/** Room for what is not sent yet: a few large writes. */
export const OUTBOX: number = 4 << 20;

export interface Mailbox {
  readonly words: Int32Array<SharedArrayBuffer>;
  /** Messages that wait to be sent, from `tail` to `head`. */
  readonly outbox: Uint8Array<SharedArrayBuffer>;
  /** Body of the last reply. */
  readonly reply: Uint8Array<SharedArrayBuffer>;
}

const WORDS_SIZE = WORD.count * 4;
const REPLY = MAX_MESSAGE - HEADER.size;

export const mailboxMemory = (): SharedArrayBuffer => new SharedArrayBuffer(WORDS_SIZE + REPLY + OUTBOX);

export function mailboxOn(memory: SharedArrayBuffer): Mailbox {
  return {
    words: new Int32Array(memory, 0, WORD.count),
    reply: new Uint8Array(memory, WORDS_SIZE, REPLY),
    outbox: new Uint8Array(memory, WORDS_SIZE + REPLY, OUTBOX),
  };
}

/** What the caller's thread tells the socket's. Read before each request of the server's is served, so never too late. */
export type Order =
  /** The outbox is not empty. */
  | { readonly kind: 'send' }
  | { readonly kind: 'map'; readonly address: number; readonly memory: SharedArrayBuffer }
  | { readonly kind: 'unmap'; readonly address: number }
  /** Where interrupt messages go; undefined for nowhere. */
  | { readonly kind: 'messages'; readonly address: number | undefined };

/** What the socket's thread tells the caller's. */
export type Notice =
  | { readonly kind: 'ready' }
  | { readonly kind: 'interrupt' }
  | { readonly kind: 'refused'; readonly op: string; readonly address: number; readonly size: number; readonly why: string }
  | { readonly kind: 'gone'; readonly code: 'SOCKET' | 'PROTOCOL' | 'LOST'; readonly why: string };
