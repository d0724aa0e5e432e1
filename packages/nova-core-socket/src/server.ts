import { rmSync } from 'node:fs';
import { createServer, type Socket } from 'node:net';

import type { CoreEndpoint } from '@nova-stack/nova-core-api';

import { converse } from './connection.ts';
import { listenAt } from './listen.ts';

/** What happens on the socket, for who wants to show it. */
export type SocketEvent =
  | { readonly kind: 'connected' | 'refused'; readonly connections: number }
  | { readonly kind: 'gone'; readonly connections: number; readonly why: string };

export interface ServeCoreOptions {
  /** The core. What clients do on the socket is done here, with all its checks. */
  readonly endpoint: CoreEndpoint;
  /** Path of the UNIX socket, at most 107 bytes. A socket that nobody listens on any more is replaced. */
  readonly path: string;
  /** Connections at a time, from 1; default 64. One more is closed at once. */
  readonly maxConnections?: number;
  readonly onEvent?: (event: SocketEvent) => void;
}

export interface CoreServer {
  readonly path: string;
  /** Clients that are connected, or whose sessions are still being ended. */
  readonly connections: number;
  /** Takes the socket away, ends every connection, and resolves when all that clients held is back. Twice is once. */
  close(): Promise<void>;
}

/**
 * Serves a core on a UNIX socket that only this user can open, for clients in other processes.
 *
 * @throws CoreSocketError `SOCKET`
 */
export async function serveCore({ endpoint, path, maxConnections = 64, onEvent = () => undefined }: ServeCoreOptions): Promise<CoreServer> {
  const clients = new Map<Socket, Promise<void>>();
  const server = createServer((socket) => {
    if (clients.size >= maxConnections) {
      socket.on('error', () => undefined);
      socket.destroy();
      onEvent({ kind: 'refused', connections: clients.size });
      return;
    }
    const gone = converse(socket, endpoint).then((why) => {
      clients.delete(socket);
      onEvent({ kind: 'gone', connections: clients.size, why });
    });
    clients.set(socket, gone);
    onEvent({ kind: 'connected', connections: clients.size });
  });
  await listenAt(server, path);
  let closing: Promise<void> | undefined;
  return {
    path,
    get connections() { return clients.size; },
    close: () => (closing ??= (async () => {
      const closed = new Promise((resolve) => server.close(resolve));
      rmSync(path, { force: true });
      const leaving = [...clients.values()];
      for (const socket of clients.keys()) socket.destroy();
      await Promise.all(leaving);
      await closed;
    })()),
  };
}
