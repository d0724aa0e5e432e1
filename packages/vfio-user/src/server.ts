import { chmodSync, lstatSync, mkdtempSync, renameSync, rmSync, unlinkSync } from 'node:fs';
import { createConnection, createServer, type Server, type Socket } from 'node:net';
import { dirname, join } from 'node:path';

import type { PciFunction } from '@nova-stack/pci';
import { noTrace, type Trace } from '@nova-stack/trace';

import { DevicePort } from './device-port.ts';
import { VfioUserError } from './errors.ts';
import { Session } from './session.ts';
import { checkPath } from './socket-path.ts';

export interface ServeOptions {
  /** The device; nobody else may drive it. */
  readonly device: PciFunction;
  /** Path of the UNIX socket, at most 107 bytes. A socket that nobody listens on any more is replaced. */
  readonly path: string;
  /** The host's time in nanoseconds; default: since the server was made. */
  readonly now?: () => number;
  /** Path of a file that is the client's memory; without one memory is reached by messages. */
  readonly memoryFile?: string;
  readonly trace?: Trace;
  /** Name for the trace; default the path. */
  readonly name?: string;
}

export interface VfioUserServer {
  readonly path: string;
  /** A client is connected. */
  readonly connected: boolean;
  /** Ends the conversation, if there is one, and takes the socket away. */
  close(): Promise<void>;
}

/** Bytes that wait for a slow client before no more of its requests are read. */
const MAX_BACKLOG = 8 << 20;

/**
 * Serves a device on a UNIX socket that only this user can open. One client at a time; the next one finds the device
 * as after power-on.
 *
 * @throws {@link VfioUserError} `SOCKET`.
 */
export async function serveDevice(options: ServeOptions): Promise<VfioUserServer> {
  const { device, path, trace = noTrace, name = path } = options;
  checkPath(path);
  await removeStale(path);
  const started = performance.now();
  const now = options.now ?? ((): number => Math.round((performance.now() - started) * 1e6));
  const port = new DevicePort(device, now, trace);
  let current: Socket | undefined;

  const server = createServer((socket) => {
    if (current) {
      trace.event('vfio-user.client.refused', { device: name });
      socket.destroy();
      return;
    }
    current = socket;
    trace.event('vfio-user.client.connected', { device: name });
    converse(socket, port, options, (why) => {
      current = undefined;
      trace.event('vfio-user.client.gone', { device: name, why });
    });
  });
  await listen(server, path);
  trace.event('vfio-user.server.listening', { device: name, path });
  return {
    path,
    get connected() { return current !== undefined; },
    close: () => new Promise((resolve) => {
      server.close(() => resolve());
      rmSync(path, { force: true });
      current?.destroy();
    }),
  };
}

function converse(socket: Socket, port: DevicePort, { memoryFile, trace = noTrace }: ServeOptions, gone: (why: string) => void): void {
  let why = 'it closed the connection';
  const outgoing: Uint8Array[] = [];
  const flush = (): void => {
    if (outgoing.length === 0 || socket.destroyed) return;
    socket.write(outgoing.length === 1 ? outgoing[0]! : Buffer.concat(outgoing));
    outgoing.length = 0;
    if (socket.writableLength > MAX_BACKLOG) socket.pause();
  };
  let inside = false;
  const session = new Session({ port, trace, memoryFile, send: (bytes) => {
    outgoing.push(bytes);
    // What a read brought is answered in one write.
    if (!inside) flush();
  } });
  const fail = (error: unknown): void => {
    why = error instanceof Error ? error.message : String(error);
    socket.destroy();
  };
  socket.on('data', (bytes: Buffer) => {
    inside = true;
    try {
      session.receive(bytes);
    } catch (error) {
      fail(error);
    } finally {
      inside = false;
    }
    flush();
  });
  socket.on('drain', () => socket.resume());
  socket.on('error', (error) => { why = error.message; });
  socket.on('close', () => {
    session.close();
    gone(why);
  });
}

/** Listens in a folder that nobody else can enter, and moves the socket to its place once only this user may open it. */
async function listen(server: Server, path: string): Promise<void> {
  try {
    const folder = mkdtempSync(join(dirname(path), '.'));
    const hidden = join(folder, 's');
    try {
      await new Promise<void>((resolve, reject) => {
        server.once('error', reject);
        server.listen(hidden, resolve);
      });
      chmodSync(hidden, 0o600);
      renameSync(hidden, path);
    } finally {
      rmSync(folder, { recursive: true, force: true });
    }
  } catch (cause) {
    server.close();
    throw new VfioUserError('SOCKET', `Cannot listen on ${path}: ${(cause as Error).message}`, { cause });
  }
}

/** Takes away a socket that nobody listens on; anything else stays. */
async function removeStale(path: string): Promise<void> {
  let isSocket: boolean;
  try {
    isSocket = lstatSync(path).isSocket();
  } catch {
    return;
  }
  if (!isSocket) throw new VfioUserError('SOCKET', `${path} exists and is no socket`);
  const inUse = await new Promise<boolean>((resolve) => {
    const probe = createConnection(path, () => {
      probe.destroy();
      resolve(true);
    });
    probe.on('error', () => resolve(false));
  });
  if (inUse) throw new VfioUserError('SOCKET', `Somebody listens on ${path} already`);
  unlinkSync(path);
}
