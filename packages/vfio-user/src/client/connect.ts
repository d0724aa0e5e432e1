import { createRequire } from 'node:module';
import { MessageChannel, receiveMessageOnPort, Worker, type MessagePort } from 'node:worker_threads';

import { BarWindows, DriverView, EXTENDED_CAPABILITY, HEADER, PciError, type MessageTarget, type PciAddress, type PciDevice } from '@nova-stack/pci';
import { noTrace, type Trace } from '@nova-stack/trace';

import { VfioUserError } from '../errors.ts';
import { COMMAND, REGION } from '../protocol.ts';
import { checkPath } from '../socket-path.ts';
import { placeBars, placeVirtualBars, readBars, type ConfigAccess } from './bars.ts';
import { Caller } from './caller.ts';
import { LentMemory } from './lent-memory.ts';
import { mailboxMemory, mailboxOn, STATE, WORD, type Mailbox, type Notice, type Order } from './mailbox.ts';
import { negotiate, type DeviceInfo } from './negotiate.ts';
import { RemotePlace } from './remote-place.ts';

export interface ConnectOptions {
  /** Path of the server's UNIX socket, at most 107 bytes. */
  readonly path: string;
  /** Longest wait for an answer of the server's, in milliseconds; default 10 000. */
  readonly timeout?: number;
  /** Do not wait for writes to memory BARs; default true. */
  readonly postedWrites?: boolean;
  /** Where the device appears; default 0000:01:00.0. */
  readonly address?: PciAddress;
  readonly trace?: Trace;
}

/** A device in another process. */
export interface RemoteDevice {
  /** The device as its driver sees it. Its virtual functions come to be, but are not reached through this socket. */
  readonly device: PciDevice;
  /** Vectors of each kind of interrupt. Without file descriptors only a server that writes MSI messages can send any. */
  readonly interrupts: DeviceInfo['interrupts'];
  /** Why the connection ended, where nobody closed it; the device has left the bus then. */
  readonly lost: VfioUserError | undefined;
  /** Ends the connection; everything posted has reached the server then. */
  close(): Promise<void>;
}

/** What the socket's thread runs: always as built, for a thread of Node's cannot start from TypeScript. */
const builtWorker = (): string => createRequire(import.meta.url).resolve('@nova-stack/vfio-user/client/worker');
const DEFAULT_TIMEOUT = 10_000;
const DEFAULT_ADDRESS: PciAddress = { segment: 0, bus: 1, device: 0, function: 0 };

/** Address and data of interrupt messages, as on an x86 bus, and the page that is lent around them. */
const MESSAGE = { address: 0xfee0_0000, data: 0x4021, page: 4096 } as const;

/**
 * Connects to a vfio-user server and takes its device as a function on a bus of its own: reset, BARs placed, decoding off.
 * Accesses wait for the server, with the thread asleep; memory is served to the device meanwhile, by another thread. So
 * the server must live in another process, or at least another thread.
 *
 * @throws {@link VfioUserError} `SOCKET` nobody listens; `VERSION`, `PROTOCOL`, `DEVICE`, `REFUSED` what it says cannot be
 * used; `TIMEOUT`, `LOST`. An access to the device throws `TIMEOUT` once when the server does not answer it, after which the
 * device has left the bus.
 */
export async function connectDevice(options: ConnectOptions): Promise<RemoteDevice> {
  return connectWith(builtWorker(), options);
}

/** {@link connectDevice} with the file that the socket's thread runs. */
export async function connectWith(worker: string, options: ConnectOptions): Promise<RemoteDevice> {
  const { path, timeout = DEFAULT_TIMEOUT } = options;
  checkPath(path);
  if (!(timeout >= 1 && timeout <= 2 ** 31 - 1)) throw new VfioUserError('SOCKET', `A time-out of ${timeout} ms: expected 1 to ${2 ** 31 - 1}`);
  const connection = new Connection(worker, options, timeout);
  try {
    await connection.ready;
    return takeDevice(connection, options);
  } catch (error) {
    // The socket's thread knows better why a connection ended.
    const why = error instanceof VfioUserError && error.code === 'LOST' ? (connection.lost ?? error) : error;
    await connection.close();
    throw why;
  }
}

function takeDevice(connection: Connection, { path, postedWrites = true, address = DEFAULT_ADDRESS, trace = noTrace }: ConnectOptions): RemoteDevice {
  const { caller } = connection;
  const info = negotiate((command, body) => caller.request(command, body));
  const { maxTransfer, maxMaps, writeMultiple } = info.version;
  caller.multiple = writeMultiple;
  if (info.resettable) caller.request(COMMAND.deviceReset, new Uint8Array(0));
  const memory = new LentMemory(caller, (order) => { connection.tell(order); }, maxMaps);
  const place = new RemotePlace({
    caller, trace, address, maxTransfer, configSize: info.regions[REGION.config]!, posted: postedWrites, resettable: info.resettable,
    listen: (handler) => listen(connection, memory, handler),
  });
  const device = new DriverView(place, memory);
  const config: ConfigAccess = { read: (offset) => place.readConfig(offset, 4), write: (offset, value) => { place.writeConfig(offset, 4, value); } };
  const windows = new BarWindows();
  device.disable();
  place.resources = placeBars(config, readBars(config, info.regions), windows);
  place.sriovAt = device.findExtendedCapability(EXTENDED_CAPABILITY.sriov);
  if (place.sriovAt !== undefined) place.virtualResources = placeVirtualBars(config, place.sriovAt, windows);
  if (!place.present) throw new VfioUserError('LOST', 'The connection to the server has ended');
  connection.name = place.name;
  connection.taken = true;
  trace.event('vfio-user.remote.connected', {
    device: place.name, path, vendor: device.readConfig(HEADER.vendor, 2), id: device.readConfig(HEADER.device, 2), bars: place.resources.length,
  });
  return {
    device,
    interrupts: info.interrupts,
    get lost() { return connection.lost; },
    close: () => connection.close(),
  };
}

/** @throws PciError `BUSY`. */
function listen(connection: Connection, memory: LentMemory, handler: () => void): MessageTarget {
  if (connection.handler) throw new PciError('BUSY', `${connection.name} has an interrupt handler already`);
  connection.handler = handler;
  // A server that asks its client before it believes in an address finds memory there.
  memory.allocate(MESSAGE.address, MESSAGE.page);
  connection.tell({ kind: 'messages', address: MESSAGE.address });
  return {
    address: MESSAGE.address, data: MESSAGE.data,
    disconnect: () => {
      if (connection.handler !== handler) return;
      connection.handler = undefined;
      connection.tell({ kind: 'messages', address: undefined });
      memory.unmap(MESSAGE.address);
    },
  };
}

/** A mailbox, and the thread at its other end. */
class Connection {
  readonly caller: Caller;
  /** Settles when the socket is connected, or is known not to be. */
  readonly ready: Promise<void>;
  /** What hears of interrupt messages. */
  handler: (() => void) | undefined;
  name: string;
  /** There is a device. */
  taken: boolean = false;
  readonly #box: Mailbox;
  readonly #worker: Worker;
  readonly #port: MessagePort;
  readonly #trace: Trace;
  #lost: VfioUserError | undefined;
  #closed = false;
  #settle: { readonly resolve: () => void; readonly reject: (error: VfioUserError) => void } | undefined;

  constructor(file: string, { path, trace = noTrace }: ConnectOptions, timeout: number) {
    const memory = mailboxMemory();
    const { port1, port2 } = new MessageChannel();
    this.name = path;
    this.#trace = trace;
    this.#box = mailboxOn(memory);
    this.#port = port1;
    // What this thread was told of how to find modules is not for that one.
    this.#worker = new Worker(file, { execArgv: [], workerData: { vfioUserClient: true, path, memory, port: port2 }, transferList: [port2] });
    this.caller = new Caller({ box: this.#box, timeout, tell: (order) => { this.tell(order); }, abandon: (error) => { this.#end(error); } });
    this.ready = new Promise((resolve, reject) => {
      // A thread has to start first.
      const bound = Math.max(timeout, DEFAULT_TIMEOUT);
      const timer = setTimeout(() => { this.#end(new VfioUserError('TIMEOUT', `Cannot connect to ${path} within ${bound} ms`)); }, bound);
      const settle = <T>(then: (given: T) => void) => (given: T): void => {
        clearTimeout(timer);
        then(given);
      };
      this.#settle = { resolve: settle(resolve), reject: settle(reject) };
    });
    this.#port.on('message', (notice: Notice) => { this.#hear(notice); });
    this.#worker.on('error', (error) => { this.#end(new VfioUserError('LOST', `The socket's thread failed: ${error.message}`, { cause: error })); });
  }

  get lost(): VfioUserError | undefined {
    // What the socket's thread said of it may not have been heard yet.
    if (this.caller.gone && !this.#lost && !this.#closed) {
      for (let given = receiveMessageOnPort(this.#port); given; given = receiveMessageOnPort(this.#port)) {
        const notice = given.message as Notice;
        if (notice.kind === 'gone') this.#hear(notice);
        else setImmediate(() => { this.#hear(notice); });
      }
    }
    return this.#lost;
  }

  tell(order: Order): void {
    this.#port.postMessage(order);
  }

  async close(): Promise<void> {
    if (!this.#closed && !this.caller.gone) {
      // An answer says that everything before it was dealt with.
      try {
        this.caller.read(REGION.config, 0, 2);
      } catch (error) {
        if (!(error instanceof VfioUserError)) throw error;
      }
    }
    this.#closed = true;
    Atomics.store(this.#box.words, WORD.state, STATE.gone);
    this.#port.close();
    await this.#worker.terminate();
  }

  #hear(notice: Notice): void {
    const { words } = this.#box;
    switch (notice.kind) {
      case 'ready':
        this.#settle?.resolve();
        return;
      case 'interrupt':
        Atomics.store(words, WORD.interrupt, 0);
        this.handler?.();
        return;
      case 'refused': {
        const { op, address, size, why } = notice;
        this.#trace.event('vfio-user.remote.refused', { device: this.name, op, address, size, why, count: Atomics.exchange(words, WORD.refused, 0) });
        return;
      }
      case 'gone':
        this.#end(new VfioUserError(notice.code, notice.code === 'SOCKET' ? `Cannot connect to ${this.name}: ${notice.why}` : `The connection to ${this.name} has ended: ${notice.why}`));
    }
  }

  /** The connection is at its end for a reason that nobody here wanted. */
  #end(error: VfioUserError): void {
    Atomics.store(this.#box.words, WORD.state, STATE.gone);
    if (this.#lost || this.#closed) return;
    this.#lost = error;
    // Before that the caller hears of it as an error.
    if (this.taken) this.#trace.event('vfio-user.remote.lost', { device: this.name, why: error.message });
    this.#settle?.reject(error);
    void this.#worker.terminate();
  }
}
