import { MessageChannel, receiveMessageOnPort, Worker, type MessagePort } from 'node:worker_threads';

import { ContractError, type Offer } from '@nova-stack/nova-core-api';
import { FrameReader, FrameWriter, readError, type FrameHead } from '@nova-stack/nova-core-api/wire';

import { CoreSocketError } from '../errors.ts';
import { WAIT, type Notice, type Order } from './mailbox.ts';

export type Head = Partial<FrameHead> & Pick<FrameHead, 'type'>;
type Write = (frame: FrameWriter) => void;

interface Asked {
  readonly resolve: (reply: FrameReader) => void;
  readonly reject: (error: unknown) => void;
}

export interface LinkOptions {
  /** The file that the socket's thread runs. */
  readonly worker: string;
  readonly path: string;
  /** Longest sleep for an answer, in milliseconds. */
  readonly timeout: number;
}

/** A connection: requests, with the thread asleep until they are answered or not, and events. */
export class Link {
  /** Settles when the socket is connected, or is known not to be. */
  readonly ready: Promise<void>;
  onEvent: (frame: FrameReader) => void = () => undefined;
  /** What the core offers, which refusals carry. */
  offered: Offer['interfaces'] | undefined;
  readonly #word = new Int32Array(new SharedArrayBuffer(4));
  readonly #worker: Worker;
  readonly #port: MessagePort;
  readonly #answers: MessagePort;
  readonly #timeout: number;
  readonly #asked = new Map<number, Asked>();
  #settle: { readonly resolve: () => void; readonly reject: (error: unknown) => void } | undefined;
  #call = 0;
  #lost: string | undefined;

  constructor({ worker, path, timeout }: LinkOptions) {
    const [orders, answers] = [new MessageChannel(), new MessageChannel()];
    this.#port = orders.port1;
    this.#answers = answers.port1;
    this.#timeout = timeout;
    this.ready = new Promise((resolve, reject) => { this.#settle = { resolve, reject }; });
    // What this thread was told of how to find modules is not for that one.
    this.#worker = new Worker(worker, {
      execArgv: [], workerData: { novaCoreClient: true, path, word: this.#word, port: orders.port2, answers: answers.port2 }, transferList: [orders.port2, answers.port2],
    });
    this.#port.on('message', (notice: Notice) => { this.#hear(notice, path); });
    this.#worker.on('error', (error) => { this.#end(`the socket's thread failed: ${error.message}`, path); });
  }

  /** Why the connection is over, or undefined. */
  get lost(): string | undefined {
    if (this.#lost === undefined && Atomics.load(this.#word, 0) === WAIT.gone) return 'the core closed the connection';
    return this.#lost;
  }

  /** @throws {ContractError} what the core refused it with; `DeviceLost` */
  request(head: Head, write: Write = () => undefined): Promise<FrameReader> {
    if (this.lost !== undefined) return Promise.reject(gone());
    const call = this.#send(head, write, false);
    return new Promise((resolve, reject) => { this.#asked.set(call, { resolve, reject }); });
  }

  /** The same, with the thread asleep meanwhile. @throws {ContractError} `Timeout` too, after which the connection is over */
  requestNow(head: Head, write: Write = () => undefined): FrameReader {
    if (this.lost !== undefined) throw gone();
    Atomics.compareExchange(this.#word, 0, WAIT.answered, WAIT.none);
    const call = this.#send(head, write, true);
    if (Atomics.wait(this.#word, 0, WAIT.none, this.#timeout) === 'timed-out') {
      this.close('the core did not answer in time');
      throw new ContractError('Timeout', 'The core did not answer in time; what became of the request is unknown');
    }
    const given = receiveMessageOnPort(this.#answers) as { readonly message: Uint8Array } | undefined;
    if (!given) throw gone();
    return this.#opened(given.message, call);
  }

  /** Ends the connection. */
  close(why: string = 'it was closed here'): void {
    this.#end(why, '');
    this.#port.close();
    this.#answers.close();
    void this.#worker.terminate();
  }

  /** The core does not keep to the contract: the connection ends. */
  strange(cause: unknown): ContractError {
    this.close(cause instanceof Error ? cause.message : 'strange frames');
    return new ContractError('Incompatible', "The core's frames are not those of the contract");
  }

  #send(head: Head, write: Write, asleep: boolean): number {
    const writer = new FrameWriter();
    write(writer);
    this.#call = (this.#call + 1) % 2 ** 32;
    const frame = writer.finish({ ...head, call: this.#call }).slice();
    this.#port.postMessage({ frame, asleep } satisfies Order, [frame.buffer]);
    return this.#call;
  }

  #opened(bytes: Uint8Array, call: number): FrameReader {
    let failed: ContractError;
    try {
      const frame = new FrameReader(bytes, 'core');
      if (frame.head.call !== call) throw new RangeError('an answer to another request');
      if (frame.head.status === 0) return frame;
      failed = readError(frame, this.offered);
    } catch (error) {
      throw this.strange(error);
    }
    throw failed;
  }

  #hear(notice: Notice, path: string): void {
    if (notice.kind === 'ready') this.#settle?.resolve();
    else if (notice.kind === 'gone') this.#end(notice.why, path);
    else if (this.#lost === undefined) this.#receive(notice.frame);
  }

  #receive(bytes: Uint8Array): void {
    try {
      const frame = new FrameReader(bytes, 'core');
      if (frame.head.type === 'event') {
        this.onEvent(frame);
        return;
      }
      const { call } = frame.head;
      const asked = this.#asked.get(call);
      if (!asked) throw new RangeError('an answer that nobody waits for');
      this.#asked.delete(call);
      try {
        asked.resolve(this.#opened(bytes, call));
      } catch (error) {
        asked.reject(error);
      }
    } catch (error) {
      this.strange(error);
    }
  }

  #end(why: string, path: string): void {
    Atomics.store(this.#word, 0, WAIT.gone);
    if (this.#lost !== undefined) return;
    this.#lost = why;
    this.#settle?.reject(new CoreSocketError('SOCKET', `Cannot connect to ${path}: ${why}`));
    for (const { reject } of this.#asked.values()) reject(gone());
    this.#asked.clear();
  }
}

function gone(): ContractError {
  return new ContractError('DeviceLost', 'The connection to the core is broken');
}
