import type { Descriptors } from './fd/descriptors.ts';

/** A server's end of one client's stream. */
export interface Connection {
  /** Sends the first `length` bytes of `bytes`, which are only lent. `last`: nothing else is about to be sent. */
  send(bytes: Uint8Array, length: number, last: boolean): void;
  /** So much waits for the client that no more of its requests should be worked on until some of it went. */
  readonly congested: boolean;
  /** Ends it; `gone` is called later. */
  close(): void;
}

/** What a server does with a client's stream. */
export interface Conversation {
  /**
   * Takes the first `length` bytes, which are only lent, and the descriptors that belong to the last of them, which are
   * handed over. What it throws ends the connection.
   */
  receive(bytes: Uint8Array, length: number, descriptors: readonly number[]): void;
  /** The connection is no longer congested; true when everything that was received is worked on. Nothing is received before. */
  resume(): boolean;
  /** Called once, in a later turn than the one in which the connection began. */
  gone(why: string): void;
}

/** Says what is done with a client's stream, now or later; may close the connection. */
export type Accept = (connection: Connection) => Conversation | Promise<Conversation>;

/** A way to listen on a UNIX socket. */
export interface Carrier {
  /** What can be done with descriptors; undefined where none arrive. */
  readonly descriptors: Descriptors | undefined;
  /** Listens. Nothing is read from a client before `accept` has given its conversation. */
  listen(path: string, accept: Accept): Promise<Listening>;
}

export interface Listening {
  /** Takes no client any more; those that there are stay. */
  close(): Promise<void>;
}

export const CLOSED_BY_CLIENT = 'it closed the connection';
export const READS_NOTHING = 'it does not read what it is sent';
