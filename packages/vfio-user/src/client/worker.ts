// The thread that owns a client's socket; `connectDevice` starts it.
import { isMainThread, workerData, type MessagePort } from 'node:worker_threads';

import { SocketOwner } from './socket-owner.ts';

/** What the thread is started with. */
export interface WorkerStart {
  readonly vfioUserClient: true;
  readonly path: string;
  readonly memory: SharedArrayBuffer;
  readonly port: MessagePort;
}

const given = workerData as WorkerStart | null;
if (!isMainThread && given?.vfioUserClient) new SocketOwner(given);
