import { ftruncateSync } from 'node:fs';

import { SystemError } from './errors.ts';
import { isEventfd, Signals } from './eventfd.ts';
import { openLibC, type LibC } from './libc.ts';
import { MemoryFiles, type FileMemory, type Piece } from './memory.ts';
import { Messages, type Received } from './messages.ts';

/** What a descriptor is waited for. */
export interface Interest {
  readonly readable?: boolean;
  readonly writable?: boolean;
}

/** A descriptor that is waited for by the event loop. */
export interface Watch {
  /** Waits for something else from now on; for nothing with neither set. */
  change(interest: Interest): void;
  /** Ends it; to be called before the descriptor is closed. */
  close(): void;
  unref(): void;
}

/**
 * UNIX sockets that pass file descriptors, and what is done with those: everything without waiting, on the event loop.
 * All of it throws {@link SystemError}.
 */
export interface Descriptors {
  /** A socket that listens at `path`, at most 107 bytes. */
  listen(path: string): number;
  /** The next peer of a listening socket, or undefined. */
  accept(listener: number): number | undefined;
  connect(path: string): number;
  /** Takes what there is; the result is lent until the next call. */
  receive(socket: number): Received;
  /** Sends the first `length` bytes of `bytes`, the descriptors with the first of them; tells how many bytes were taken. */
  send(socket: number, bytes: Uint8Array, length: number, descriptors?: readonly number[]): number;
  /** Calls `ready` in every turn of the event loop in which there is something to do. Only for sockets and eventfds. */
  watch(fd: number, interest: Interest, ready: () => void): Watch;
  /** A piece of a memory file; takes `fd` over. undefined when it is no file that may be used. */
  memory(fd: number, piece: Piece): FileMemory | undefined;
  isEventfd(fd: number): boolean;
  /** Adds one to an eventfd; never waits, whatever its owner does. */
  signal(eventfd: number): void;
  /** Takes an eventfd's counter; 0 when it is 0. */
  take(eventfd: number): number;
  /** A new eventfd, its counter 0. */
  eventfd(): number;
  /** A new memory file of `size` bytes; a sealed one can neither shrink nor grow. */
  memoryFile(size: number, sealed: boolean): number;
  /** Node's own functions complain in a worker when they close what they did not open. */
  close(fd: number): void;
}

const SOCK = { family: 1, stream: 1, flags: 0o2004000 } as const;
const [SOL_SOCKET, SO_SNDBUF] = [1, 7];
/** Bytes of a socket's outgoing buffer: the largest reply, if the system allows that much. */
const SEND_BUFFER = 1 << 20;
const [EINTR, EAGAIN, ECONNABORTED] = [4, 11, 103];
const EVENTFD_FLAGS = 0o2004000;
const MEMFD = { closeOnExec: 1, allowSealing: 2 } as const;
const [F_ADD_SEALS, F_SEAL_SHRINK_GROW] = [1033, 6];

let opened: Descriptors | string | undefined;

/** The descriptors of this process, or why they can't be had: a reason in plain words. */
export function openDescriptors(): Descriptors | string {
  return (opened ??= make());
}

function make(): Descriptors | string {
  const c = openLibC();
  if (typeof c === 'string') return c;
  try {
    return descriptors(c, new Signals(c));
  } catch (error) {
    return `eventfds cannot be signalled: ${(error as Error).message}`;
  }
}

function descriptors(c: LibC, signals: Signals): Descriptors {
  const messages = new Messages(c);
  const files = new MemoryFiles(c);
  // A watch that nobody holds would be collected, and end; one that is open when the process or worker ends would crash it.
  const live = new Set<Watch>();
  process.once('exit', () => { for (const watch of live) watch.close(); });
  const checked = (call: string, result: number): number => {
    if (result < 0) throw new SystemError(call, c.koffi.errno());
    return result;
  };
  /** Makes a socket and does the rest, or closes it. */
  const socket = (rest: (fd: number) => void): number => {
    const fd = checked('socket', c.socket(SOCK.family, SOCK.stream | SOCK.flags, 0));
    try {
      rest(fd);
      return fd;
    } catch (error) {
      c.close(fd);
      throw error;
    }
  };
  const widen = (fd: number): void => { c.setsockopt(fd, SOL_SOCKET, SO_SNDBUF, new Uint8Array(Uint32Array.of(SEND_BUFFER).buffer), 4); };
  return {
    listen: (path) => socket((fd) => {
      const address = unixAddress(path);
      checked('bind', c.bind(fd, address, address.length));
      checked('listen', c.listen(fd, 8));
    }),
    accept(listener) {
      const fd = c.accept4(listener, null, null, SOCK.flags);
      if (fd >= 0) {
        widen(fd);
        return fd;
      }
      const errno = c.koffi.errno();
      if (errno === EAGAIN || errno === EINTR || errno === ECONNABORTED) return undefined;
      throw new SystemError('accept4', errno);
    },
    connect: (path) => socket((fd) => {
      const address = unixAddress(path);
      checked('connect', c.connect(fd, address, address.length));
      widen(fd);
    }),
    receive: (fd) => messages.receive(fd),
    send: (fd, bytes, length, passed) => messages.send(fd, bytes, length, passed),
    watch(fd, interest, ready) {
      const events = ({ readable = false, writable = false }: Interest): { readable: boolean; writable: boolean } => ({ readable, writable });
      const called = guarded(ready);
      const handle = c.koffi.node.poll(fd, events(interest), called);
      const watch: Watch = {
        change(wanted) {
          if (wanted.readable || wanted.writable) handle.start(events(wanted), called);
          else handle.stop();
        },
        close() {
          if (live.delete(watch)) handle.close();
        },
        unref: () => { handle.unref(); },
      };
      live.add(watch);
      return watch;
    },
    memory: (fd, piece) => files.open(fd, piece),
    isEventfd,
    signal: (fd) => { signals.signal(fd); },
    take: (fd) => signals.take(fd),
    eventfd: () => checked('eventfd', c.eventfd(0, EVENTFD_FLAGS)),
    memoryFile(size, sealed) {
      const fd = checked('memfd_create', c.memfd_create('vfio-user', MEMFD.closeOnExec | MEMFD.allowSealing));
      ftruncateSync(fd, size);
      if (sealed) checked('fcntl', c.fcntl(fd, F_ADD_SEALS, F_SEAL_SHRINK_GROW));
      return fd;
    },
    close: (fd) => { c.close(fd); },
  };
}

let flushing = false;

/**
 * A callback as koffi may call it: outside of Node's own callbacks, so that an error would end the process later and
 * without a word, and promises would wait for the next one of those.
 */
function guarded(ready: () => void): () => void {
  return () => {
    try {
      ready();
    } catch (error) {
      setImmediate(() => { throw error; });
    }
    if (flushing) return;
    flushing = true;
    setTimeout(() => { flushing = false; }, 1);
  };
}

/** struct sockaddr_un. */
function unixAddress(path: string): Uint8Array {
  const name = new TextEncoder().encode(path);
  return Uint8Array.from([SOCK.family, 0, ...name, 0]);
}
