import { Worker } from 'node:worker_threads';

import { PROFILE_535_113_01, PROFILE_570_144, PROFILE_580_105_08, SHARED_MEMORY, type RingPointers, type SharedMemoryArguments } from '@nova-stack/gsp-rpc';
import { expect, test } from 'vitest';

interface Told {
  readonly arguments?: SharedMemoryArguments;
  readonly done?: unknown;
}

/** What a worker says, one after the other. */
function listen(worker: Worker): () => Promise<Told> {
  const told: Told[] = [];
  const waiting: { resolve: (told: Told) => void; reject: (error: Error) => void }[] = [];
  worker.on('message', (message: Told) => {
    const next = waiting.shift();
    if (next === undefined) told.push(message);
    else next.resolve(message);
  });
  worker.on('error', (error) => { for (const { reject } of waiting) reject(error); });
  return () => new Promise((resolve, reject) => {
    const early = told.shift();
    if (early === undefined) waiting.push({ resolve, reject });
    else resolve(early);
  });
}

// The workers load what is built, as anybody's would.
test.each([PROFILE_535_113_01, PROFILE_570_144, PROFILE_580_105_08])('driver and firmware in two workers, by $release', async (profile) => {
  const header = profile.sized[76]!.header;
  const sizes = Array.from({ length: 300 }, (_, i) => (i % 50 === 49 ? 0x3_0000 + i : header + ((i * 797) % (i % 7 === 0 ? 0x1_8000 : 0x900))));
  const shared = { role: 'driver', buffer: new SharedArrayBuffer(SHARED_MEMORY.size), bell: new SharedArrayBuffer(8), release: profile.release, address: 0x4000_0000, sizes };
  const script = new URL('worker.mjs', import.meta.url);
  const start = (workerData: object): Worker => new Worker(script, { workerData, execArgv: [] });
  const driver = start(shared);
  const driverSays = listen(driver);
  const { arguments: args } = await driverSays();
  const firmware = start({ ...shared, role: 'firmware', args });
  const firmwareSays = listen(firmware);
  const [{ done: served }, { done }] = await Promise.all([firmwareSays(), driverSays()]);
  expect(served).toEqual({ requests: sizes.length + 1 });
  const { wrong, events, pointers } = done as { wrong: number[]; events: number; pointers: RingPointers };
  expect([wrong, events]).toEqual([[], sizes.length + 1]);
  expect(pointers.commandRead).toBe(pointers.commandWrite);
  expect(pointers.statusRead).toBe(pointers.statusWrite);
  await Promise.all([driver.terminate(), firmware.terminate()]);
}, 60_000);
