// For tests: a thread that serves the device that copies memory.
import { parentPort, workerData } from 'node:worker_threads';

import { copyDevice } from '../device-fixture.ts';
import { serveDevice } from '../server.ts';

const { path } = workerData as { readonly path: string };
await serveDevice({ device: copyDevice(), path });
parentPort?.postMessage('ready');
