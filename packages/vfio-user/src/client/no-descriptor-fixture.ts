// For tests: the socket's thread, where Node does not tell a socket's descriptor.
import { workerData } from 'node:worker_threads';

import { mailboxOn, WORD } from './mailbox.ts';
import { SocketOwner } from './socket-owner.ts';
import type { WorkerStart } from './worker.ts';

const given = workerData as WorkerStart;
const { words } = mailboxOn(given.memory);
new SocketOwner(given);
setInterval(() => { Atomics.store(words, WORD.descriptor, -1); }, 1).unref();
