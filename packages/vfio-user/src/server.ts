import { isMainThread } from 'node:worker_threads';

import type { PciFunction } from '@nova-stack/pci';
import { noTrace, type Trace } from '@nova-stack/trace';

import { Admission } from './admission.ts';
import type { Connection, Conversation } from './carrier.ts';
import { DevicePort } from './device-port.ts';
import { descriptorCarrier } from './fd/carrier.ts';
import { openDescriptors } from './fd/descriptors.ts';
import { nodeCarrier } from './node-carrier.ts';
import { Session } from './session.ts';
import { listenAt } from './socket-file.ts';
import { checkPath } from './socket-path.ts';

export interface ServeOptions {
  /** The device; nobody else may drive it. */
  readonly device: PciFunction;
  /** Path of the UNIX socket, at most 107 bytes. A socket that nobody listens on any more is replaced. */
  readonly path: string;
  /** The host's time in nanoseconds; default: since the server was made. */
  readonly now?: () => number;
  /** Path of a file that is the client's memory; without one memory is reached as `dma` says. */
  readonly memoryFile?: string;
  /** `fd`, the default: by the memory that the client passes, and by messages where it passes none; `messages`: by those only. */
  readonly dma?: 'fd' | 'messages';
  /**
   * Whether file descriptors are taken, where the optional package koffi can be had; default true in the main thread. A
   * worker that takes them must be ended by closing its server: koffi 3.3 crashes in one that is terminated.
   */
  readonly descriptors?: boolean;
  readonly trace?: Trace;
  /** Name for the trace; default the path. */
  readonly name?: string;
}

export interface VfioUserServer {
  readonly path: string;
  /** A client is connected. */
  readonly connected: boolean;
  /** Why file descriptors are not taken; undefined when they are. */
  readonly missing: string | undefined;
  /** Ends the conversation, if there is one, and takes the socket away. */
  close(): Promise<void>;
}

/** Why descriptors are not wanted. */
function wanted(descriptors: boolean | undefined): string | undefined {
  if (descriptors === false) return 'they were switched off';
  return descriptors === undefined && !isMainThread ? 'this is a worker, where they must be asked for' : undefined;
}

/**
 * Serves a device on a UNIX socket that only this user can open. One client at a time; the next one finds the device
 * as after power-on. Several devices can be served in one process, each on a socket of its own.
 *
 * @throws {@link VfioUserError} `SOCKET`.
 */
export async function serveDevice(options: ServeOptions): Promise<VfioUserServer> {
  const { device, path, memoryFile, dma, trace = noTrace, name = path } = options;
  checkPath(path);
  const descriptors = wanted(options.descriptors) ?? openDescriptors();
  const missing = typeof descriptors === 'string' ? descriptors : undefined;
  const carrier = typeof descriptors === 'string' ? nodeCarrier : descriptorCarrier(descriptors);
  const started = performance.now();
  const now = options.now ?? ((): number => Math.round((performance.now() - started) * 1e6));
  const port = new DevicePort(device, now, trace);
  const begin = (connection: Connection): Conversation => {
    trace.event('vfio-user.client.connected', { device: name });
    const session = new Session({
      port, trace, memoryFile, dma, descriptors: carrier.descriptors,
      send: (bytes, length, last) => { connection.send(bytes, length, last); },
      congested: () => connection.congested,
    });
    return {
      receive: (bytes, length, passed) => { session.receive(bytes, length, passed); },
      resume: () => session.resume(),
      gone(why) {
        session.close();
        trace.event('vfio-user.client.gone', { device: name, why });
      },
    };
  };
  const admission = new Admission(begin, () => { trace.event('vfio-user.client.refused', { device: name }); }, (fd) => { carrier.descriptors?.close(fd); });
  const listening = await listenAt(path, (place) => carrier.listen(place, (connection) => admission.admit(connection)));
  trace.event('vfio-user.server.listening', { device: name, path });
  if (missing !== undefined) trace.event('vfio-user.descriptors.missing', { device: name, why: missing });
  return {
    path,
    missing,
    get connected() { return admission.taken; },
    close() {
      admission.close();
      return listening.close();
    },
  };
}
