// The thread that owns a client's socket; `connectCore` starts it.
import { isMainThread, workerData } from 'node:worker_threads';

import type { ThreadStart } from './mailbox.ts';
import { SocketThread } from './socket-thread.ts';

const given = workerData as ThreadStart | null;
if (!isMainThread && given?.novaCoreClient) new SocketThread(given);
