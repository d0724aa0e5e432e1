// Cores in a thread of their own, put to the test through their sockets.
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { MessageChannel, receiveMessageOnPort, Worker } from 'node:worker_threads';

import type { CoreUnderTest } from '@nova-stack/nova-core-api/conformance';
import { connectCore, type CoreConnection } from '@nova-stack/nova-core-socket/client';
import { build } from 'esbuild';

import type { Answer, Ask, ThreadData } from './core-thread.ts';

interface Made {
  readonly types?: Uint8Array;
  readonly secrets?: RegExp;
  readonly means: readonly string[];
}

/** A thread that cores are made in, one at a time. */
export class CoresOverSockets {
  readonly #folder: string = mkdtempSync(join(tmpdir(), 'cores-over-sockets-'));
  readonly #word = new Int32Array(new SharedArrayBuffer(4));
  readonly #channel = new MessageChannel();
  readonly #waiting = new Map<number, { readonly resolve: (value: unknown) => void; readonly reject: (error: Error) => void }>();
  #worker: Worker | undefined;
  #ids = 0;

  async start(): Promise<void> {
    const outfile = join(this.#folder, 'core-thread.mjs');
    await build({
      entryPoints: [fileURLToPath(new URL('core-thread.ts', import.meta.url))], outfile, bundle: true, platform: 'node', format: 'esm', target: 'node20',
      conditions: ['@nova-stack/source'], logLevel: 'error', banner: { js: 'import { createRequire } from "node:module"; const require = createRequire(import.meta.url);' },
    });
    const answers = this.#channel.port2;
    this.#worker = new Worker(outfile, { execArgv: [], workerData: { word: this.#word, answers } satisfies ThreadData, transferList: [answers] });
    this.#worker.on('message', ({ id, value, error }: Answer) => {
      const { resolve, reject } = this.#waiting.get(id)!;
      this.#waiting.delete(id);
      if (error === undefined) resolve(value);
      else reject(new Error(error));
    });
    this.#worker.on('error', (error) => { for (const { reject } of this.#waiting.values()) reject(error); });
  }

  async stop(): Promise<void> {
    this.#channel.port1.close();
    await this.#worker?.terminate();
    rmSync(this.#folder, { recursive: true, force: true });
  }

  /** A fresh core behind a fresh socket. @param kind - `memory`, or the firmware version of a real one */
  async make(kind: string): Promise<{ readonly core: CoreUnderTest; readonly connection: CoreConnection }> {
    const path = join(this.#folder, `${++this.#ids}.sock`);
    const { types, secrets, means } = (await this.#ask('make', kind, path)) as Made;
    const connection = await connectCore({ path });
    const all: Omit<CoreUnderTest, 'endpoint' | 'close' | 'types' | 'secrets'> = {
      lent: () => this.#askNow('lent') as ReturnType<NonNullable<CoreUnderTest['lent']>>,
      guest: (vf) => ({
        read: (offset, length) => this.#askNow('guestRead', vf, offset, length) as Uint8Array,
        write: (offset, bytes) => { this.#askNow('guestWrite', vf, offset, bytes); },
      }),
      mishap: (operation, how) => { this.#askNow('mishap', operation, how); },
      stall: (operation) => {
        this.#askNow('stall', operation);
        return () => { this.#askNow('goOn'); };
      },
      breakInstance: (vf) => { this.#askNow('breakInstance', vf); },
      fault: () => { this.#askNow('fault'); },
      quiesce: () => this.#ask('quiesce'),
      resume: () => { this.#askNow('resume'); },
      remove: async () => { await this.#ask('remove'); },
      withdraw: (deadline) => this.#withdraw(deadline),
    };
    const here = Object.fromEntries(Object.entries(all).filter(([name]) => means.includes(name))) as typeof all;
    const core: CoreUnderTest = {
      ...here, endpoint: connection.endpoint, ...(types && { types }), ...(secrets && { secrets }),
      delivered: async () => {
        await this.#ask('delivered');
        await connection.settled();
      },
      close: async () => {
        connection.close();
        await this.#ask('end');
      },
    };
    return { core, connection };
  }

  /** Time goes on in the core only when somebody waits for the end: a deadline in a virtual second is over at once otherwise. */
  #withdraw(deadline: number): Promise<void> {
    this.#askNow('hold');
    const over = this.#ask('withdraw', deadline) as Promise<void>;
    let going = false;
    // No promise of the language's own: of those nobody learns who waits for them.
    const lazy: PromiseLike<void> = {
      then: (resolve, reject) => {
        if (!going) this.#askNow('goOn');
        going = true;
        return over.then(resolve, reject);
      },
    };
    return lazy as Promise<void>;
  }

  #ask(what: string, ...args: readonly unknown[]): Promise<unknown> {
    const id = ++this.#ids;
    return new Promise((resolve, reject) => {
      this.#waiting.set(id, { resolve, reject });
      this.#worker!.postMessage({ id, asleep: false, what, args } satisfies Ask);
    });
  }

  #askNow(what: string, ...args: readonly unknown[]): unknown {
    const id = ++this.#ids;
    Atomics.store(this.#word, 0, 0);
    this.#worker!.postMessage({ id, asleep: true, what, args } satisfies Ask);
    if (Atomics.wait(this.#word, 0, 0, 60_000) === 'timed-out') throw new Error(`${what}: the thread of the cores does not answer`);
    const { value, error } = (receiveMessageOnPort(this.#channel.port1) as { readonly message: Answer }).message;
    if (error !== undefined) throw new Error(error);
    return value;
  }
}
