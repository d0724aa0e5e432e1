// For tests: a thread with an in-memory core behind a socket. Its client sleeps while it waits, so it cannot live in the same thread.
import { parentPort, workerData } from 'node:worker_threads';

import { createMemoryCore } from '@nova-stack/nova-core-api/testing';

import { serveCore } from '../server.ts';

const core = createMemoryCore({ memory: 2 ** 26 });
const server = await serveCore({ endpoint: core.endpoint, path: (workerData as { readonly path: string }).path });

parentPort!.on('message', (what: 'fault' | 'lent' | 'stop') => {
  void (async () => {
    if (what === 'fault') core.published.emit({ kind: 'device.fault', payload: { contained: true } });
    if (what === 'stop') await server.close();
    await new Promise((resolve) => { setImmediate(resolve); });
    parentPort!.postMessage({ ...core.lent(), sessions: core.published.sessions });
  })();
});
parentPort!.postMessage('ready');
