// A thread with cores behind sockets, and a way to what only their own people can do. Who asks may be asleep meanwhile.
import { parentPort, workerData, type MessagePort } from 'node:worker_threads';

import { serveCore, type CoreServer } from '@nova-stack/nova-core-socket';

import { novaCore, type TimedCore } from '../nova-core-under-test.ts';
import { memoryCore } from './memory-core-under-test.ts';

export interface ThreadData {
  readonly word: Int32Array<SharedArrayBuffer>;
  readonly answers: MessagePort;
}

export interface Ask {
  readonly id: number;
  /** Somebody sleeps until it is answered. */
  readonly asleep: boolean;
  readonly what: string;
  readonly args: readonly unknown[];
}
export interface Answer {
  readonly id: number;
  readonly value?: unknown;
  readonly error?: string;
}

interface Served {
  readonly core: TimedCore;
  readonly server: CoreServer;
}

const { word, answers } = workerData as ThreadData;
let served: Served | undefined;
/** Time stands still in the core. */
let release: () => void = () => undefined;

const WORK: Readonly<Record<string, (...args: readonly never[]) => unknown>> = {
  make: async (kind: string, path: string) => {
    const core = kind === 'memory' ? memoryCore() : await novaCore(kind);
    served = { core, server: await serveCore({ endpoint: core.endpoint, path }) };
    const { types, secrets } = core;
    return { types, secrets, means: Object.keys(core) };
  },
  end: async () => {
    release();
    const { core, server } = served!;
    await server.close();
    await core.close();
    served = undefined;
  },
  lent: () => served!.core.lent!(),
  guestRead: (vf: number, offset: number, length: number) => served!.core.guest!(vf).read(offset, length),
  guestWrite: (vf: number, offset: number, bytes: Uint8Array) => { served!.core.guest!(vf).write(offset, bytes); },
  mishap: (operation: 'open', how: 'refused') => { served!.core.mishap!(operation, how); },
  breakInstance: (vf: number) => served!.core.breakInstance!(vf),
  fault: () => { served!.core.fault!(); },
  quiesce: () => served!.core.quiesce!(),
  resume: () => { served!.core.resume!(); },
  remove: () => served!.core.remove!(),
  stall: (operation: 'open') => { release = served!.core.stall!(operation); },
  delivered: () => served!.core.delivered?.(),
  hold: () => { release = served!.core.clock.hold(); },
  withdraw: (deadline: number) => served!.core.withdraw!(deadline),
  goOn: () => { release(); },
};

parentPort!.on('message', ({ id, asleep, what, args }: Ask) => {
  void (async () => {
    let answer: Answer;
    try {
      answer = { id, value: await WORK[what]!(...(args as readonly never[])) };
    } catch (error) {
      answer = { id, error: error instanceof Error ? (error.stack ?? error.message) : String(error) };
    }
    // What it brought about is on its way to the clients by then.
    await new Promise((resolve) => { setImmediate(resolve); });
    if (!asleep) {
      parentPort!.postMessage(answer);
      return;
    }
    answers.postMessage(answer);
    Atomics.store(word, 0, 1);
    Atomics.notify(word, 0);
  })();
});
